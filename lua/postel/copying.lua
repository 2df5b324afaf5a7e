-- copying: messages of one IMAP mailbox to another, each once.
--
-- The journal knows which UID went where.  What was appended and could not be
-- noted any more, for the run was killed, is found at the destination by what the
-- messages say of themselves; without a journal, so is everything.

local core = require "postel.core"
local errors = require "postel.errors"
local fingerprint = require "postel.fingerprint"
local mover = require "postel.mover"
local set = require "postel.set"
local sink = require "postel.sink"
local task = require "postel.task"

local M = {}

-- What to fetch of a message for a sink.
M.ITEMS = "UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]"

-- The UIDs that a journal knows: its keys, or its values.
function M.noted(journal, values)
	local list = {}
	for key, value in journal:each() do
		local n = values and value or key
		if math.type(n) == "integer" and math.type(key) == "integer" then
			list[#list + 1] = n
		end
	end
	return set.set(list)
end

-- So long must nothing come before a server counts as having stored all that a
-- run had sent that was cut off, in seconds.
local QUIET = 2

-- Behind a run that was cut off the server may still be at work on what it has
-- read.  Nobody can know when it is through; a message that comes later yet comes
-- twice, rather than not at all.
local function settle(box, journal)
	if journal:get " open" ~= "1" then
		return
	end
	local count, due = box.conn.mailbox.exists, core.now() + QUIET
	while core.now() < due do
		task.sleep(QUIET / 8)
		box.conn:noop()
		if box.conn.mailbox.exists ~= count then
			count, due = box.conn.mailbox.exists, core.now() + QUIET
		end
	end
	box.exists = count
end

-- What the messages of a mailbox say of themselves that the journal, whose values
-- are its UIDs, does not know: fingerprints with UIDs.
function M.strangers(box, journal)
	settle(box, journal)
	local prints = fingerprint.table()
	local messages = box.exists > 0 and box:search() - M.noted(journal, true)
	for m in messages and #messages > 0 and
		messages:fetch(fingerprint.ITEMS) or function() end do
		prints:add(fingerprint.fetched(m), m.uid)
	end
	return prints
end

-- Notes those of todo whose message is among prints, a table of what the
-- destination has though the journal does not know; returns the rest.
function M.reconcile(todo, prints, journal, run)
	if #todo == 0 or prints.count == 0 then
		return todo
	end
	local known = {}
	for m in todo:fetch(fingerprint.ITEMS) do
		local value = prints:take(fingerprint.fetched(m))
		if value then
			journal:add(tostring(m.uid), tostring(value))
			known[#known + 1] = m.uid
			run.skipped = run.skipped + 1
		end
	end
	return todo - set.set(known)
end

-- UIDs mean nothing when a mailbox was made anew on one side or the other.
function M.check_validity(journal, now, name, run)
	local before = journal:get " validity"
	if before and before ~= now then
		run:note(errors.text("%s: UIDVALIDITY has changed; all messages " ..
			"are compared anew", name))
	end
	if before ~= now then
		journal:keep(function() return false end)
		journal:add(" validity", now)
	end
end

-- The messages of a set, as a sink wants them.
function M.source(messages, name)
	local step = messages:fetch(M.ITEMS)
	return function()
		local m = step()
		while m and not m.body do
			m = step()
		end
		if m then
			m.key, m.date = tostring(m.uid), m.internaldate
			m.mailbox = name
		end
		return m
	end
end

-- Copies what the mailbox that is open on `from` has and `to`, a connection, has
-- not in its mailbox `name`, which is opened.  journal is of this pair of
-- mailboxes; run counts (postel.mover); start(n), if given, is told how many
-- there are to copy and gives what postel.progress does.
function M.copy(from, to, name, journal, run, start)
	local reply = to:call("SELECT", name)
	local box = to:current()
	M.check_validity(journal, from.uidvalidity .. " " .. box.uidvalidity,
		from.name, run)
	local todo = from:search() - M.noted(journal)
	if #todo > 0 then
		todo = M.reconcile(todo, M.strangers(box, journal), journal, run)
	end
	local progress = start and start(#todo)
	mover.move(M.source(todo, from.name), sink.imap(to, name, reply, journal),
		run, progress)
end

return M
