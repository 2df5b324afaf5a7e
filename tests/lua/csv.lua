-- Lists in CSV.

local csv = require "postel.csv"
local spec = dofile "tests/lua/lib/spec.lua"

-- The text in pieces of n octets.
local function pieces(text, n)
	local at = 1
	return function()
		if at <= #text then
			at = at + n
			return text:sub(at - n, at - 1)
		end
	end
end

-- All of a list as a line each: "7: a=1|b=2".
local function all(text, n)
	local reader = csv.csv(pieces(text, n or #text + 1), "list")
	local out = {table.concat(reader.columns, "|")}
	for row, line in reader:rows() do
		local fields = {}
		for i, name in ipairs(reader.columns) do
			fields[i] = row[name]
		end
		out[#out + 1] = line .. ": " .. table.concat(fields, "|")
	end
	return table.concat(out, "\n")
end

-- The same, however the text comes.
local function reads(text, expected)
	for n = 1, #text + 1 do
		spec.same(all(text, n), expected)
	end
end

local function fails(pattern, text)
	for n = 1, #text + 1 do
		spec.raises("usage", pattern, all, text, n)
	end
end

spec.test("rows by the names of columns", function()
	reads("a,b\n1,2\n,\n 3 ,4\n", "a|b\n2: 1|2\n3: |\n4:  3 |4")
end)

spec.test("CRLF, no end of the last line, a mark in front", function()
	reads("\xef\xbb\xbfa,b\r\n1,2\r\n3,4", "a|b\n2: 1|2\n3: 3|4")
end)

spec.test("quotes: separators, line ends and quotes in fields", function()
	reads('a,"b"\n"x,y","z"\n"","""q"""\n"l\n\r\nm",\n"",""\n',
		'a|b\n2: x,y|z\n3: |"q"\n4: l\n\r\nm|\n7: |')
end)

spec.test("empty lines are no rows", function()
	reads("a\n\n1\n\r\n\n2\n\n", "a\n3: 1\n6: 2")
end)

spec.test("semicolons and tabs, if the header has them", function()
	reads("a;b\n1,5;2\n", "a|b\n2: 1,5|2")
	reads("a\tb\n1;5\t2\n", "a|b\n2: 1;5|2")
	reads('"a;b",c\n1;5,2\n', "a;b|c\n2: 1;5|2")
end)

spec.test("names are trimmed, fields are not", function()
	reads(" a , b\n 1 , 2\n", "a|b\n2:  1 | 2")
end)

spec.test("faults name the line", function()
	fails("^list, line 3: 1 fields, and 2 columns$", "a,b\n1,2\n3\n")
	fails("line 2: 3 fields", "a,b\n1,2,3\n")
	fails("line 2: text behind a quoted field", 'a,b\n"1"x,2\n')
	fails("line 2: a quote or a line end in a field without", 'a,b\n1"2",2\n')
	fails("line 2: a quote or a line end", "a,b\n1\r2,2\n")
	fails("line 4: the row has no end", 'a\n1\n2\n"3\n4\n')
	fails("line 1: there are two columns a", "a,a\n")
	fails("line 1: column 2 has no name", "a, \n")
	fails("line 1: there is no line with the names", "")
	fails("line 1: there is no line with the names", "\n\n")
	fails("line 2: an octet is NUL", "a\n\0\n")
	fails("line 1: this is UTF%-16", "\xff\xfea\0\n\0")
end)

spec.test("a missing quote does not swallow all", function()
	local text = 'a\n"' .. ("1\n"):rep(2 << 20)
	spec.raises("usage", "line 2: the row has no end", all, text, 65536)
	text = "a\n" .. ("1"):rep(2 << 20)
	spec.raises("usage", "the row has no end", all, text, 65536)
end)

spec.test("a hundred thousand rows, in little memory", function()
	local n = 0
	local function source()
		n = n + 1
		return n == 1 and "user,password\n" or n <= 1001 and
			('user,"pass word"\n'):rep(100) or nil
	end
	collectgarbage()
	local before, most, rows = collectgarbage "count", 0, 0
	for row in csv.csv(source, "list"):rows() do
		rows = rows + (row.password == "pass word" and 1 or 0)
		most = math.max(most, collectgarbage "count")
	end
	spec.same(rows, 100000)
	spec.same(most - before < 4096, true)
end)

return spec.done()
