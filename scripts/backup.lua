-- backup: the mail of an IMAP or POP3 account into files, as often as wanted: only
-- what is not there yet is fetched.

local archive = require "postel.archive"
local compress = require "postel.compress"
local core = require "postel.core"
local copying = require "postel.copying"
local errors = require "postel.errors"
local fingerprint = require "postel.fingerprint"
local flags = require "postel.flags"
local job = require "postel.job"
local mailboxes = require "postel.mailboxes"
local mover = require "postel.mover"
local retry = require "postel.retry"
local set = require "postel.set"
local task = require "postel.task"
local texts = require "postel.texts"

local o = postel.args(arg, {
	name = "backup",
	about = core.text "Saves the mail of an IMAP or POP3 account in a folder.",
	notes = core.text [[
As maildir (the default) the folder is one that mail programs and servers read:
INBOX itself, and .Work.2026 in it for the mailbox Work/2026; flags and dates are
kept.  As mbox each mailbox is a file, as files each message.

Run again, it fetches what has come since; in a Maildir flags that have changed at
the server are changed, too.  What was deleted at the server stays in the backup.
Nothing is changed at the server.

A connection that is lost is made again, with pauses, and the backup goes on.

Exit status: 0 all done, 10 done in part, 9 connection lost, 1 a disk that is full
and the like.]],
	{"SRC", core.text "imap[s]:// or pop3[s]://user@host"},
	{"FOLDER", core.text "where the backup is; it is made"},
	{"--as=KIND", core.text "maildir, mbox or files", one_of = archive.kinds},
	{"--mailbox=NAME", core.text "only these: INBOX, Work/*; several may follow",
		many = true},
	{"--exclude=NAME", core.text "all but these; several may follow", many = true},
	compress.row,
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "fetch nothing; show what would"},
})

local url = postel.url(o.SRC)
if url.protocol ~= "imap" and url.protocol ~= "pop3" then
	errors.raise("usage", "backup: %s is no IMAP or POP3 account",
		core.vis(o.SRC))
end

local run = job.run("backup", o)
local store = archive.archive(o.FOLDER, o.as or archive.kind(o.FOLDER) or
	"maildir")
local finished = {} -- mailboxes, by name

-- ---- IMAP ----

-- Notes those of todo that are there by their names; returns the rest.
local function without_named(todo, strangers, journal)
	local named = set.new()
	if store.kind ~= "files" then
		return todo
	end
	for uid in todo:each() do
		local key = tostring(uid)
		if strangers:has(key) then
			journal:add(key)
			named:add(uid)
			run.skipped = run.skipped + 1
		end
	end
	return todo - named
end

local function backup_mailbox(account, m)
	local box, there = account.conn:examine(m.name, {condstore = true,
		search = "ALL"})
	local validity = tostring(box.uidvalidity)
	local journal <close>, strangers = store:journal(m.levels, validity)
	local todo = there - copying.noted(journal)
	if postel.options.dry_run then
		run:would(m.text, #todo)
		return
	end
	copying.check_validity(journal, validity, m.text, run)
	collectgarbage()
	local sink = store:open(m.levels, journal)
	todo = without_named(todo, strangers, journal)
	if #todo > 0 then
		todo = copying.reconcile(todo, strangers:prints(journal), journal,
			run, function(name, list)
				return core.maildir_file(tostring(name), list)
			end)
	end
	if store.kind == "maildir" then
		flags.update(box, there - todo, journal, run,
			flags.of_maildir(strangers.path, journal))
	end
	local progress <close> = postel.progress(#todo, m.text)
	mover.move(copying.source(todo, m.text), sink, run, progress)
end

local function backup_imap(conn)
	local account = mailboxes.account(conn)
	copying.each(account:list(o.mailbox, o.exclude), finished, run, function(m)
		backup_mailbox(account, m)
	end)
end

-- ---- POP3 ----

-- The messages that the backup has not got, by number; their unique ids.  Where
-- named(uid) is true a message is there after all.
local function new_messages(conn, journal, named)
	local uids, numbers, known = texts.new(), set.new(), 0
	conn:each_uid(function(number, uid)
		if journal:get(uid) or named(uid) then
			known = known + 1
		else
			uids:put(number, uid)
			numbers:add(number)
		end
	end)
	return numbers, uids, known
end

-- The messages of these numbers that are not among prints: what the backup has
-- though the journal does not know it.  To be compared they must have come.
local function missing(conn, numbers, uids, prints, journal)
	local step, last = conn:messages(numbers), nil
	-- Lua does not count their memory, and would not free it for long.
	local function release(m)
		m.body:close()
		m.reply:release()
	end
	return function()
		if last then
			release(last)
		end
		for m in step do
			m.key, m.mailbox = uids:get(m.number), "INBOX"
			last = nil
			local known = false
			if prints.count > 0 then
				task.wait(function() return m.reply:ready() end)
				m.reply:check()
				known = prints:take(fingerprint.of_body(m.body))
			end
			if not known then
				last = m
				return m
			end
			journal:add(m.key, tostring(known))
			run.skipped = run.skipped + 1
			release(m)
		end
	end
end

local function backup_pop3(conn)
	local levels = {"INBOX"}
	local journal <close>, strangers = store:journal(levels)
	if postel.options.dry_run then
		local new = new_messages(conn, journal, function(uid)
			return strangers:has(uid)
		end)
		run:would("INBOX", #new)
		return
	end
	local sink = store:open(levels, journal)
	local numbers, uids, known = new_messages(conn, journal, function(uid)
		return strangers:has(uid) and journal:add(uid)
	end)
	run.skipped = run.skipped + known
	collectgarbage()
	local progress <close> = postel.progress(#numbers, "INBOX")
	local prints = #numbers > 0 and strangers:prints(journal) or {count = 0}
	mover.move(missing(conn, numbers, uids, prints, journal), sink, run,
		progress)
	run.mailboxes = 1
end

local function backup()
	local conn <close> = compress.connect(o.SRC, {name = job.label(url),
		listing = true}, o.compress)
	run.connected = true
	if url.protocol == "imap" then
		backup_imap(conn)
	else
		backup_pop3(conn)
	end
end

return run:finish(pcall(retry.retry, run, backup))
