-- entries: what a journal keeps in memory: values by keys, integers or texts, in 16
-- octets for each whose key is an integer and whose value is an integer or one of few
-- texts.  A value may have a note, which is one of few texts, too.

local core = require "postel.core"

local M = {}

local Entries = {}
Entries.__index = Entries

-- A value as one integer: a number, or one of these two, and above it that of a text: of
-- the note, or, with TEXT, of the value itself.
local TEXT, EMPTY = (1 << 40) - 1, (1 << 40) - 2
local NUMBERS, SHIFT = (1 << 40) - 1, 40

function M.new()
	return setmetatable({
		numbers = core.pairs(), others = {},
		-- Texts by their number and the other way round.
		shared = {}, number_of = {},
	}, Entries)
end

-- More values than that are not few: each is kept for itself.
local SHARED = 4096

-- The number of a text, which is 0 for nil.  nil if it would be above most.
local function number(self, text, most)
	local n = text == nil and 0 or self.number_of[text]
	if not n then
		n = #self.shared + 1
		if n > most then
			return nil
		end
		self.shared[n], self.number_of[text] = text, n
	end
	return n
end

-- Both as one integer, or nil if they have none.
local function pack(self, value, note)
	local low = value
	if value == "" then
		low = EMPTY
	elseif math.type(value) ~= "integer" or value < 0 or value >= EMPTY then
		low, note = TEXT, tostring(value)
	end
	local n = number(self, note, low == TEXT and SHARED or 1 << 22)
	return n and low | n << SHIFT
end

-- The value, and its note.
local function unpack(self, packed)
	local low, text = packed & NUMBERS, self.shared[packed >> SHIFT]
	if low == TEXT then
		return text
	elseif low == EMPTY then
		return "", text
	end
	return low, text
end

-- nil as a value removes the entry.  The note is kept where the value is a number or
-- empty.
function Entries:put(key, value, note)
	local packed = math.type(key) == "integer" and value ~= nil and
		pack(self, value, note) or nil
	if math.type(key) == "integer" then
		self.numbers:put(key, packed)
	end
	if not packed then
		self.others[key] = value
	elseif next(self.others) ~= nil then
		self.others[key] = nil
	end
end

-- The value, and its note; or nil.
function Entries:get(key)
	local packed = math.type(key) == "integer" and self.numbers:get(key)
	if packed then
		return unpack(self, packed)
	end
	return self.others[key]
end

-- Iterates over keys and values; what is there may be changed or removed meanwhile.
function Entries:each()
	local step, other = self.numbers:each(), nil
	return function()
		if step then
			local key, packed = step()
			if key then
				return key, (unpack(self, packed))
			end
			step = nil
		end
		local value
		other, value = next(self.others, other)
		return other, value
	end
end

return M
