-- send: files as mail, over SMTP or LMTP.
--
-- Where a connection is lost, .state says of each message what is certain.

local core = require "postel.core"
local delivery = require "postel.delivery"
local dsn = require "postel.dsn"
local errors = require "postel.errors"
local gathering = require "postel.gathering"
local job = require "postel.job"
local ledger = require "postel.ledger"
local letters = require "postel.letter"
local mover = require "postel.mover"
local retry = require "postel.retry"

local o = postel.args(arg, {
	name = "send",
	about = core.text("Sends messages, header and all, from files or standard " ..
		"input.  On request what\ntheir headers lack is added, or a mail is made " ..
		"of a text and of files."),
	notes = core.text [[
A file is sent as it stands: line ends become CRLF, dots are stuffed, a last line
without an end gets one.  --header, --subject, --text, --charset and --attach mean
--add-missing as well; a file that does not begin with a header is a text then.
Bcc goes whenever a header is written.

The first hundred messages are looked at before anything is connected; of more,
each when its turn has come, and what is wrong with one is a refusal of it.

A message that the server cannot carry (too large, 8-bit without 8BITMIME, an
address beyond ASCII without SMTPUTF8, NUL) is not begun.  One that is refused does
not stop the others.

To a server that is far several connections are opened, unless it offers CHUNKING;
then messages arrive in any order.  --jobs=1 keeps their order.

Exit status: 0 taken for all recipients, 10 for some, 6 or 7 for none (refused
for good, for now), 9 connection lost: it is told which messages are certain.]],
	{"URL", core.text "smtp[s]://, submission:// or lmtp://"},
	{"[FILE...]", core.text "the messages; - or none is standard input"},
	{"--from=ADDR", core.text("sender of the envelope; empty: the null sender; " ..
		"else that of an account, or of the header")},
	{"--to=ADDR", core.text "recipient; several may follow", many = true,
		more = function(word)
			return word:find("@", 1, true) and not core.stat(word)
		end},
	{"--read-recipients", core.text("recipients are also those of To, Cc and Bcc " ..
		"in the header")},
	{"--add-missing", core.text("add what the header lacks: Date, From, To, " ..
		"Message-ID, MIME fields")},
	{"-H", "--header=FIELD", core.text("\"Name: value\" in place of what the file " ..
		"has; may be repeated"), many = true, more = false},
	{"--subject=TEXT", core.text "the same, of Subject"},
	{"--text", core.text "the file is a text and has no header"},
	{"--charset=NAME", core.text "what the text is in; else UTF-8"},
	{"--attach=FILE", core.text "attach a file; may be repeated", many = true,
		more = false},
	{"--dsn=LIST", core.text("notices wanted about delivery: never, or some of " ..
		"success,failure,delay")},
	{"--dsn-return=WHAT", core.text "what of the message they bring: full or hdrs"},
	{"--dsn-id=TEXT", core.text "an id that comes back in them"},
	{"--jobs=N", core.text("connections to the destination at most; else 1, or " ..
		"up to 10 if it is far")},
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "ask the server, but send no message"},
})

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "send", errors.text(format, ...))
end

-- ---- the arguments ----

-- An error about a file is one of usage, as long as nothing is connected.
local function as_usage(fn, ...)
	local ok, result = pcall(fn, ...)
	if not ok and errors.is(result, "sys") then
		result.status = 2
	end
	return ok and result or not ok and error(result, 0)
end

local function check_address(option, address)
	if not core.smtp_address(address, true) then
		usage("%s: %s is no mail address", option, core.vis(address))
	end
end

local function check_arguments()
	local target = postel.url(o.URL)
	if target.protocol ~= "smtp" and target.protocol ~= "lmtp" then
		usage("%s is no SMTP or LMTP URL", o.URL)
	end
	o.from = o.from or target.from
	if o.from then
		check_address("--from", o.from)
	end
	for _, address in ipairs(o.to or {}) do
		check_address("--to", address ~= "" and address or " ")
	end
	if not o.to and not o.read_recipients then
		usage("%s is missing (--help tells more)", "--to")
	elseif o.charset and not o.charset:find "^[%w_.:+-]+$" then
		usage("--charset: %s is no name of one", core.vis(o.charset))
	end
	for _, path in ipairs(o.attach or {}) do
		if not utf8.len(path) then
			usage("--attach: %s is no UTF-8", core.vis(path))
		end
		as_usage(function()
			local file <close> = postel.file(path)
			file:read()
		end)
	end
end

-- The notices that are wanted, as smtp:mail takes them (RFC 3461).
local function wanted_notices()
	if not o.dsn and not o.dsn_return and not o.dsn_id then
		return nil
	end
	local wanted = {notify = o.dsn, ret = o.dsn_return, envid = o.dsn_id,
		orcpt = true}
	local fault = dsn.fault(wanted)
	if fault then
		usage("%s", fault)
	end
	return wanted
end

-- ---- the messages ----

local options = {
	complete = o.add_missing or o.header or o.subject or o.text or
		o.charset or o.attach,
	text = o.text, header = o.header, subject = o.subject, charset = o.charset,
	attach = o.attach, read_recipients = o.read_recipients,
}

-- A small file is read once, and looked at in memory.
local function open_file(path)
	local file <close> = postel.file(path)
	local body = core.held_body("", file)
	body:gather(gathering.SMALL)
	return body
end

-- What tells whether a large file has been changed since it was read through, which
-- takes its time.
local function stamp_of(path)
	local stat = core.stat(path)
	return stat and stat.kind == "file" and stat.size > gathering.SMALL and
		("%d %s"):format(stat.size, stat.time) or nil
end

local function open_letter(item)
	if item.letter then
		return item.letter
	elseif item.file == "-" then
		return letters.letter(item.label, postel.stdin(), options)
	end
	local body, stamp = open_file(item.file), stamp_of(item.file)
	local letter = letters.letter(item.label, body, options,
		stamp and stamp == item.stamp and item.facts or nil)
	item.stamp, item.facts = stamp, stamp and letter.facts
	return letter
end

-- Sender and recipients of a message, each once.
local function envelope_of(letter)
	local to, seen = {}, {}
	for _, list in ipairs {o.to or {},
		o.read_recipients and letter:recipients() or nil} do
		for _, address in ipairs(list) do
			to[#to + 1] = not seen[address] and address or nil
			seen[address] = true
		end
	end
	local from = o.from or letter:sender()
	if #to == 0 then
		usage("%s names no recipient", core.vis(letter.name))
	elseif not from then
		usage("%s is missing (--help tells more)", "--from")
	end
	return {from = from, to = to}
end

local function warn(run, name, facts)
	if facts.bare_cr then
		run:note(errors.text("%s: bare CR octets are sent as line ends", name))
	end
	if facts.long_line then
		run:note(errors.text("%s: lines over 998 octets; some server may " ..
			"cut them", name))
	end
end

-- A letter and its envelope, of which what is odd is told once.
local function examine(run, item)
	local letter = open_letter(item)
	local envelope = envelope_of(letter)
	if not item.examined and not letter:is_built() then
		warn(run, item.label, letter.facts)
	end
	item.examined = true
	return letter, envelope
end

-- So many messages are looked at before anything is connected; to read ten thousand
-- files twice would take as long as to send them.
local BEFORE = 100

local function look_at(run, item)
	local letter = as_usage(examine, run, item)
	if item.file == "-" then
		item.letter = letter
	else
		letter:close()
	end
end

local function list_items(run)
	local files, items, stdin = o.FILE, {}, false
	if #files == 0 and core.isatty(io.stdin) then
		usage("%s is missing (--help tells more)", "FILE")
	end
	for i, file in ipairs(#files > 0 and files or {"-"}) do
		if file == "-" and stdin then
			usage("standard input can be read only once")
		end
		stdin = stdin or file == "-"
		items[i] = {key = tostring(i), file = file, label = file == "-" and
			core.text "standard input" or file, state = "not sent",
			accepted = {}, refused = {}}
		if i <= BEFORE or file == "-" then
			look_at(run, items[i])
		end
	end
	return items
end

check_arguments()
local jobs = o.jobs and job.whole("send", "--jobs", o.jobs, 1, 100)
local notices = wanted_notices()
local run = job.run("send", o)
local items = list_items(run)
local progress <close> = postel.progress(#items, core.text "sent")
run.progress, progress.due = progress, core.now() + 1 -- most are sent by then

-- ---- one message ----

-- What is wrong with one message alone does not stop the others.
function run:refuse(message, text, temporary)
	local item = message.item
	if item.state == "not sent" then
		item.state, item.reply = "refused", text
	end
	getmetatable(self).refuse(self, message, text, temporary)
end

-- The message as a sink wants it, for a server that takes 8-bit octets or does not.
local function message_of(item, eight_bit)
	local letter, envelope = examine(run, item)
	local body = letter:build(envelope, eight_bit)
	local is_file = body == letter.body
	if item.letter and is_file then
		body = core.held_body("", body) -- it may be wanted again
	elseif not item.letter and not is_file then
		letter:close()
	end
	return {key = item.key, label = item.label, item = item, body = body,
		size = #body, facts = is_file and letter.facts or nil,
		from = envelope.from, to = envelope.to, dsn = notices}
end

-- Iterates over the messages that have not been sent.
local function messages(eight_bit)
	local i = 0
	return function()
		while i < #items do
			i = i + 1
			local ok, m = true, nil
			if items[i].state == "not sent" then
				ok, m = pcall(message_of, items[i], eight_bit)
			end
			if not ok and (#items == 1 or
				not errors.is(m, "use", "usage", "sys")) then
				error(m, 0)
			elseif not ok then
				run:refuse({label = items[i].label, item =
					items[i]}, tostring(m), m.temporary)
			elseif m then
				return m
			end
		end
	end
end

-- The server's verdict on a message.
local function settle(message, result)
	local item = message.item
	item.accepted, item.reply = result.accepted, errors.words(result.reply)
	for _, r in ipairs(result.refused) do
		table.insert(item.refused, {address = r.address, text = r.text,
			temporary = r.temporary})
	end
	if postel.options.dry_run and #result.accepted > 0 then
		item.state, item.reply = "would", nil
		table.insert(run.wanted, {file = item.label, to = result.accepted})
	elseif #result.refused == 0 then
		item.state = "sent"
	else
		item.state = #result.accepted > 0 and "part" or "refused"
	end
end

-- ---- all of them ----

local function connect(prompt)
	return postel.connect(o.URL, {prompt = prompt})
end

local function count_left()
	local n = 0
	for _, item in ipairs(items) do
		n = n + (item.state == "not sent" and 1 or 0)
	end
	return n
end

-- A connection that was lost is made again only while nothing is unknown, and
-- when it did come to something.
local function attempt()
	local conn = connect()
	local sink = delivery.delivery(conn, {
		ledger = ledger.none(), jobs = jobs, expected = count_left(),
		connect = function() return connect(false) end,
		alone = #items == 1, patience = 1, progress = progress,
		verdict = settle,
		unknown = function(message)
			message.item.state, run.lost = "unknown", true
		end,
	})
	local ok, e = pcall(mover.move, messages(conn:capability "8BITMIME"), sink,
		run, progress)
	if not ok then
		sink:abandon()
		run.connected = run.done > 0 and not run.lost
		error(e, 0)
	end
end

-- ---- the end ----

-- The names of the messages in a state, some of them if they are many.
local function names_of(state)
	local names, more = {}, 0
	for _, item in ipairs(items) do
		if item.state == state and #names < 20 then
			names[#names + 1] = core.vis(item.label)
		elseif item.state == state then
			more = more + 1
		end
	end
	if more > 0 then
		names[#names + 1] = core.plural("%d more", "%d more", more):format(
			more)
	end
	return #names > 0 and table.concat(names, ", ") or nil
end

-- What is certain of each message, when not all could be done.
local function tell_fates(e)
	for _, row in ipairs {
		{"unknown", core.text "; nobody knows whether it was taken: %s"},
		{"sent", core.text "; taken: %s"},
		{"not sent", core.text "; not sent: %s"},
	} do
		local names = names_of(row[1])
		e.message = names and e.message .. row[2]:format(names) or e.message
	end
end

local function messages_for_json()
	local list = {}
	for i, item in ipairs(items) do
		list[i] = {file = item.file, state = item.state, reply = item.reply,
			accepted = item.accepted, refused = item.refused}
	end
	return list
end

local ok, e = pcall(retry.retry, run, attempt)
if postel.options.dry_run then
	run.partly, run.done, run.octets = run.partly or run.done > 0, 0, 0
end
if not ok and type(e) == "table" and (run.lost or run.done > 0 or #items > 1) then
	tell_fates(e)
end
if postel.options.dry_run and not o.json then
	for _, w in ipairs(run.wanted) do
		print(errors.text("%s: would be sent to %s", core.vis(w.file),
			core.vis(table.concat(w.to, ", "))))
	end
end
run.own.messages = messages_for_json()
return run:finish(ok, e)
