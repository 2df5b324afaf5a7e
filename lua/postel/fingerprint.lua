-- fingerprint: what a message says of itself, to find it again where another name
-- for it is not known: its size, and the fields that tell messages apart, however
-- they are folded.

local core = require "postel.core"
local pieces = require "postel.pieces"

local M = {}

-- What to fetch of a message on an IMAP server for M.fetched.
M.ITEMS = "UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)]"

local fields = {
	["message-id"] = true, date = true, from = true, to = true,
	subject = true,
}

-- So much of these fields is looked at, in octets.
local HEADER_MAX = 64 * 1024

local function of(size, header)
	return core.digest(size .. "\n" .. header:sub(1, HEADER_MAX)
		:gsub("%s+", " "):lower())
end

local function reader(body)
	return function() return body:read() end
end

-- The prints, one, of a message that was fetched with these items.
function M.fetched(m)
	local kept, size = {}, 0
	for piece in m.body and pieces.pieces(reader(m.body)) or
		function() end do
		if size < HEADER_MAX then
			kept[#kept + 1] = piece:gsub("\r\n$", "\n")
			size = size + #kept[#kept]
		end
	end
	return {of(m.size, table.concat(kept))}
end

-- The fields of a message's header, as a server gives them: each line ended, and
-- an empty one behind all.
local function header_of(body)
	local kept, size, keep = {}, 0, false
	for piece, first in pieces.pieces(reader(body)) do
		local line = piece:gsub("\r\n$", "\n")
		if first and line == "\n" then
			break
		end
		local name = first and line:match "^([^%s:]+)[ \t]*:"
		if name then
			keep = fields[name:lower()] or false
		end
		if keep and size < HEADER_MAX then
			kept[#kept + 1] = line
			size = size + #line
		end
	end
	if #kept > 0 and kept[#kept]:byte(-1) ~= 0x0a then
		kept[#kept + 1] = "\n"
	end
	return table.concat(kept) .. "\n"
end

-- The prints that a message on this machine may have on a server, whichever way
-- it went between them; its body is at its beginning afterwards.  A server that
-- got it has CRLF for all line ends, one from which it came may have bare ones;
-- with ended = true what keeps it has ended its last line.
function M.of_body(body, ended)
	local facts, header = body:facts(), header_of(body)
	body:rewind()
	local prints = {of(facts.served_size, header)}
	if facts.crlf_size ~= facts.served_size then
		prints[#prints + 1] = of(facts.crlf_size, header)
	end
	if ended then
		prints[#prints + 1] = of(facts.served_size - 2, header)
	end
	return prints
end

-- A table of prints, which are numbers, and what they stand for: the values of
-- equal prints in a list.
local Prints = {}
Prints.__index = Prints

function M.table()
	return setmetatable({by_print = {}, count = 0, taken = {}}, Prints)
end

local function push(self, print, value)
	local there = self.by_print[print]
	if not there then
		self.by_print[print] = value
	elseif type(there) == "table" then
		there[#there + 1] = value
	else
		self.by_print[print] = {there, value}
	end
end

-- Adds a message by its prints, an array, and a value that no other one has.
function Prints:add(prints, value)
	for _, print in ipairs(prints) do
		push(self, print, value)
	end
	self.several = self.several or #prints > 1
	self.count = self.count + 1
end

local function pop(by_print, print)
	local there = by_print[print]
	if type(there) == "table" then
		return table.remove(there)
	end
	by_print[print] = nil
	return there
end

-- One of the values that have one of these prints; its message is taken out.  Or
-- nil.
function Prints:take(prints)
	for _, print in ipairs(prints) do
		local value = pop(self.by_print, print)
		while value and self.taken[value] do
			value = pop(self.by_print, print)
		end
		if value then
			self.taken[value] = self.several or nil
			self.count = self.count - 1
			return value
		end
	end
	return nil
end

return M
