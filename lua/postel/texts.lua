-- texts: short texts by numbers, a hundred thousand of them, in the memory that their
-- octets take: many stand in one string.  They come with rising numbers, and are best
-- asked for in that order.

local M = {}

local Texts = {}
Texts.__index = Texts

-- So many numbers share a string.
local BLOCK = 128

function M.new()
	return setmetatable({blocks = {}, at = -1, lines = {}}, Texts)
end

local function pack(self)
	if #self.lines > 0 then
		local before = self.blocks[self.at]
		self.blocks[self.at] = (before and before .. "\n" or "") ..
			table.concat(self.lines, "\n")
		self.lines, self.open = {}, nil
	end
end

-- The number is above all that came before, the text has no line feed.
function Texts:put(number, text)
	if number // BLOCK ~= self.at then
		pack(self)
		self.at = number // BLOCK
	end
	self.lines[#self.lines + 1] = number .. " " .. text
end

-- The text of a number, or nil.
function Texts:get(number)
	pack(self)
	local block = number // BLOCK
	if block ~= self.open then
		self.open, self.texts = block, {}
		for n, text in (self.blocks[block] or "")
			:gmatch "(%d+) ([^\n]*)" do
			self.texts[math.tointeger(tonumber(n))] = text
		end
	end
	return self.texts[number]
end

return M
