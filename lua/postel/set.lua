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

-- A set is a sorted array of ranges {first, last} that do not touch.
local function from_ranges(ranges)
	table.sort(ranges, function(a, b) return a[1] < b[1] end)
	local out, count = {}, 0
	for _, r in ipairs(ranges) do
		local last = out[#out]
		if last and r[1] <= last[2] + 1 then
			if r[2] > last[2] then
				last[2] = r[2]
			end
		else
			out[#out + 1] = {r[1], r[2]}
		end
	end
	for _, r in ipairs(out) do
		count = count + r[2] - r[1] + 1
	end
	return setmetatable({ranges = out, count = count}, Set)
end

local check_number

-- Of an array in any order; numbers in a row take no memory of their own.
local function from_numbers(list)
	local sorted, ranges = {}, {}
	for i, n in ipairs(list) do
		sorted[i] = check_number(n)
	end
	table.sort(sorted)
	for _, n in ipairs(sorted) do
		local last = ranges[#ranges]
		if last and n <= last[2] + 1 then
			last[2] = n
		else
			ranges[#ranges + 1] = {n, n}
		end
	end
	return from_ranges(ranges)
end

function check_number(n)
	if math.type(n) ~= "integer" or n < 1 or n > MAX then
		errors.argument("set", "numbers",
			"%s is no number from 1 to %d", tostring(n), MAX)
	end
	return n
end

-- "1,3-5" or "1,3:5".
local function parse(text)
	local ranges = {}
	for part in (text .. ","):gmatch "([^,]*)," do
		local a, b = part:match "^%s*(%d+)%s*[-:]%s*(%d+)%s*$"
		a = a or part:match "^%s*(%d+)%s*$"
		a = math.tointeger(tonumber(a))
		b = b and math.tointeger(tonumber(b)) or a
		if not a or a < 1 or b > MAX or b < a then
			return nil, part
		end
		ranges[#ranges + 1] = {a, b}
	end
	return from_ranges(ranges)
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
		return from_ranges {}
	elseif type(from) == "string" then
		local set, part = parse(from)
		if not set then
			errors.argument("set", "numbers",
				"'%s' is no message number or range", part)
		end
		return set
	elseif type(from) == "number" then
		check_number(from)
		return from_ranges {{from, from}}
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
	local parts = {}
	for i, r in ipairs(self.ranges) do
		parts[i] = r[1] == r[2] and tostring(r[1]) or
			r[1] .. ":" .. r[2]
	end
	return table.concat(parts, ",")
end

function Set.__add(a, b)
	local ranges = {}
	for _, set in ipairs {M.set(a), M.set(b)} do
		table.move(set.ranges, 1, #set.ranges, #ranges + 1, ranges)
	end
	return from_ranges(ranges)
end

function Set.__mul(a, b)
	a, b = M.set(a).ranges, M.set(b).ranges
	local ranges, i, j = {}, 1, 1
	while a[i] and b[j] do
		local first = math.max(a[i][1], b[j][1])
		local last = math.min(a[i][2], b[j][2])
		if first <= last then
			ranges[#ranges + 1] = {first, last}
		end
		if a[i][2] < b[j][2] then
			i = i + 1
		else
			j = j + 1
		end
	end
	return from_ranges(ranges)
end

function Set.__sub(a, b)
	a, b = M.set(a).ranges, M.set(b).ranges
	local ranges, j = {}, 1
	for _, r in ipairs(a) do
		local first = r[1]
		while b[j] and b[j][2] < first do
			j = j + 1
		end
		local k = j
		while b[k] and b[k][1] <= r[2] do
			if b[k][1] > first then
				ranges[#ranges + 1] = {first, b[k][1] - 1}
			end
			first = b[k][2] + 1
			k = k + 1
		end
		if first <= r[2] then
			ranges[#ranges + 1] = {first, r[2]}
		end
	end
	return from_ranges(ranges)
end

function Set.__eq(a, b)
	return tostring(a) == tostring(b)
end

--- set:has(n)
-- Whether n is in the set.
function Set:has(n)
	errors.expect("has", "n", n, "number")
	for _, r in ipairs(self.ranges) do
		if n >= r[1] and n <= r[2] then
			return true
		end
	end
	return false
end

--- set:each()
-- Iterates over the numbers, upwards.
function Set:each()
	local i, n = 1, nil
	return function()
		local r = self.ranges[i]
		if not r then
			return nil
		end
		n = n and n + 1 or r[1]
		if n == r[2] then
			i = i + 1
			local result = n
			n = nil
			return result
		end
		return n
	end
end

--- set:max() → n
-- The largest number, or nil.
function Set:max()
	local r = self.ranges[#self.ranges]
	return r and r[2]
end

--- set:chunks(n)
-- Iterates over subsets of at most n numbers each, in order.
function Set:chunks(n)
	if math.type(n) ~= "integer" or n < 1 then
		errors.argument("chunks", "n", "a number from 1 on expected")
	end
	local next_number = self:each()
	return function()
		local ranges, count = {}, 0
		while count < n do
			local number = next_number()
			if not number then
				break
			end
			local last = ranges[#ranges]
			if last and last[2] + 1 == number then
				last[2] = number
			else
				ranges[#ranges + 1] = {number, number}
			end
			count = count + 1
		end
		return count > 0 and from_ranges(ranges) or nil
	end
end

return M
