-- set: sets of numbers (messages, UIDs), with + (or), * (and), - (without).  What they
-- are is C's (lua/set.c): eight octets for each range.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- RFC 9051 9: nz-number.
local MAX = 4294967295

local function is_set(x)
	return core.type(x) == "set"
end

-- What is added one after the other costs most when it is not in order.
local function is_rising(list)
	for i = 2, #list do
		if list[i] < list[i - 1] then
			return false
		end
	end
	return true
end

local function check_number(n)
	if math.type(n) ~= "integer" or n < 1 or n > MAX then
		errors.argument("set", "numbers",
			"%s is no number from 1 to %d", tostring(n), MAX)
	end
	return n
end

-- Of an array in any order.
local function from_numbers(list)
	for _, n in ipairs(list) do
		check_number(n)
	end
	if not is_rising(list) then
		list = table.move(list, 1, #list, 1, {})
		table.sort(list)
	end
	local set = core.set()
	for _, n in ipairs(list) do
		set:add(n)
	end
	return set
end

-- "1,3-5" or "1,3:5".
local function parse(text)
	local set = core.set()
	for part in (text .. ","):gmatch "([^,]*)," do
		local a, b = part:match "^%s*(%d+)%s*[-:]%s*(%d+)%s*$"
		a = a or part:match "^%s*(%d+)%s*$"
		a = math.tointeger(tonumber(a))
		b = b and math.tointeger(tonumber(b)) or a
		if not a or a < 1 or b > MAX or b < a then
			return nil, part
		end
		set:add(a, b)
	end
	return set
end

--- postel.set(numbers) → set
-- A set of numbers, from "1,3-5", a number, an array, or a set: + is union, *
-- intersection, - difference, # the count, == equality.  tostring() gives it as
-- IMAP writes it (RFC 9051 9, sequence-set).  Raises at the place of the call for
-- what is no number from 1 to 4294967295.  (A table with names in it are settings
-- of the shell.)
function M.set(from)
	if is_set(from) then
		return from
	elseif from == nil then
		return core.set()
	elseif type(from) == "string" then
		local set, part = parse(from)
		if not set then
			errors.argument("set", "numbers",
				"'%s' is no message number or range", part)
		end
		return set
	elseif type(from) == "number" then
		local set = core.set()
		set:add(check_number(from))
		return set
	elseif type(from) ~= "table" then
		errors.argument("set", "numbers",
			"string, number or table expected, got %s", type(from))
	elseif type(next(from)) == "string" then
		return require("postel.policy").set(from)
	end
	return from_numbers(from)
end

-- As M.set for a text, but nil and the bad part where it is none.
M.parse = parse

-- A set to be filled by set:add(n), which is for nobody else to see until then.
M.new = core.set

local operators = {__add = "either", __mul = "both", __sub = "without"}

local metatable = getmetatable(core.set())
for event, name in pairs(operators) do
	metatable[event] = function(a, b)
		a = M.set(a)
		return a[name](a, M.set(b))
	end
end

return M
