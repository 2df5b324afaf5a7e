-- transfer: messages of a POP3 account go to addresses over SMTP or LMTP.
--
-- A message is marked for deletion only after the destination has taken it
-- for all recipients.  Behind a final dot stand the next message's MAIL and
-- RCPT already, and RETR commands are sent ahead.

local core = require "postel.core"
local errors = require "postel.errors"
local set = require "postel.set"
local task = require "postel.task"

local o = postel.args(arg, {
	name = "transfer",
	about = core.text "Sends the messages of a POP3 account on to addresses.",
	notes = core.text [[
Without --from, failures are reported to the source account: its user name if
that is an address, else user@host.  --from= (empty) is the null sender.

With --delete, what the destination has taken is noted on disk at once, so that
a run that was cut off can be repeated and sends nothing twice that was
acknowledged.  A message that was refused, for one recipient even, stays.

Exit status: 0 all done, 10 done in part, 6 or 7 all refused (for good, for
now), 9 connection lost.]],
	{"SRC", core.text "pop3[s]://user@host"},
	{"DST", core.text "smtp[s]://, submission:// or lmtp://"},
	{"--to=ADDR", core.text "who gets the messages; several may follow", many = true,
		required = true},
	{"--from=ADDR", core.text "sender of the envelope"},
	{"--messages=LIST", core.text "only these: 1,3-5"},
	{"--delete", core.text "delete at the source what was taken"},
	{"-n", "--dry-run", core.text "send no message and delete none; show what would"},
})

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "transfer", errors.text(format, ...))
end

-- Each argument is looked at before anything is connected.
local function check_arguments()
	local source, destination = postel.url(o.SRC), postel.url(o.DST)
	if source.protocol ~= "pop3" then
		usage("the source must be a POP3 server, not %s", o.SRC)
	elseif destination.protocol ~= "smtp" and
		destination.protocol ~= "lmtp" then
		usage("the destination must be an SMTP or LMTP server, not %s",
			o.DST)
	end
	for _, address in ipairs(o.to) do
		if address == "" or not core.smtp_address(address, true) then
			usage("--to: %s is no mail address", core.vis(address))
		end
	end
	if o.from and not core.smtp_address(o.from, true) then
		usage("--from: %s is no mail address", core.vis(o.from))
	end
	if o.messages and not set.parse(o.messages) then
		usage("--messages: %s is no list of message numbers",
			core.vis(o.messages))
	end
	return source, destination
end

local source_url, destination_url = check_arguments()

-- Failure notices are to reach the account that the mail came from.  An
-- address of numbers or a socket has no domain: then this machine's name.
local function default_sender()
	local user, host = source_url.user or "", source_url.host or ""
	if user == "" or user:find "@" then
		return user
	elseif not host:find "%a" or host:find ":" then
		host = core.hostname() or ""
	end
	local address = user .. "@" .. host
	return core.smtp_address(address) and host ~= "" and address or ""
end

local function label(url)
	return url.host and url.host .. ":" .. url.port or url.path
end

-- ---- what was done before ----

-- The journal of this source and destination, for a run that deletes.
local function open_journal()
	if not o.delete or postel.options.dry_run then
		return nil
	end
	local name = table.concat({source_url.user or "", label(source_url),
		destination_url.user or "", label(destination_url)}, "_")
	-- FNV-1a: a file name of fixed length for any names.
	local hash = 0xcbf29ce484222325
	for i = 1, #name do
		hash = (hash ~ name:byte(i)) * 0x100000001b3
	end
	return postel.journal(("transfer/%016x"):format(hash))
end

-- What is known of one run.
local run = {
	from = o.from or default_sender(),
	journal = open_journal(),
	uids = {},      -- by number, if there is a journal
	dele = {},      -- commands
	deleted = {},   -- by key, once DELE was sent
	done = 0, octets = 0, skipped = 0,
	refusals = {},  -- in the order of their coming: {text, numbers}
	temporary = true,
}

-- A unique id may come again when its message is gone: so with the size.
local function key_of(number, size)
	local uid = run.uids[number]
	return uid and uid .. " " .. size
end

-- The recipients who have not got this message yet.
local function remaining(key)
	local got = key and run.journal:get(key)
	if not got then
		return o.to
	end
	local list = {}
	for _, address in ipairs(o.to) do
		if not ("\n" .. got .. "\n"):find("\n" .. address .. "\n", 1,
			true) then
			list[#list + 1] = address
		end
	end
	return list
end

local function note(key, accepted)
	if not key or #accepted == 0 then
		return
	end
	local got = run.journal:get(key)
	local text = table.concat(accepted, "\n")
	run.journal:add(key, got and got .. "\n" .. text or text)
end

-- ---- refusals ----

local function refused(number, text, temporary)
	run.temporary = run.temporary and temporary
	for _, r in ipairs(run.refusals) do
		if r.text == text then
			r.numbers = r.numbers + number
			return
		end
	end
	table.insert(run.refusals, {text = text, numbers = set.set(number)})
end

local function tell_refusals()
	for _, r in ipairs(run.refusals) do
		local list = tostring(r.numbers):gsub(":", "-"):gsub(",", ", ")
		io.stderr:write("postel: ", core.plural("message %s: %s",
			"messages %s: %s", #r.numbers):format(list,
			core.vis(r.text)), "\n")
	end
end

-- ---- one message ----

local function delete(message, key)
	if o.delete then
		table.insert(run.dele, message:send_delete())
		run.deleted[key or message.number] = true
	end
end

-- Begins to send a message that has begun to come; nil if that is refused.
local function begin(destination, message)
	task.wait(function() return message.reply:begun() end)
	local reply = message.reply
	if reply.bodies == 0 then
		reply:wait()
		refused(message.number, errors.words(reply), reply.temporary)
		return nil
	end
	local key = key_of(message.number, message.size)
	local ok, t = pcall(destination.submit, destination, {
		from = run.from, to = remaining(key), body = message.body,
		size = message.size,
	})
	if not ok and not errors.is(t, "refused") then
		error(t, 0)
	elseif not ok then
		message.body:close()
		refused(message.number, t.message, false)
		return nil
	end
	return {transaction = t, message = message, key = key}
end

-- A relay that fails on its way drops the destination; the cause is what
-- the source did.
local function transaction_result(item)
	local ok, result = pcall(item.transaction.wait, item.transaction)
	if ok then
		return result
	end
	if item.message.reply.state == "failed" then
		item.message.reply:wait()
	end
	if errors.is(result, "closed", "timeout") then
		result.message = errors.text("%s; message %d was not " ..
			"acknowledged and stays at its source", result.message,
			item.message.number)
	end
	error(result, 0)
end

-- Waits for the destination's verdict on a message.
local function settle(item)
	local message = item.message
	local result = transaction_result(item)
	message.body:close()
	note(item.key, result.accepted)
	if #result.refused == 0 then
		message.reply:wait()
		run.done = run.done + 1
		run.octets = run.octets + message.size
		delete(message, item.key)
		return
	end
	run.part = run.part or #result.accepted > 0
	for _, r in ipairs(result.refused) do
		refused(message.number, r.address .. ": " .. r.text, r.temporary)
	end
end

-- ---- all of them ----

-- Taken by the destination in an earlier run: only DELE is left to do.
local function skip(message)
	local key = key_of(message.number, message.size)
	if not key or #remaining(key) > 0 then
		return false
	end
	run.skipped = run.skipped + 1
	delete(message, key)
	return true
end

-- One message is under way while the next one is being queued behind it.
local function transfer(source, destination)
	local under_way
	for message in source:messages(o.messages, run.journal and skip) do
		local item = begin(destination, message)
		if item and under_way then
			local last = under_way
			under_way = item
			settle(last)
		elseif item then
			under_way = item
		end
	end
	if under_way then
		settle(under_way)
	end
end

-- The replies to DELE and QUIT: only then are messages gone.  What they
-- were keeps its journal entry until the server has confirmed.
local function commit(source)
	for _, dele in ipairs(run.dele) do
		dele:wait()
	end
	for _, dele in ipairs(run.dele) do
		errors.check(dele)
	end
	source:quit()
	if run.journal then
		local kept = {}
		for number, key in pairs(run.keys) do
			kept[key] = not run.deleted[key] and number or nil
		end
		run.journal:keep(function(key) return kept[key] ~= nil end)
	end
end

-- UIDL and LIST for the journal's keys.  A server without UIDL has none.
local function read_uids(source)
	run.keys = {}
	local ok, uids = pcall(source.uidl, source)
	if not ok and errors.is(uids, "refused") then
		run.journal = nil
		return
	elseif not ok then
		error(uids, 0)
	end
	run.uids = uids
	for number, size in pairs(source:list()) do
		run.keys[number] = key_of(number, size)
	end
end

local function connect_both()
	local source = postel.connect(o.SRC, {name = label(source_url)})
	local ok, destination = pcall(postel.connect, o.DST,
		{name = label(destination_url)})
	if not ok then
		source:abandon()
		error(destination, 0)
	end
	return source, destination
end

local source, destination = connect_both()
local ok, e = pcall(function()
	if run.journal then
		read_uids(source)
	end
	transfer(source, destination)
	commit(source)
	destination:close()
end)
tell_refusals()
if not ok then
	-- RFC 1939 6: without QUIT nothing is deleted, and all that was taken
	-- would be sent again by the next run.
	destination:abandon()
	source:abandon()
	error(e, 0)
end

if not postel.options.quiet then
	local what = core.text "transferred"
	if postel.options.dry_run then
		what = core.text "not sent: dry run"
	elseif run.done > 0 and o.delete then
		what = core.text "transferred and deleted"
	end
	local skipped = run.skipped > 0 and
		errors.text("; %d taken earlier: deleted", run.skipped) or ""
	print(core.plural("%d message, %d octets: %s", "%d messages, %d octets: %s",
		run.done):format(run.done, run.octets, what) .. skipped)
end
if #run.refusals == 0 then
	return 0
elseif run.done > 0 or run.skipped > 0 or run.part then
	return 10
end
return run.temporary and 7 or 6
