-- ledger: who has got which message.
--
-- It is a journal (postel.journal), or nothing but memory where nobody wants one.  An
-- entry's value has a line for each recipient: the address of who has got the message,
-- or, with a space in front, of who may have got it: its final dot was about to be
-- sent, and no reply is noted (RFC 1047).  Its key is the message's, if that is a
-- number, else a hash of it, which takes less memory.  Under " source" stands what
-- the keys are of, under " validity" IMAP's UIDVALIDITY.

local core = require "postel.core"
local errors = require "postel.errors"
local journal = require "postel.journal"

local M = {}

local Ledger = {}
Ledger.__index = Ledger

-- 18 digits, which the journal keeps as a number.
local DIGITS = 1000000000000000000

local function id(key)
	return key:find "^%d+$" and #key < 19 and key or
		tostring(core.hash(key) % DIGITS)
end

-- Equal values share their memory.
local function sharing()
	local seen = {}
	return function(_, value)
		seen[value] = seen[value] or value
		return seen[value]
	end
end

-- A ledger in the journal at path (see postel.journal), or in memory; .lasting says
-- which.
function M.ledger(path)
	local share = sharing()
	return setmetatable({
		share = share, lasting = path ~= nil,
		journal = path and postel.journal(path, {accept = share}) or
			journal.memory(),
	}, Ledger)
end

-- Says what the keys are of.  A journal that has those of something else raises a
-- usage error: one message could be taken for another.
function Ledger:of(source)
	local before = self.journal:get " source"
	if before and before ~= source then
		errors.raise("usage", "%s: this journal is of %s, not of %s",
			self.journal.path, core.vis(before), core.vis(source))
	elseif not before then
		self.source = source
	end
end

-- Whether UIDVALIDITY is not the one that the entries are of.  The first one counts.
function Ledger:has_other_validity(validity)
	local before = self.journal:get " validity"
	if not before then
		self.validity = validity
	end
	return before ~= nil and before ~= validity
end

-- Forgets all messages: theirs were other UIDs.
function Ledger:renew(validity)
	self:keep(function() end)
	self.journal:add(" validity", validity)
end

-- What belongs in front of the first entry.
local function begin_journal(self)
	for _, name in ipairs {"source", "validity"} do
		if self[name] then
			self.journal:add(" " .. name, self[name], {later = true})
			self[name] = nil
		end
	end
end

local function add(self, key, lines, options)
	begin_journal(self)
	self.journal:add(id(key), self.share(nil, table.concat(lines, "\n")),
		options)
end

-- Those who have got the message, an array and a set, and whether it is unknown of
-- some.
local function state(self, key)
	local got, has, unknown = {}, {}, false
	for line in (self.journal:get(id(key)) or ""):gmatch "[^\n]+" do
		if line:find "^ " then
			unknown = true
		else
			got[#got + 1] = line
			has[line] = true
		end
	end
	return got, has, unknown
end

-- Those of the recipients `to` who have not got the message of that key, and whether
-- some of them may have.
function Ledger:remaining(key, to)
	local _, has, unknown = state(self, key)
	local list = {}
	for _, address in ipairs(to) do
		if not has[address] then
			list[#list + 1] = address
		end
	end
	return list, unknown and #list > 0
end

-- The message is about to be whole at the server, for the recipients `to`: this is on
-- disk when it returns, or if it is to be `later`, by the next sync().
function Ledger:begin(key, to, later)
	local lines = state(self, key)
	for _, address in ipairs(to) do
		lines[#lines + 1] = " " .. address
	end
	add(self, key, lines, {later = later})
end

-- The verdict: `accepted` have got it now.  This outlives the process at once, and is
-- on disk by the next begin() or sync().
function Ledger:settle(key, accepted)
	local lines, has = state(self, key)
	for _, address in ipairs(accepted) do
		if not has[address] then
			lines[#lines + 1] = address
		end
	end
	add(self, key, lines, {later = true})
end

-- All of it is on disk.
function Ledger:sync()
	self.journal:sync()
end

-- Keeps only the entries of the messages whose keys the iterator gives; if there are
-- none, and not `always`, the file goes.
function Ledger:keep(next_key, always)
	local wanted = {}
	for key in next_key do
		local entry = id(key)
		wanted[entry] = self.journal:get(entry) and true or nil
	end
	local any = next(wanted) or always
	self.journal:keep(function(entry)
		return wanted[entry] or any and entry:find "^ " ~= nil
	end)
end

function Ledger:close()
	self.journal:close()
end

-- ---- nothing is kept ----

local None = {lasting = false}
None.__index = None

function None:remaining(_, to)
	return to, false
end

function None:begin() end

function None:settle() end

function None:sync() end

-- What a ledger is to who knows by himself which message has been taken.
function M.none()
	return setmetatable({}, None)
end

return M
