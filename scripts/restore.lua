-- restore: mail in files into the mailboxes of an IMAP account, as often as wanted:
-- only what is not there yet is stored.

local appending = require "postel.appending"
local archive = require "postel.archive"
local core = require "postel.core"
local copying = require "postel.copying"
local errors = require "postel.errors"
local fingerprint = require "postel.fingerprint"
local job = require "postel.job"
local mailboxes = require "postel.mailboxes"
local mover = require "postel.mover"
local retry = require "postel.retry"
local set = require "postel.set"

local o = postel.args(arg, {
	name = "restore",
	about = core.text "Stores the mail of a backup in the mailboxes of an IMAP account.",
	notes = core.text [[
FOLDER is what postel backup has made, or any Maildir, or a folder of mboxes or of
folders with .eml files.  Flags and dates are kept where the files have them,
mailboxes that are missing are made.  What is at the server already, by size and
header, is not stored again.

A connection that is lost is made again, with pauses, and the restore goes on.

Exit status: 0 all done, 10 done in part, 6 or 7 all refused (for good, for
now), 9 connection lost.]],
	{"FOLDER", core.text "the backup"},
	{"DST", core.text "imap[s]://user@host"},
	{"--as=KIND", core.text "maildir, mbox or files", one_of = archive.kinds},
	{"--mailbox=NAME", core.text "only these: INBOX, Work/*; several may follow",
		many = true},
	{"--exclude=NAME", core.text "all but these; several may follow", many = true},
	{"--journal=FOLDER", core.text "where the journals are; else in the state folder"},
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "store nothing; show what would"},
})

local url = postel.url(o.DST)
if url.protocol ~= "imap" then
	errors.raise("usage", "restore: %s is no IMAP account", core.vis(o.DST))
end
local kind = o.as or archive.kind(o.FOLDER)
if not kind then
	errors.raise("usage", "restore: there is no mail in %s", core.vis(o.FOLDER))
end

local run = job.run("restore", o)
local store = archive.archive(o.FOLDER, kind)
local folder = job.journal_folder("restore", o.journal, url, {path = o.FOLDER})
local finished = {} -- mailboxes, by name

-- The mailboxes of the archive that are asked for.
local function wanted()
	local list = {}
	for _, m in ipairs(store:mailboxes()) do
		if (not o.mailbox or mailboxes.matches(m.text, o.mailbox)) and
			not (o.exclude and
				mailboxes.matches(m.text, o.exclude)) then
			list[#list + 1] = m
		end
	end
	return list
end

-- The messages of the archive's mailbox that are not at the server: the journal
-- knows those that a run has stored, prints the others.
local function missing(m, journal, prints)
	local step = m.messages()
	return function()
		for message in step do
			message.key, message.mailbox = message.base, m.text
			local uid = not journal:get(message.key) and
				prints.count > 0 and
				prints:take(fingerprint.of_body(message.body))
			if uid then
				journal:add(message.key, tostring(uid))
			end
			if not journal:get(message.key) then
				message.size = #message.body
				return message
			end
			run.skipped = run.skipped + 1
			message.body:close()
		end
	end
end

-- The UIDs that the journal notes for messages of the archive, and how many it does
-- not know.  Others that it notes are of an archive that is no more: what they
-- stand for may be one of these.
local function look_up(m, journal)
	local uids, unknown = {}, 0
	for message in m.messages() do
		local uid = journal:get(message.base)
		unknown = uid and unknown or unknown + 1
		uids[#uids + 1] = math.tointeger(tonumber(uid))
		local body = rawget(message, "body")
		if body then
			body:close()
		end
	end
	return set.set(uids), unknown
end

local function restore_mailbox(account, m)
	local journal <close> = copying.journal(folder .. "/" ..
		job.file_name(m.text))
	if postel.options.dry_run then
		run:would(m.text, (select(2, look_up(m, journal))))
		return
	end
	local conn, name = account.conn, account:name(m.levels)
	mailboxes.make(account, name)
	local reply = conn:call("SELECT", name)
	local box = conn:current()
	copying.check_validity(journal, tostring(box.uidvalidity), m.text, run)
	local known, unknown = look_up(m, journal)
	local prints = unknown > 0 and copying.strangers(box, journal, known) or
		{count = 0}
	local progress <close> = postel.progress(nil, m.text)
	mover.move(missing(m, journal, prints),
		appending.imap(conn, name, reply, journal), run, progress)
end

local function restore()
	local conn <close> = postel.connect(o.DST, {name = job.label(url),
		listing = true})
	run.connected = true
	local account = mailboxes.account(conn)
	copying.each(wanted(), finished, run, function(m)
		restore_mailbox(account, m)
	end)
end

return run:finish(pcall(retry.retry, run, restore))
