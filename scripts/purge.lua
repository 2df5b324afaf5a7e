-- purge: prints or saves mail of IMAP mailboxes, the unread if nothing else is
-- said, then deletes exactly that.
--
-- All is printed or saved before anything is deleted, over all mailboxes.  If one
-- write fails, nothing is deleted at all: what a pipe holds of earlier messages
-- nobody may ever read.

local archive = require "postel.archive"
local core = require "postel.core"
local copying = require "postel.copying"
local day = require "postel.day"
local errors = require "postel.errors"
local job = require "postel.job"
local mailboxes = require "postel.mailboxes"
local progress = require "postel.progress"
local retry = require "postel.retry"
local set = require "postel.set"
local sinks = require "postel.sink"

local o = postel.args(arg, {
	name = "purge",
	about = core.text("Prints every unread message of an IMAP mailbox on standard " ..
		"output, octet by\noctet, or saves it in files, then deletes just " ..
		"these."),
	notes = core.text [[
What is given of --before, --from, --subject, --larger and --unflagged must all be
so.  --before looks at the day on which the server got a message (INTERNALDATE, as
the server counts days), not at its Date field; so does --keep.

All is printed or saved, in all mailboxes, before anything is deleted.  A message
counts as printed when the whole of it has been written out; if standard output
is a file, when it is on disk.  Saved messages are on disk, too: as files
FOLDER/MAILBOX/UIDVALIDITY.UID.eml (the default), mbox or maildir, as `postel
backup` has them; `postel restore` brings them back.  If writing fails nothing is
deleted.

Messages are named by UID: mail that arrives meanwhile is left alone, and so is
what another client has read or expunged, and a mailbox whose UIDVALIDITY changes.
A server without UIDPLUS can only expunge all that is marked \Deleted: then
nothing is deleted while other messages are marked.

A connection that is lost is made again, with pauses; but not while messages are
being printed, for half of one cannot be taken back.  Then nothing is deleted, and
the next run prints all of it again.  A run with --save that was cut off can be
repeated: what is saved is not saved twice.

-n with --save saves nothing, either.

With mail on standard output, all else is told on standard error.

Exit status: 0 done, 10 done in part, 6 or 7 refused (for good, for now), 1
standard output or a disk failed, 9 connection lost, 130 interrupted.]],
	{"URL", core.text "imap[s]://user@host[/mailbox]; INBOX if there is none"},
	{"--mailbox=NAME", core.text "these instead: INBOX, Work/*; several may follow",
		many = true},
	{"--exclude=NAME", core.text "but not these; several may follow", many = true},
	{"--seen", core.text "what was read, instead of what is unread"},
	{"--all", core.text "both"},
	{"--before=DAY", core.text("what came before 2026-01-31, 31-Jan-2026, or 90d: " ..
		"90 days ago")},
	{"--from=TEXT", core.text "what has this in its From field"},
	{"--subject=TEXT", core.text "what has this in its subject"},
	{"--larger=SIZE", core.text "what has more octets: 20000, 500k, 10M"},
	{"--unflagged", core.text "leave what is flagged"},
	{"--keep=N", core.text "leave the newest N of these in each mailbox"},
	{"--save=FOLDER", core.text "save the messages there, print none"},
	{"--as=KIND", core.text "with --save: maildir, mbox or files",
		one_of = archive.kinds},
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "print, but delete nothing"},
})

-- ---- arguments ----

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "purge", errors.text(format, ...))
end

local url = postel.url(o.URL)
if url.protocol ~= "imap" then
	errors.raise("usage", "purge: %s is no IMAP URL", o.URL)
elseif o.mailbox and url.mailbox then
	usage("--mailbox wants a URL without a mailbox")
elseif o.exclude and not o.mailbox then
	usage("--exclude goes with --mailbox; all are --mailbox='*'")
elseif o.seen and o.all then
	usage("--seen and --all are two things")
elseif o.as and not o.save then
	usage("--as goes with --save")
end

local function number(option, text, units)
	local digits, unit = text:match "^(%d+)(%a?)$"
	local factor = unit == "" and 1 or units and units[unit]
	if not factor or #digits > 9 then
		usage("%s: %s is no number that it takes", option,
			core.vis(text))
	end
	return math.tointeger(tonumber(digits)) * factor
end

local keep = o.keep and number("--keep", o.keep) or 0
local larger = o.larger and
	number("--larger", o.larger, {k = 1000, M = 1000000, G = 1000000000})
local before = o.before and day.imap(o.before)
if o.before and not before then
	usage("--before: %s is no day: 2026-01-31, 31-Jan-2026 or 90d",
		core.vis(o.before))
end

local criteria = {
	unseen = not o.seen and not o.all or nil, seen = o.seen,
	before = before, from = o.from, subject = o.subject, larger = larger,
	flagged = o.unflagged and false, -- nil if that is not said
}

-- ---- what is known of the run ----

-- The mailboxes, in their order: {name, text, levels} and, of what is done in them,
-- .validity, .written (a set of UIDs), .skipped (how many an earlier run has
-- saved), .whole (all is written), .uids (what is to be deleted, a set), .deleted
-- (how many of them are).
local boxes
local stage = "connecting"

local function say_what_happened(run)
	local n = run.written + run.skipped
	local text = core.plural("%d message, %s", "%d messages, %s", n)
		:format(n, progress.octets(run.octets))
	if run.skipped > 0 then
		text = text .. errors.text("; %d were there already", run.skipped)
	end
	if run.done < n then
		return text .. errors.text("; %d of them deleted", run.done)
	end
	return text .. "; " .. (o.save and core.text "saved and deleted" or
		core.text "printed and deleted")
end

local run = job.run("purge", o, {
	summary = not o.save and io.stderr or nil,
})
run.written, run.sentence = 0, say_what_happened

local store = o.save and archive.archive(o.save, o.as or archive.kind(o.save) or
	"files")
-- Whose mail it is: others may have the same UIDs.
local account = (url.user or "") .. "@" .. job.label(url)
local dry_run = postel.options.dry_run

-- ---- mailboxes ----

local function check_patterns(list)
	for _, pattern in ipairs(o.mailbox) do
		local found = false
		for _, m in ipairs(list) do
			found = found or mailboxes.matches(m.text, {pattern})
		end
		if not found then
			errors.raise("refused", "there is no mailbox %s",
				core.vis(pattern))
		end
	end
end

local function choose(conn)
	if not o.mailbox then
		local name = conn.mailbox and conn.mailbox.name or "INBOX"
		local levels = store and mailboxes.account(conn):levels(name)
		return {{name = name, levels = levels, text = levels and
			mailboxes.text(levels) or name}}
	end
	local list = mailboxes.account(conn):list(o.mailbox, o.exclude)
	check_patterns(list)
	return list
end

-- The mailbox, and whether it was open already.  What wanted, criteria, finds there
-- is returned, too.
local function open(conn, m, wanted)
	if conn.mailbox and conn.mailbox.name == m.name then
		local box = conn:current()
		return box, true, wanted and box:search(wanted)
	end
	local box, found = conn[dry_run and "examine" or "select"](conn, m.name,
		{search = wanted})
	return box, false, found
end

-- Calls fn for each mailbox.  One that the server refuses something of does not
-- keep the others from their turn.
local function each_mailbox(conn, fn)
	for _, m in ipairs(boxes) do
		local ok, e = pcall(fn, conn, m)
		if not ok and errors.is(e, "refused", "use") then
			local left = m.uids and #m.uids > 0 and tostring(m.uids)
			run:refuse({mailbox = o.mailbox and m.text, key = left or
				nil}, e.message, e.temporary)
		elseif not ok then
			error(e, 0)
		end
	end
end

-- ---- which messages ----

-- All but the newest of a set, by INTERNALDATE and UID.  One that has no date stays.
local function without_newest(box, found)
	if keep == 0 then
		return found
	end
	local dated, uids = {}, set.new()
	for m in found:fetch "UID INTERNALDATE" do
		local seconds = core.imap_date_of(tostring(m.internaldate))
		if seconds then
			dated[#dated + 1] = seconds << 32 | m.uid
		end
	end
	table.sort(dated)
	for i = 1, #dated - keep do
		uids:add(dated[i] & 0xffffffff)
	end
	return box:messages(uids)
end

local function has_flag(m, wanted)
	for _, flag in ipairs(m.flags or {}) do
		if tostring(flag):lower() == wanted then
			return true
		end
	end
	return false
end

-- Zones may make it a day more (RFC 9051 6.4.4: BEFORE disregards them).
local latest = before and core.imap_date_of(
	("%11s 00:00:00 +0000"):format(before)) + 24 * 60 * 60

-- Whether a message that was found is what was asked for: another client may have
-- read it meanwhile, and a server may pass over what it does not know.
local function fits(m)
	if m.flags and (criteria.unseen and has_flag(m, "\\seen") or
		criteria.seen and not has_flag(m, "\\seen") or
		o.unflagged and has_flag(m, "\\flagged")) then
		return false
	end
	local date = latest and m.internaldate and
		core.imap_date_of(m.internaldate)
	return not (date and date >= latest) and
		not (larger and m.size and m.size <= larger)
end

-- ---- printing and saving ----

-- On a terminal a message counts when it has been shown.
local screen = {put = function(_, m)
	m.body:print()
	sinks.check_sound(m)
end}

if not store and not core.isatty(io.stdout) then
	core.large_buffer(io.stdout)
end

-- A sink (postel.sink) for the messages of a mailbox, and those of found that an
-- earlier run has saved.  The journal is of this account, mailbox and UIDVALIDITY.
local function saver(box, m, found)
	local validity = tostring(box.uidvalidity)
	local journal = (store:journal(m.levels, validity, "purge"))
	if not box.uidvalidity or journal:get " validity" ~= validity or
		journal:get " account" ~= account then
		journal:keep(function() return false end)
		journal:add(" validity", validity)
		journal:add(" account", account)
	end
	local sink = store:open(m.levels, journal)
	m.journal = journal.path
	return sink, found * copying.noted(journal), journal
end

local function writer(box, m, found)
	if store and #found > 0 then
		return saver(box, m, found)
	end
	return core.isatty(io.stdout) and screen or sinks.output(io.stdout),
		box:messages(m.written + {})
end

-- Writes messages and counts those that have come.  They come together, in groups: the
-- last one is behind close(), or, after an error, stop().
local function counted(m, sink, line)
	local waiting, octets, pending = {}, 0, nil
	local function count()
		for _, uid in ipairs(waiting) do
			m.written:add(uid)
		end
		run.written = run.written + #waiting
		run.octets = run.octets + octets
		if line then
			line:step(#waiting, octets)
		end
		waiting, octets = {}, 0
		job.spare_memory(true)
	end
	local function put(message)
		message.key, message.date = tostring(message.uid),
			message.internaldate
		local group = sink:put(message)
		if group ~= pending then
			count()
		end
		pending = group
		waiting[#waiting + 1] = message.uid
		octets = octets + message.body.taken
		if not group then
			count()
		end
	end
	local function finish(how)
		if sink[how] then
			sink[how](sink)
		end
		if not pending or pending:concluded() then
			count()
		end
		job.spare_memory(false)
	end
	return put, finish
end

-- One that is gone meanwhile, or that the server has no text of, is not written,
-- and stays.
local function write_messages(m, todo, sink)
	local line <close> = (store or not core.isatty(io.stdout)) and
		postel.progress(#todo, m.text) or nil
	local strange = 0
	local put, finish = counted(m, sink, line)
	run.progress = line
	local ok, e = pcall(function()
		for message in todo:fetch(sinks.ITEMS) do
			if message.body and not fits(message) then
				strange = strange + 1
			elseif message.body then
				put(message)
			end
		end
		finish "close"
	end)
	if not ok then
		finish "stop"
		error(e, 0)
	end
	if strange > 0 then
		run:note(core.plural("%s: %d message is not what was searched " ..
			"for, or not any more; it stays", "%s: %d messages are " ..
			"not what was searched for, or not any more; they stay",
			strange):format(m.text, strange))
	end
end

local function would_delete(m, uids)
	local text = #uids > 0 and tostring(uids) or nil
	table.insert(run.wanted,
		{mailbox = m.text, messages = #uids, uids = text})
	if not o.json then
		run.out:write("postel: ", o.mailbox and
			core.vis(m.text) .. ": " or "", errors.text(
			"%d would be deleted: UID %s", #uids, text or
			core.text "none"), "\n")
	end
end

-- Counts anew what an earlier run has saved; what this one has is in m.written.
local function count_skipped(m, earlier)
	local skipped = #(earlier - m.written)
	run.skipped = run.skipped + skipped - (m.skipped or 0)
	m.skipped = skipped
end

-- A refusal in the middle leaves what was written until then, to be deleted.
local function write_mailbox(conn, m)
	if m.whole then
		return
	end
	local box, _, found = open(conn, m, criteria)
	if box.read_only and not dry_run then
		errors.raise("use", "%s: mailbox %s is read-only", conn.name,
			box.name)
	end
	if not m.written or m.validity ~= box.uidvalidity then
		m.validity, m.written, m.uids = box.uidvalidity, set.new(), nil
	end
	found = without_newest(box, found)
	if dry_run and store then
		would_delete(m, found)
		return
	end
	collectgarbage()
	local sink, there, _ <close> = writer(box, m, found)
	count_skipped(m, there)
	local todo = #there > 0 and found - there or found
	local ok, e = pcall(write_messages, m, todo, sink)
	m.uids = #there > 0 and there + m.written or box:messages(m.written)
	if not ok and errors.is(e, "refused") then
		e.message = errors.text("%s (%d of %d messages were written)",
			e.message, #m.uids, #found)
		run:refuse({mailbox = o.mailbox and m.text,
			key = tostring(found - m.uids)}, e.message, e.temporary)
	elseif not ok then
		error(e, 0)
	end
	m.whole, m.written = true, nil
	run.mailboxes = run.mailboxes + 1
	if dry_run then
		would_delete(m, m.uids)
	end
end

-- ---- deleting ----

-- So many messages are marked and expunged at a time: what is known of the
-- progress when something breaks.
local CHUNK = 5000

-- Behind a failure only the server knows what is gone.
local function count_gone(box, m)
	local left = m.uids * box:search()
	run.done = run.done + #m.uids - #left - m.deleted
	m.uids, m.deleted = left, 0
end

local function delete_chunk(box, m, chunk)
	local part = box:messages(chunk)
	local ok, e = pcall(part.delete, part)
	if ok then
		run.done = run.done + #part
		m.deleted = m.deleted + #part
		return
	end
	run.known = box.conn.is_open and pcall(count_gone, box, m)
	error(e, 0)
end

local function delete_mailbox(conn, m)
	if not m.uids or #m.uids == 0 then
		return
	end
	local box, was_open = open(conn, m)
	if box.uidvalidity ~= m.validity or not (m.validity or was_open) then
		errors.raise("use", "%s: UIDVALIDITY has changed; nothing more is " ..
			"deleted there", core.vis(m.text))
	end
	m.uids = box:messages(m.uids.uids)
	if m.deleted then
		count_gone(box, m)
	end
	m.deleted = 0
	collectgarbage()
	local line <close> = postel.progress(#m.uids, errors.text("%s: deleting",
		m.text))
	run.progress = line
	for chunk in m.uids.uids:chunks(CHUNK) do
		delete_chunk(box, m, chunk)
		line:step(#chunk)
	end
	if m.journal then
		os.remove(m.journal)
	end
end

-- ---- all of it ----

local function purge()
	local conn <close> = postel.connect(o.URL, {examine = dry_run})
	boxes = boxes or choose(conn)
	if stage ~= "deleting" then
		-- What was printed cannot be taken back: no second attempt.
		run.connected, stage = store ~= nil, "writing"
		each_mailbox(conn, write_mailbox)
		core.sync(io.stdout)
	end
	if not dry_run then
		run.connected, stage = true, "deleting"
		each_mailbox(conn, delete_mailbox)
	end
end

local function explain(e)
	if run.written == 0 then
		return errors.text("%s; nothing was deleted", e.message)
	elseif o.save then
		return core.plural("%s; %d message was saved, nothing was deleted",
			"%s; %d messages were saved, nothing was deleted",
			run.written):format(e.message, run.written)
	end
	return core.plural("%s; %d message was printed, nothing was deleted",
		"%s; %d messages were printed, nothing was deleted",
		run.written):format(e.message, run.written)
end

local ok, e = pcall(retry.retry, run, purge)
run.own = {written = run.written}
if not ok and type(e) == "table" and e.message and (stage == "writing" or
	run.known and run.done == 0) then
	e.message = explain(e)
end
return run:finish(ok, e)
