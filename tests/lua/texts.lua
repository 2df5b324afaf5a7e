-- Texts by rising numbers, packed.

local spec = dofile "tests/lua/lib/spec.lua"
local texts = require "postel.texts"

local function fill(step, n)
	local t, plain = texts.new(), {}
	for i = 1, n do
		plain[i * step] = i % 7 == 0 and "" or ("%x uid %d "):format(i, i)
		t:put(i * step, plain[i * step])
	end
	return t, plain
end

spec.test("each comes back, in any order", function()
	for _, step in ipairs {1, 3, 127, 128, 5000} do
		local t, plain = fill(step, 1000)
		for number = 1, 1000 * step, step == 1 and 1 or step // 2 do
			spec.same(t:get(number), plain[number])
		end
		for i = 1000, 1, -1 do
			spec.same(t:get(i * step), plain[i * step])
		end
		spec.same(t:get(1000 * step + 1), nil)
		spec.same(t:get(0), nil)
	end
end)

spec.test("asked in between, and gone on with", function()
	local t = texts.new()
	t:put(1, "a")
	spec.same(t:get(1), "a")
	t:put(2, "b")
	t:put(500, "c")
	spec.same(t:get(1), "a")
	spec.same(t:get(2), "b")
	spec.same(t:get(500), "c")
end)

return spec.done()
