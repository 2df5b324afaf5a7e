-- JSON that is read.

local fromjson = require "postel.fromjson".fromjson
local spec = dofile "tests/lua/lib/spec.lua"

spec.test("what is written is read", function()
	for _, text in ipairs {
		'{"a": [1, -2, 3.5, "x"], "b": {"c": true, "d": false}, "e": null}',
		'["\\"\\\\\\n", "é", "日本"]', "[]", "12", '"x"', "[[[]]]",
	} do
		spec.same(postel.json(fromjson(text)), text)
	end
end)

spec.test("spaces, escapes and numbers of others", function()
	spec.same(postel.json(fromjson ' {"a" :[1 ,2\n]\t} '), '{"a": [1, 2]}')
	spec.same(fromjson '"\\u00e9\\uD83D\\uDE00\\/\\ud800x"', "é😀/\u{FFFD}x")
	spec.same(fromjson "-1.5e2", -150.0)
	spec.same(math.type(fromjson "9007199254740993"), "integer")
end)

spec.test("what is none", function()
	for _, text in ipairs {"", "{", "[1", '{"a"}', '{"a":}', "[1,]", "[,]",
		"{1:2}", '"a', '"\\x"', '"\\u12"', "01", "-", "1.", "nul", "True",
		"1 2", '{"a":1}}', '"\n"', "[1 2]", ("["):rep(100000),
		("["):rep(80) .. ("]"):rep(80), "postel: x", ".5"} do
		spec.same(fromjson(text), nil)
	end
end)

spec.test("a text that is cut is none", function()
	local text = '{"job": "copy", "done": 12, "refused": [{"key": "1"}]}'
	for n = 0, #text - 1 do
		spec.same(fromjson(text:sub(1, n)), nil)
	end
	spec.same(fromjson(text).refused[1].key, "1")
end)

return spec.done()
