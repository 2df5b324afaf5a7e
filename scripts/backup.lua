-- backup: the mail of an IMAP or POP3 account into files, as often as wanted: only
-- what is not there yet is fetched.

local archive = require "postel.archive"
local core = require "postel.core"
local copying = require "postel.copying"
local errors = require "postel.errors"
local job = require "postel.job"
local mailboxes = require "postel.mailboxes"
local mover = require "postel.mover"
local retry = require "postel.retry"
local set = require "postel.set"

local o = postel.args(arg, {
	name = "backup",
	about = core.text "Saves the mail of an IMAP or POP3 account in a folder.",
	notes = core.text [[
As maildir (the default) the folder is one that mail programs and servers read:
INBOX itself, and .Work.2026 in it for the mailbox Work/2026; flags and dates are
kept.  As mbox each mailbox is a file, as files each message.

Run again, it fetches what has come since.  What was deleted at the server stays
in the backup.  Nothing is changed at the server.

A connection that is lost is made again, with pauses, and the backup goes on.

Exit status: 0 all done, 10 done in part, 9 connection lost, 1 a disk that is full
and the like.]],
	{"SRC", core.text "imap[s]:// or pop3[s]://user@host"},
	{"FOLDER", core.text "where the backup is; it is made"},
	{"--as=KIND", core.text "maildir, mbox or files", one_of = archive.kinds},
	{"--mailbox=NAME", core.text "only these: INBOX, Work/*; several may follow",
		many = true},
	{"--exclude=NAME", core.text "all but these; several may follow", many = true},
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

local function backup_mailbox(account, m)
	local box = account.conn:examine(m.name)
	local validity = tostring(box.uidvalidity)
	local journal <close>, strangers = store:journal(m.levels, validity)
	local todo = box:search() - copying.noted(journal)
	if postel.options.dry_run then
		run:would(m.text, #todo)
		return
	end
	copying.check_validity(journal, validity, m.text, run)
	local sink = store:open(m.levels, journal)
	if #todo > 0 then
		todo = copying.reconcile(todo, store:prints(m.levels, strangers),
			journal, run)
	end
	local progress <close> = postel.progress(#todo, m.text)
	mover.move(copying.source(todo, m.text), sink, run, progress)
end

local function backup_imap(conn)
	local account = mailboxes.account(conn)
	for _, m in ipairs(account:list(o.mailbox, o.exclude)) do
		if not finished[m.text] then
			backup_mailbox(account, m)
			finished[m.text] = true
			run.mailboxes = run.mailboxes + 1
		end
	end
end

-- ---- POP3 ----

-- The messages that the backup has not got, by number; their unique ids.
local function new_messages(conn, journal)
	local uids, numbers = conn:uidl(), {}
	for number, uid in pairs(uids) do
		if not journal:get(uid) then
			numbers[#numbers + 1] = number
		else
			run.skipped = run.skipped + 1
		end
	end
	return set.set(numbers), uids
end

local function backup_pop3(conn)
	local levels = {"INBOX"}
	local journal <close> = (store:journal(levels))
	if postel.options.dry_run then
		run:would("INBOX", #new_messages(conn, journal))
		return
	end
	local sink = store:open(levels, journal)
	local numbers, uids = new_messages(conn, journal)
	local progress <close> = postel.progress(#numbers, "INBOX")
	local step = conn:messages(numbers)
	mover.move(function()
		local m = step()
		if m then
			m.key, m.mailbox = uids[m.number], "INBOX"
		end
		return m
	end, sink, run, progress)
	run.mailboxes = 1
end

local function backup()
	local conn <close> = postel.connect(o.SRC, {name = job.label(url)})
	run.connected = true
	if url.protocol == "imap" then
		backup_imap(conn)
	else
		backup_pop3(conn)
	end
end

return run:finish(pcall(retry.retry, run, backup))
