-- flags: what has changed at a source since its messages were copied is changed in
-- the same way where they went; what somebody has changed there stays.
--
-- The journal notes the flags that a message had at the source when they were
-- copied last, and, under " modseq", when that was (RFC 7162), so that a server
-- that counts changes need only tell of those that are new.

local core = require "postel.core"
local task = require "postel.task"

local M = {}

-- Flags as one text, the same for the same flags.  \Recent is the server's own.
function M.text(flags)
	local list = {}
	for _, flag in ipairs(flags or {}) do
		if flag:lower() ~= "\\recent" then
			list[#list + 1] = flag
		end
	end
	table.sort(list)
	return table.concat(list, " ")
end

-- The words of a text that another one has not.
local function without(text, other)
	local has, list = {}, {}
	for flag in other:gmatch "%S+" do
		has[flag:lower()] = true
	end
	for flag in text:gmatch "%S+" do
		if not has[flag:lower()] then
			list[#list + 1] = flag
		end
	end
	return list
end

-- The messages of a set that may have changed; nil if none has.
local function candidates(messages, journal, modseq)
	local before = journal:get " modseq"
	if #messages == 0 or modseq and before == modseq then
		return function() end
	end
	return messages:fetch("UID FLAGS",
		{changed_since = modseq and before})
end

-- Compares the flags of messages, a set of a mailbox that is open, with those that
-- the journal notes.  target has before(uid), the flags noted, or nil, text(flags),
-- change(uid, flags to add, to remove, all of them now), and finish().
function M.update(box, messages, journal, run, target)
	local modseq = box.highestmodseq
	for m in candidates(messages, journal, modseq) do
		local before = target.before(m.uid)
		local now = m.flags and target.text(m.flags)
		if now and before ~= now then
			local add, remove = {}, {}
			if before then
				add, remove = without(now, before),
					without(before, now)
				run.flags = run.flags + 1
			end
			target.change(m.uid, add, remove, m.flags)
		end
	end
	target.finish()
	if modseq and journal:get " modseq" ~= modseq then
		journal:add(" modseq", modseq)
	end
end

-- So many changes go at once.
local BATCH = 500

-- For M.update: the messages are in an IMAP mailbox that is selected; sink knows
-- which flags it can keep, journal (postel.copying) the UIDs.
function M.of_imap(box, sink, journal)
	local by_change, waiting = {}, {}
	local function store(change, uids)
		local words = {}
		for flag in change:sub(2):gmatch "%S+" do
			words[#words + 1] = flag
		end
		box:messages(uids):store(change:sub(1, 1), table.unpack(words))
	end
	-- In flight together: no flag is in two changes of a message.
	local function finish()
		local tasks = {}
		for change, uids in pairs(by_change) do
			tasks[#tasks + 1] = task.spawn(store, change, uids)
		end
		task.join(table.unpack(tasks))
		for _, w in ipairs(waiting) do
			journal:add(w[1], w[2])
		end
		by_change, waiting = {}, {}
	end
	local function plan(sign, uid, flags)
		flags = sink:permitted(flags)
		if #flags > 0 then
			local change = sign .. table.concat(flags, " ")
			by_change[change] = by_change[change] or {}
			table.insert(by_change[change], uid)
		end
	end
	return {
		text = M.text, finish = finish,
		before = function(uid) return journal:note(uid) end,
		change = function(uid, add, remove, flags)
			local there = journal:get(tostring(uid))
			local number = math.tointeger(tonumber(there))
			if number then
				plan("+", number, add)
				plan("-", number, remove)
			end
			waiting[#waiting + 1] = {tostring(uid),
				there .. "/" .. M.text(flags)}
			if #waiting >= BATCH then
				finish()
			end
		end,
	}
end

-- The changes by what the journal notes of their messages' names last: the base, or
-- its digest (postel.strangers).
local function with_bases(journal, changes)
	local by_base = {}
	for key, value in journal:lines() do
		local change = changes[key]
		if change then
			if change.base then
				by_base[change.base] = nil
			end
			change.key, change.base = key, core.maildir_name(value)
			by_base[change.base] = change
		end
	end
	return by_base
end

-- Gives files of a Maildir the names that their changed flags want.
local function rename(path, journal, changes)
	local by_base = with_bases(journal, changes)
	for _, folder in ipairs {"new", "cur"} do
		for _, name in ipairs(core.list(path .. "/" .. folder)) do
			local base = core.maildir_name(name)
			local change = by_base[base] or
				by_base[tostring(core.digest(base))]
			if change then
				core.rename(path .. "/" .. folder .. "/" .. name,
					path .. "/cur/" .. core.maildir_file(name,
						change.add, change.remove))
				journal:add(change.key, core.maildir_file(
					change.base, change.now))
			end
		end
	end
end

local function names_of(letters)
	return (select(2, core.maildir_name("x:2," .. table.concat(letters))))
end

-- For M.update: the messages are in the Maildir at path; journal is that of an
-- archive, which notes the flags as letters of the files' names.
function M.of_maildir(path, journal)
	local changes, count = {}, 0
	local function words(letters)
		return letters and letters:gsub(".", "%0 ")
	end
	local function finish()
		if count > 0 then
			rename(path, journal, changes)
		end
		changes, count = {}, 0
	end
	return {
		finish = finish,
		text = function(flags)
			return words(core.maildir_file("", flags):sub(4))
		end,
		before = function(uid) return words(journal:get(tostring(uid))) end,
		change = function(uid, add, remove, now)
			changes[tostring(uid)] = {add = names_of(add),
				remove = names_of(remove), now = now}
			count = count + 1
			if count >= 10 * BATCH then
				finish()
			end
		end,
	}
end

return M
