-- slots: so many tasks may do something at a time; the others wait in a row.

local task = require "postel.task"

local M = {}

local Slots = {}
Slots.__index = Slots

-- n slots.
function M.slots(n)
	return setmetatable({free = n, row = {}}, Slots)
end

local function give_back(slot)
	if slot.slots then
		slot.slots.free = slot.slots.free + 1
		slot.slots = nil
	end
end

local Slot = {__index = {release = give_back}, __close = give_back}

-- Waits for a slot, first come, first served, and takes it; what it gives releases
-- it, by release() or as a <close> variable.  If wake() becomes true before, nil.
function Slots:take(wake)
	local row, ticket = self.row, {}
	row[#row + 1] = ticket
	task.wait(function()
		return wake() or self.free > 0 and row[1] == ticket
	end)
	for i, other in ipairs(row) do
		if other == ticket then
			table.remove(row, i)
			break
		end
	end
	if wake() then
		return nil
	end
	self.free = self.free - 1
	return setmetatable({slots = self}, Slot)
end

return M
