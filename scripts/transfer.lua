-- transfer: messages of a POP3 account, an IMAP mailbox or a Maildir go to addresses
-- over SMTP or LMTP.
--
-- A message is removed only when the destination has taken it for all recipients, and
-- the journal says so.

local core = require "postel.core"
local delivery = require "postel.delivery"
local errors = require "postel.errors"
local job = require "postel.job"
local ledger = require "postel.ledger"
local mover = require "postel.mover"
local origin = require "postel.origin"
local retry = require "postel.retry"
local set = require "postel.set"
local task = require "postel.task"

local o = postel.args(arg, {
	name = "transfer",
	about = core.text("Sends the messages of a POP3 account, an IMAP mailbox or a " ..
		"Maildir on to addresses."),
	notes = core.text [[
Without --from, failures are reported to the source account: its user name if
that is an address, else user@host.  --from= (empty) is the null sender.

With --delete or --journal, what the destination has taken is noted on disk at
once, so that a run that was cut off can be repeated and sends nothing twice that
was acknowledged.  A message that was refused, for one recipient even, stays.
If a connection or a run ends between the end of a message and the reply, nobody
knows whether it was taken: the next run says so, and sends it again, or with
--uncertain=skip leaves it where it is.

A connection that is lost is made again, with pauses, and the transfer goes on.

To a server that is far several connections are opened, unless it offers CHUNKING;
then messages arrive in any order.  --jobs=1 keeps their order.

Exit status: 0 all done, 10 done in part, 6 or 7 all refused (for good, for
now), 9 connection lost.]],
	{"SRC", core.text("pop3[s]://user@host, imap[s]://user@host[/mailbox] or the " ..
		"path of a Maildir")},
	{"DST", core.text "smtp[s]://, submission:// or lmtp://"},
	{"--to=ADDR", core.text "who gets the messages; several may follow", many = true,
		required = true},
	{"--from=ADDR", core.text "sender of the envelope"},
	{"--messages=LIST", core.text "only these: 1,3-5; of IMAP, UIDs"},
	{"--unseen", core.text "only unread ones; not of POP3"},
	{"--search=KEYS", core.text "only those that IMAP's SEARCH finds: SINCE 1-Jan-2026"},
	{"--resent", core.text "add fields that say who sent the message on, to whom, when"},
	{"--delete", core.text "delete at the source what was taken"},
	{"--journal=FILE", core.text("where it is noted what was taken; with --delete " ..
		"else in the state folder")},
	{"--uncertain=WHAT", core.text("again, the default, or skip: messages of which " ..
		"nobody knows whether they were taken"),
		one_of = {again = true, skip = true}},
	{"--jobs=N", core.text("connections to the destination at most; else 1, or " ..
		"up to 10 if it is far")},
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "send no message and delete none; show what would"},
})

-- ---- arguments ----

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "transfer", errors.text(format, ...))
end

local function check_addresses()
	for _, address in ipairs(o.to) do
		if address == "" or not core.smtp_address(address, true) then
			usage("--to: %s is no mail address", core.vis(address))
		end
	end
	if o.from and not core.smtp_address(o.from, true) then
		usage("--from: %s is no mail address", core.vis(o.from))
	end
end

local function check_choice(place)
	if o.messages and not set.parse(o.messages) then
		usage("--messages: %s is no list of message numbers",
			core.vis(o.messages))
	elseif o.unseen and place.kind == "pop3" then
		usage("--unseen: POP3 does not know what was read")
	elseif o.search and place.kind ~= "imap" then
		usage("--search: %s is no IMAP mailbox", core.vis(o.SRC))
	end
end

-- Each argument is looked at before anything is connected.
local function check_arguments()
	local place = origin.place(o.SRC)
	if not place then
		usage("the source must be a POP3 or IMAP server or a Maildir, not %s",
			core.vis(o.SRC))
	end
	local url = postel.url(o.DST)
	if url.protocol ~= "smtp" and url.protocol ~= "lmtp" then
		usage("the destination must be an SMTP or LMTP server, not %s",
			o.DST)
	end
	check_addresses()
	check_choice(place)
	local from = o.from or place.address
	if o.resent and from == "" then
		usage("--resent needs an address: --from is missing")
	end
	return place, url, from
end

local place, destination_url, from = check_arguments()
local jobs = o.jobs and job.whole("transfer", "--jobs", o.jobs, 1, 100)

-- ---- what is known ----

-- In the state folder, for this source and destination.
local function default_journal()
	local url = place.url or {path = core.absolute(place.path)}
	return job.journal_folder("transfer", nil, url, {
		user = place.mailbox, path = ""}, destination_url)
end

local function journal_path()
	if o.journal then
		return o.journal:find "^[/.]" and o.journal or "./" .. o.journal
	end
	return o.delete and not postel.options.dry_run and default_journal() or nil
end

local run = job.run("transfer", o)
local notes = ledger.ledger(journal_path())
local choice = {numbers = o.messages, unseen = o.unseen, search = o.search}
local refused = {}   -- by key: not tried again in this run
local attempts = 0

notes:of(place.target)

function run:refuse(message, ...)
	refused[message.key] = true
	getmetatable(self).refuse(self, message, ...)
end

function run:sentence()
	local what = core.text "transferred"
	if self.done > 0 and self.committed then
		what = core.text "transferred and deleted"
	end
	local skipped = self.skipped > 0 and (o.delete and
		errors.text("; %d taken earlier: deleted", self.skipped) or
		errors.text("; %d taken earlier", self.skipped)) or ""
	return core.plural("%d message, %d octets: %s", "%d messages, %d octets: %s",
		self.done):format(self.done, self.octets, what) .. skipped
end

-- What must not count as known: UIDs of a mailbox that was made anew.
local function check_validity(source)
	if not source.validity or not notes:has_other_validity(source.validity) then
		return
	elseif o.uncertain ~= "again" then
		errors.raise("use", "%s: UIDVALIDITY of %s has changed, so nobody " ..
			"knows which messages were taken before; nothing is sent " ..
			"(--uncertain=again sends all of them anew)", place.label,
			place.mailbox)
	end
	run:note(errors.text("%s: UIDVALIDITY has changed; all messages are sent anew",
		place.mailbox))
	notes:renew(source.validity)
end

-- Without UIDL (RFC 1939 7) no message is known again.
local function check_lasting(source)
	if source.lasting or not notes.lasting then
		return
	elseif o.journal then
		errors.raise("use", "%s: the server knows no UIDL, so there can be " ..
			"no journal", place.label)
	end
	notes = ledger.ledger()
end

-- ---- one attempt ----

local function is_uncertain(message)
	run.own.uncertain = run.own.uncertain or {}
	table.insert(run.own.uncertain, message.label)
end

-- Whether a message is left out: it was taken by an earlier run, and only has to be
-- removed; or nobody knows.
local function skip(source, message)
	if refused[message.key] then
		return true
	end
	local to, unknown = notes:remaining(message.key, o.to)
	if #to == 0 then
		-- What this run has taken itself counts as done.
		run.skipped = run.skipped + (attempts == 1 and 1 or 0)
		if o.delete then
			source:remove(message)
		end
		return true
	elseif unknown and o.uncertain == "skip" then
		is_uncertain(message)
		run:refuse(message, core.text("it may have been taken already: no " ..
			"reply to its final dot is known (RFC 1047); it is left " ..
			"where it is"), true)
		return true
	end
	return false
end

local function connect(prompt)
	return postel.connect(o.DST, {name = job.label(destination_url),
		prompt = prompt})
end

local function sink_over(destination, source, count)
	return delivery.delivery(destination, {
		from = from, to = o.to, ledger = notes, jobs = jobs, expected = count,
		connect = function() return connect(false) end,
		resent = o.resent and from or nil,
		uncertain = function(message, text)
			is_uncertain(message)
			run:note(text, true)
		end,
		taken = function(message)
			if o.delete then
				source:remove(message)
			end
		end,
	})
end

local function transfer(source, destination)
	local step, count = source:messages(choice, function(message)
		return skip(source, message)
	end)
	local progress <close> = postel.progress(count, place.label)
	local sink = sink_over(destination, source, count)
	local ok, e = pcall(mover.move, step, sink, run, progress)
	if not ok then
		sink:abandon()
		error(e, 0)
	end
end

-- How many messages would be sent, where nothing may be.
local function count_only(source)
	local count = 0
	for _ in source:messages(choice, function(message)
		count = count + (#notes:remaining(message.key, o.to) > 0 and 1 or 0)
		return true
	end) do end
	run:would(place.mailbox or place.label, count)
end

-- The source's messages are gone when this returns; then nothing has to be known of
-- them any more.
local function commit(source)
	notes:sync()
	source:commit()
	if o.delete then
		run.committed = true
		notes:keep(source:left(), o.journal ~= nil)
	end
end

local function work(source, destination)
	check_validity(source)
	check_lasting(source)
	if postel.options.dry_run then
		count_only(source)
		destination:close()
	else
		transfer(source, destination)
		commit(source)
		run.mailboxes = 1
	end
end

-- Source and destination, opened at the same time where nobody may have to be asked
-- for two passwords.
local function open_both()
	local opening = not destination_url.user and task.spawn(connect)
	local ok, source = pcall(place.open, place,
		{writes = o.delete and not postel.options.dry_run})
	if not ok then
		if opening then
			opening:cancel()
		end
		error(source, 0)
	end
	local there, destination = pcall(opening and opening.join or connect,
		opening or nil)
	if not there then
		source:abandon()
		error(destination, 0)
	end
	return source, destination
end

local function attempt()
	attempts = attempts + 1
	local source, destination = open_both()
	run.connected = true
	local done, e = pcall(work, source, destination)
	if not done then
		-- RFC 1939 6: without QUIT nothing is deleted.
		destination:abandon()
		source:abandon()
		if not source.lasting and type(e) == "table" then
			e.final = true
		end
		error(e, 0)
	end
end

-- ---- all of them ----

-- A message at which the connection is lost again and again is not tried for ever, and
-- one of which nobody knows whether it was taken is sent once more only.
local LOSSES, UNKNOWN = 3, 2
local before, lost, unknown = -1, 0, 0

local function count_losses(e)
	if not errors.is(e, "closed", "timeout") then
		return
	end
	local now = run.done + #run.refused
	if now > before then
		before, lost, unknown = now, 0, 0
	end
	lost, unknown = lost + 1, unknown + (e.unknown and 1 or 0)
	e.final = e.final or lost >= LOSSES or unknown >= UNKNOWN
end

return run:finish(pcall(retry.retry, run, function()
	local ok, e = pcall(attempt)
	if not ok then
		count_losses(e)
		error(e, 0)
	end
end))
