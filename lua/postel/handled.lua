-- handled: which messages of a mailbox have been dealt with, by UID, in a journal or
-- for as long as this run takes.
--
-- UIDs only grow (RFC 9051 2.3.1.1), so two numbers say nearly all: what stands from
-- " first" to " last" is done.  A UID has an entry of its own if it is "left", for
-- dealing with it came to nothing, or "done" though it is below " first".  All of it
-- holds for one " validity".

local core = require "postel.core"
local errors = require "postel.errors"
local journals = require "postel.journal"
local set = require "postel.set"

local M = {}

local UID_MAX = 4294967295

-- So many entries may come before the journal is written anew.
local ENTRIES = 10000

-- A copy of the journal at path, or nothing.
local function memory(path)
	local self = journals.memory()
	if path then
		for key, value in postel.journal(path):each() do
			self:add(tostring(key), tostring(value))
		end
	end
	return self
end

-- ---- what is done ----

local Handled = {}
Handled.__index = Handled

-- Two programs with one journal would deal with each message twice.
local function lock(path)
	core.mkdirs(path:match "^(.*)/")
	core.create(path .. ".lock")
	local file = io.open(path .. ".lock", "ab")
	if not file or not pcall(core.lock, file) then
		errors.raise("use", "%s is in use by another program; --journal " ..
			"names another folder", path)
	end
	return file
end

local function number(text)
	return math.tointeger(tonumber(text))
end

-- What is known by the journal of this path (postel.journal), which nobody else can
-- use meanwhile; or, without a path, nothing.  With dry_run nothing is written.
-- Raises "use" if another program has it, "sys" as the journal does.
function M.handled(path, dry_run)
	local self = setmetatable({adds = 0}, Handled)
	if path and not dry_run then
		self.journal = postel.journal(path)
		self.lock = lock(self.journal.path)
		-- What stood there before we had the lock may be old.
		self.journal = postel.journal(path)
	else
		self.journal = memory(path)
	end
	self:tidy()
	return self
end

-- Entries that " first" and " last" make needless go.
function Handled:tidy()
	local journal, first = self.journal, number(self.journal:get " first")
	journal:keep(function(key)
		local uid = number(key)
		return not uid or journal:get(key) == "left" or
			first and uid < first
	end)
	self.adds = 0
end

local function add(self, key, value)
	self.journal:add(tostring(key), tostring(value))
	self.adds = self.adds + 1
	if self.adds >= ENTRIES then
		self:tidy()
	end
end

-- Begins with a mailbox that has just been opened: what is below uidnext is old,
-- unless the journal knows it better.  Returns true if UIDVALIDITY is another one
-- than it was; then nothing of what was known holds.
function Handled:begin(validity, uidnext)
	local before = self.journal:get " validity"
	if before ~= tostring(validity) then
		self.journal:keep(function() return false end)
		add(self, " first", uidnext)
		add(self, " last", uidnext - 1)
		-- Last, so that the rest is there if this is.
		add(self, " validity", validity)
		self.again = set.set()
		return before ~= nil
	end
	self.again = self.again or set.set(self:all "left")
	return false
end

-- The UIDs that have an entry of this value, as an array.
function Handled:all(value)
	local list = {}
	for key, entry in self.journal:each() do
		if number(key) and entry == value then
			list[#list + 1] = number(key)
		end
	end
	return list
end

-- The UIDs of box that are to be dealt with, as a set of messages: those that are
-- new, what an earlier run has left, and those of also().
function Handled:todo(box)
	local last = number(self.journal:get " last")
	local todo = box:messages(self.again)
	if last >= UID_MAX then
		return todo
	end
	-- "7:*" names the last message even if its UID is 5 (RFC 9051 9,
	-- seq-range).
	local range = ("%d:%d"):format(last + 1, UID_MAX)
	return todo + box:search(("UID %d:*"):format(last + 1)) *
		box:messages(range)
end

-- Of a set of messages, those that came before the first run are to be dealt with,
-- too, unless that has been done.
function Handled:also(messages)
	local first = number(self.journal:get " first")
	if first > 1 then
		self.again = self.again + messages.uids *
			set.set("1:" .. first - 1) - set.set(self:all "done")
	end
end

-- A message has been dealt with, or is not there any more.
function Handled:done(uid)
	self:note(uid, "done")
end

-- Dealing with it came to nothing: it is for the next run to try.
function Handled:leave(uid)
	self:note(uid, "left")
end

-- Messages are noted in the order of their UIDs, so what lies between two of them is
-- not there.
function Handled:note(uid, value)
	local last = number(self.journal:get " last")
	local before = self.journal:get(tostring(uid))
	if value == "left" or uid <= last and before ~= "done" then
		add(self, uid, value)
	end
	if uid > last then
		add(self, " last", uid)
	end
	self.again = self.again - set.set(uid)
end

function Handled:close()
	self.journal:close()
	if self.lock then
		self.lock:close()
		self.lock = nil
	end
end

Handled.__close = Handled.close

return M
