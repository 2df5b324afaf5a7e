-- fingerprint: what a message says of itself, to find it again where another name
-- for it is not known: its size, and the fields that tell messages apart, however
-- they are folded.

local core = require "postel.core"

local M = {}

-- What to fetch of a message on an IMAP server for M.fetched.
M.ITEMS = "UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)]"

local fields = {
	["message-id"] = true, date = true, from = true, to = true,
	subject = true,
}

local function of(size, header)
	return core.sha256(size .. "\n" ..
		header:gsub("%s+", " "):lower()):sub(1, 32)
end

-- Of a message that was fetched with these items.
function M.fetched(m)
	return of(m.size, m.body and postel.body(m.body):text() or "")
end

-- Of a message on this machine; its body is at its beginning afterwards.
function M.of_body(body)
	local size, kept, keep = body:facts().crlf_size, {}, false
	for line in body:lines() do
		if line == "" then
			break
		end
		local name = line:match "^([^%s:]+)[ \t]*:"
		if name then
			keep = fields[name:lower()] or false
		end
		if keep then
			kept[#kept + 1] = line
		end
	end
	body:rewind()
	-- As a server has them: each line ended, and an empty one behind all.
	return of(size, #kept > 0 and table.concat(kept, "\n") .. "\n\n" or "\n")
end

-- A table of prints and what they stand for: the values of equal prints in a list.
local Prints = {}
Prints.__index = Prints

function M.table()
	return setmetatable({by_print = {}, count = 0}, Prints)
end

function Prints:add(print, value)
	local there = self.by_print[print]
	if not there then
		self.by_print[print] = value
	elseif type(there) == "table" then
		there[#there + 1] = value
	else
		self.by_print[print] = {there, value}
	end
	self.count = self.count + 1
end

-- One of the values of a print, which is taken out; or nil.
function Prints:take(print)
	local there = self.by_print[print]
	if type(there) == "table" then
		return table.remove(there)
	end
	self.by_print[print] = nil
	return there
end

return M
