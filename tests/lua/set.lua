-- Sets of numbers.

local spec = dofile "tests/lua/lib/spec.lua"
local set = postel.set
local parse = require "postel.set".parse

spec.test("texts", function()
	for text, shown in pairs {
		["1"] = "1", ["1,2,3"] = "1:3", ["3-5,1"] = "1,3:5",
		["1:3,2-9"] = "1:9", ["5,5,5"] = "5", [" 1 , 2 "] = "1:2",
		["4294967295"] = "4294967295",
	} do
		spec.same(tostring(set(text)), shown)
	end
end)

spec.test("texts that are none", function()
	for _, text in ipairs {"", "0", "-1", "x", "3-", "2-1", "1,,2", "1;2",
		"4294967296", "99999999999999999999", "1.5", "1e3", "0x10", ","} do
		local bad = parse(text)
		spec.same(bad, nil)
		spec.fails("numbers", set, text)
	end
end)

spec.test("numbers that are none", function()
	for _, n in ipairs {0, -1, 1.5, 4294967296, math.huge} do
		spec.fails("numbers", set, {n})
	end
	spec.fails("numbers", set, true)
end)

spec.test("algebra against plain tables", function()
	math.randomseed(7)
	for _ = 1, 200 do
		local a, b, in_a, in_b = {}, {}, {}, {}
		for _ = 1, math.random(0, 12) do
			a[#a + 1] = math.random(20)
			in_a[a[#a]] = true
			b[#b + 1] = math.random(20)
			in_b[b[#b]] = true
		end
		local sum, both = set(a) + set(b), set(a) * set(b)
		local less, size = set(a) - set(b), 0
		for n = 1, 21 do
			local x, y = in_a[n] or false, in_b[n] or false
			spec.same(sum:has(n), x or y)
			spec.same(both:has(n), x and y)
			spec.same(less:has(n), x and not y)
			size = size + (x and 1 or 0)
		end
		spec.same(#set(a), size)
	end
end)

spec.test("each, max, chunks", function()
	local numbers = {}
	for n in set "2-4,9":each() do
		numbers[#numbers + 1] = n
	end
	spec.list(numbers, {2, 3, 4, 9})
	spec.same(set "2-4,9":max(), 9)
	spec.same(set():max(), nil)
	local parts = {}
	for chunk in set "1-5,8":chunks(2) do
		parts[#parts + 1] = tostring(chunk)
	end
	spec.list(parts, {"1:2", "3:4", "5,8"})
end)

spec.test("a large range costs nothing", function()
	spec.same(#set "1-4294967295", 4294967295)
	spec.same(tostring(set "1-4294967295" - set "5"), "1:4,6:4294967295")
end)

spec.test("equality", function()
	spec.same(set "1-3" == set {3, 1, 2}, true)
	spec.same(set "1-3" == set "1-4", false)
end)

return spec.done()
