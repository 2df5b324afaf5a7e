-- copy: the mailboxes of one IMAP account to another, as often as wanted: only
-- what is not there yet is copied.

local compress = require "postel.compress"
local core = require "postel.core"
local copying = require "postel.copying"
local errors = require "postel.errors"
local job = require "postel.job"
local mailboxes = require "postel.mailboxes"
local retry = require "postel.retry"

local o = postel.args(arg, {
	name = "copy",
	about = core.text "Copies the mailboxes of an IMAP account to another one.",
	notes = core.text [[
Flags and dates are kept, mailboxes that are missing are made.  What was copied
before is not copied again: that is known from a journal, and, where that is
missing or a run was cut off, from the messages themselves.  Flags that have
changed at the source since are changed at the destination, too; those that were
changed there stay.  Nothing is changed at the source, and nothing deleted at the
destination.

A connection that is lost is made again, with pauses, and the copy goes on.  A
mailbox that cannot be made or is full is reported, and the others go on.

Exit status: 0 all done, 10 done in part, 6 or 7 all refused (for good, for
now), 9 connection lost.]],
	{"SRC", core.text "imap[s]://user@host"},
	{"DST", core.text "imap[s]://user@host"},
	{"--mailbox=NAME", core.text "only these: INBOX, Work/*; several may follow",
		many = true},
	{"--exclude=NAME", core.text "all but these; several may follow", many = true},
	{"--journal=FOLDER", core.text "where the journals are; else in the state folder"},
	compress.row,
	{"--no-flags", core.text "flags that have changed since stay as they are"},
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "copy nothing; show what would"},
})

local from_url, to_url = postel.url(o.SRC), postel.url(o.DST)
for name, url in pairs {SRC = from_url, DST = to_url} do
	if url.protocol ~= "imap" then
		errors.raise("usage", "copy: %s is no IMAP account: %s", name,
			core.vis(o[name]))
	end
end

local run = job.run("copy", o)
local finished = {} -- mailboxes, by name
local folder = job.journal_folder("copy", o.journal, from_url, to_url)

local function journal_of(name)
	return copying.journal(folder .. "/" .. job.file_name(name))
end

local function copy_mailbox(from, to, m)
	local name, opened = to:name(m.levels), nil
	if not postel.options.dry_run and to:has(name) then
		opened = to.conn:send("SELECT", name) -- while the source is asked
	end
	local source, there = from.conn:examine(m.name, {condstore = true,
		search = "ALL"})
	if postel.options.dry_run then
		run:would(m.text, #(there - copying.noted(journal_of(m.text))))
		return
	elseif not opened then
		mailboxes.make(to, name)
		opened = to.conn:send("SELECT", name)
	end
	local journal <close> = journal_of(m.text)
	copying.copy(source, there, to.conn, errors.check(opened:wait()), journal,
		run, {flags = not o.no_flags,
		start = function(n) return postel.progress(n, m.text) end})
end

local function connect(url, text)
	return compress.connect(text, {name = job.label(url), listing = true},
		o.compress)
end

local function copy_all()
	local from <close> = connect(from_url, o.SRC)
	local to <close> = connect(to_url, o.DST)
	run.connected = true
	local source, destination = mailboxes.account(from),
		mailboxes.account(to)
	copying.each(source:list(o.mailbox, o.exclude), finished, run, function(m)
		copy_mailbox(source, destination, m)
	end)
	from:part()
	to:part()
end

return run:finish(pcall(retry.retry, run, copy_all))
