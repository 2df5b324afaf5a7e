-- set: sets of numbers (messages, UIDs), with + (or), * (and), - (without).

local errors = require "postel.errors"

local Set = {}
Set.__index = Set
Set.__name = "postel.set"

local M = {}

-- RFC 9051 9: nz-number.
local MAX = 4294967295

local function is_set(x)
	return getmetatable(x) == Set
end

-- A set is a sorted array of ranges that do not touch, each the two numbers
-- first, last: tables for them would take six times as much memory.
local function new(ranges, count)
	return setmetatable({ranges = ranges, count = count}, Set)
end

-- Adds a range that begins no earlier than the last one.
local function append(ranges, count, first, last)
	local n = #ranges
	if n > 0 and first <= ranges[n] + 1 then
		if last <= ranges[n] then
			return count
		end
		count = count + last - ranges[n]
		ranges[n] = last
		return count
	end
	ranges[n + 1], ranges[n + 2] = first, last
	return count + last - first + 1
end

local check_number

-- Of an array in any order; numbers in a row take no memory of their own.
local function from_numbers(list)
	local rising = true
	for i, n in ipairs(list) do
		check_number(n)
		rising = rising and (i == 1 or n >= list[i - 1])
	end
	if not rising then
		list = table.move(list, 1, #list, 1, {})
		table.sort(list)
	end
	local ranges, count = {}, 0
	for _, n in ipairs(list) do
		count = append(ranges, count, n, n)
	end
	return new(ranges, count)
end

function check_number(n)
	if math.type(n) ~= "integer" or n < 1 or n > MAX then
		errors.argument("set", "numbers",
			"%s is no number from 1 to %d", tostring(n), MAX)
	end
	return n
end

-- Of ranges in any order, by two arrays.
local function from_ranges(firsts, lasts)
	local order, ranges, count = {}, {}, 0
	for i = 1, #firsts do
		order[i] = i
	end
	table.sort(order, function(i, j) return firsts[i] < firsts[j] end)
	for _, i in ipairs(order) do
		count = append(ranges, count, firsts[i], lasts[i])
	end
	return new(ranges, count)
end

-- "1,3-5" or "1,3:5".
local function parse(text)
	local firsts, lasts = {}, {}
	for part in (text .. ","):gmatch "([^,]*)," do
		local a, b = part:match "^%s*(%d+)%s*[-:]%s*(%d+)%s*$"
		a = a or part:match "^%s*(%d+)%s*$"
		a = math.tointeger(tonumber(a))
		b = b and math.tointeger(tonumber(b)) or a
		if not a or a < 1 or b > MAX or b < a then
			return nil, part
		end
		firsts[#firsts + 1], lasts[#lasts + 1] = a, b
	end
	return from_ranges(firsts, lasts)
end

-- A set from a text, a number, an array of numbers, or a set.  A table with
-- names in it, {timeout = 5}, are settings of the shell (postel.policy).
function M.set(from)
	if is_set(from) then
		return from
	elseif from == nil then
		return new({}, 0)
	elseif type(from) == "string" then
		local set, part = parse(from)
		if not set then
			errors.argument("set", "numbers",
				"'%s' is no message number or range", part)
		end
		return set
	elseif type(from) == "number" then
		check_number(from)
		return new({from, from}, 1)
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

function Set.__len(self)
	return self.count
end

-- IMAP's sequence-set; "" if empty.
function Set.__tostring(self)
	local parts, ranges = {}, self.ranges
	for i = 1, #ranges, 2 do
		local first, last = ranges[i], ranges[i + 1]
		parts[#parts + 1] = first == last and tostring(first) or
			first .. ":" .. last
	end
	return table.concat(parts, ",")
end

function Set.__add(a, b)
	a, b = M.set(a).ranges, M.set(b).ranges
	local ranges, count, i, j = {}, 0, 1, 1
	while a[i] or b[j] do
		if not b[j] or a[i] and a[i] <= b[j] then
			count = append(ranges, count, a[i], a[i + 1])
			i = i + 2
		else
			count = append(ranges, count, b[j], b[j + 1])
			j = j + 2
		end
	end
	return new(ranges, count)
end

function Set.__mul(a, b)
	a, b = M.set(a).ranges, M.set(b).ranges
	local ranges, count, i, j = {}, 0, 1, 1
	while a[i] and b[j] do
		local first = math.max(a[i], b[j])
		local last = math.min(a[i + 1], b[j + 1])
		if first <= last then
			count = append(ranges, count, first, last)
		end
		if a[i + 1] < b[j + 1] then
			i = i + 2
		else
			j = j + 2
		end
	end
	return new(ranges, count)
end

function Set.__sub(a, b)
	a, b = M.set(a).ranges, M.set(b).ranges
	local ranges, count, j = {}, 0, 1
	for i = 1, #a, 2 do
		local first, last = a[i], a[i + 1]
		while b[j] and b[j + 1] < first do
			j = j + 2
		end
		local k = j
		while b[k] and b[k] <= last do
			if b[k] > first then
				count = append(ranges, count, first, b[k] - 1)
			end
			first = b[k + 1] + 1
			k = k + 2
		end
		if first <= last then
			count = append(ranges, count, first, last)
		end
	end
	return new(ranges, count)
end

function Set.__eq(a, b)
	return tostring(a) == tostring(b)
end

function Set:has(n)
	local ranges = self.ranges
	local low, high = 1, #ranges // 2
	while low <= high do
		local middle = (low + high) // 2
		if n < ranges[2 * middle - 1] then
			high = middle - 1
		elseif n > ranges[2 * middle] then
			low = middle + 1
		else
			return true
		end
	end
	return false
end

-- Iterates over the numbers, upwards.
function Set:each()
	local i, n = 1, nil
	local ranges = self.ranges
	return function()
		if not ranges[i] then
			return nil
		end
		n = n and n + 1 or ranges[i]
		if n == ranges[i + 1] then
			i = i + 2
			local result = n
			n = nil
			return result
		end
		return n
	end
end

-- The smallest and the largest number, or nil.
function Set:min()
	return self.ranges[1]
end

function Set:max()
	return self.ranges[#self.ranges]
end

-- Iterates over subsets of at most n numbers each, in order.
function Set:chunks(n)
	local next_number = self:each()
	return function()
		local ranges, count = {}, 0
		while count < n do
			local number = next_number()
			if not number then
				break
			end
			count = append(ranges, count, number, number)
		end
		return count > 0 and new(ranges, count) or nil
	end
end

return M
