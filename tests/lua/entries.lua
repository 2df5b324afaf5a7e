-- What a journal keeps in memory, beside a plain table.

local spec = dofile "tests/lua/lib/spec.lua"
local entries = require "postel.entries"

local function count(e)
	local n = 0
	for _ in e:each() do
		n = n + 1
	end
	return n
end

spec.test("values of all kinds come back as they were", function()
	local e = entries.new()
	local values = {0, 1, 4294967295, (1 << 40) - 3, (1 << 40) - 2,
		(1 << 40) - 1, 1 << 40, math.maxinteger, -1, math.mininteger,
		"", "x", "1", ":2,S", ("long "):rep(100)}
	for i, value in ipairs(values) do
		e:put(i, value)
		e:put(-i, value)
		e:put("k" .. i, value)
	end
	for i, value in ipairs(values) do
		for _, key in ipairs {i, -i, "k" .. i} do
			-- What is beyond its numbers comes as a text.
			spec.same(tostring(e:get(key)), tostring(value))
		end
	end
	spec.same(count(e), 3 * #values)
	spec.same(e:get(99), nil)
	spec.same(e:get "none", nil)
end)

local function both(e, key)
	local value, note = e:get(key)
	return ("%s %s"):format(type(value) == "string" and '"' .. value .. '"' or
		value, note and '"' .. note .. '"')
end

spec.test("notes go with numbers and with nothing", function()
	local e = entries.new()
	e:put(1, 17, "\\Seen")
	e:put(2, "", "\\Seen Work")
	e:put(3, 17)
	e:put(4, 0, "")
	spec.same(both(e, 1), [[17 "\Seen"]])
	spec.same(both(e, 2), [["" "\Seen Work"]])
	spec.same(both(e, 3), "17 nil")
	spec.same(both(e, 4), [[0 ""]])
	e:put(1, 18)
	spec.same(both(e, 1), "18 nil")
end)

spec.test("as a table has it, whatever the order", function()
	math.randomseed(11)
	local e, t = entries.new(), {}
	for i = 1, 20000 do
		local key = math.random(3000) - 1500
		local value = math.random(4)
		-- More texts than are shared, too.
		value = value == 1 and "text " .. i or value == 2 and i or
			value == 3 and "one" or nil
		e:put(key, value)
		t[key] = value
	end
	for key = -1500, 1500 do
		spec.same(e:get(key), t[key])
	end
	for key, value in e:each() do
		spec.same(value, t[key])
		t[key] = nil
		e:put(key, nil)
	end
	spec.same(next(t), nil)
	spec.same(count(e), 0)
end)

return spec.done()
