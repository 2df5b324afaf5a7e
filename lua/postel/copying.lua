-- copying: messages of one IMAP mailbox to another, each once.
--
-- The journal knows which UID went where.  What was appended and could not be
-- noted any more, for the run was killed, is found at the destination by what the
-- messages say of themselves; without a journal, so is everything.

local appending = require "postel.appending"
local core = require "postel.core"
local errors = require "postel.errors"
local fingerprint = require "postel.fingerprint"
local flags = require "postel.flags"
local mover = require "postel.mover"
local set = require "postel.set"
local sink = require "postel.sink"
local task = require "postel.task"

local M = {}

-- The journal of what has come to an IMAP mailbox: key → "UID/FLAGS", of which
-- get() tells the UID and note() the flags as the source had them then.
function M.journal(path)
	return postel.journal(path, {sync = false, brief = true,
		accept = function(_, value)
			local uid, text = value:match "^(%d*)/(.*)$"
			return uid or value, text
		end})
end

-- The UIDs that a journal knows: its keys, or its values.
function M.noted(journal, values)
	local uids = set.new()
	for key, value in journal:each() do
		local n = values and value or key
		if math.type(n) == "integer" and math.type(key) == "integer" and
			n > 0 then
			uids:add(n)
		end
	end
	return uids
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
-- are its UIDs, does not know, or that are not among known: fingerprints with UIDs.
function M.strangers(box, journal, known)
	settle(box, journal)
	local prints = fingerprint.table()
	local messages = box.exists > 0 and box:search() -
		(known or M.noted(journal, true))
	for m in messages and #messages > 0 and
		messages:fetch(fingerprint.ITEMS) or function() end do
		prints:add(fingerprint.fetched(m), m.uid)
	end
	return prints
end

-- Notes those of todo whose message is among prints, a table of what the
-- destination has though the journal does not know it; returns the rest.
-- note(value, flags) is what the journal notes of a message.
function M.reconcile(todo, prints, journal, run, note)
	if #todo == 0 or prints.count == 0 then
		return todo
	end
	local known = set.new()
	for m in todo:fetch("FLAGS " .. fingerprint.ITEMS) do
		local value = prints:take(fingerprint.fetched(m))
		if value then
			journal:add(tostring(m.uid), note(value, m.flags or {}))
			known:add(m.uid)
			run.skipped = run.skipped + 1
		end
	end
	return todo - known
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
	local step = messages:fetch(sink.ITEMS)
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

-- Copies of `there`, the messages of the mailbox `from`, what `to` has not, a connection
-- on which `reply` has just opened a mailbox.  journal (M.journal) is of this pair
-- of mailboxes; run counts (postel.mover).  options: {start = fn} is told how many
-- there are to copy and gives what postel.progress does; {flags = false}: flags
-- that have changed since a message was copied stay as they are.
function M.copy(from, there, to, reply, journal, run, options)
	local box = to:current()
	M.check_validity(journal, from.uidvalidity .. " " .. box.uidvalidity,
		from.name, run)
	local todo = there - M.noted(journal)
	if #todo > 0 then
		todo = M.reconcile(todo, M.strangers(box, journal), journal, run,
			function(uid, list) return uid .. "/" .. flags.text(list) end)
	end
	local target = appending.imap(to, box.name, reply, journal)
	if options.flags ~= false then
		flags.update(from, there - todo, journal, run,
			flags.of_imap(box, target, journal))
	end
	local progress <close> = options.start(#todo)
	mover.move(M.source(todo, from.name), target, run, progress)
end

-- ---- all mailboxes ----

-- So often a mailbox is begun anew that changes under a run.
local ATTEMPTS = 3

-- Calls fn(mailbox) for each of a list ({text =}) that is not finished by an
-- earlier attempt (finished, by text).  One that cannot be made, opened or written
-- to is reported, and the others go on; one whose UIDVALIDITY changes meanwhile is
-- begun anew.
function M.each(list, finished, run, fn)
	for _, m in ipairs(list) do
		local attempt = finished[m.text] and ATTEMPTS or 0
		while attempt < ATTEMPTS do
			local ok, e = pcall(fn, m)
			attempt = attempt + 1
			if ok then
				run.mailboxes = run.mailboxes + 1
				break
			elseif not errors.is(e, "refused") and
				not (type(e) == "table" and e.mailbox) then
				error(e, 0)
			elseif attempt == ATTEMPTS or e.mailbox ~= "changed" then
				run:refuse({mailbox = m.text}, e.message,
					e.temporary)
				break
			end
		end
		finished[m.text] = true
	end
end

return M
