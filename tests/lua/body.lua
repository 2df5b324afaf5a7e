-- Bodies: made, read, saved.

local spec = dofile "tests/lua/lib/spec.lua"

local TEXT = "one\r\ntwo\n\nlast"

spec.test("from a string, a function, a file, a path", function()
	local path = spec.file(TEXT)
	local parts = {"one\r\n", "two\n", "\nlast"}
	local file <close> = assert(io.open(path, "rb"))
	for _, body in ipairs {
		postel.body(TEXT), postel.file(path), postel.body(file),
		postel.body(function() return table.remove(parts, 1) end),
	} do
		spec.same(#body, #TEXT)
		spec.same(body:text(), TEXT)
		spec.same(body:read(), nil)
		spec.same(body:rewind(), true)
		spec.same(body:read(3), "one")
		spec.same(body.taken, 3)
		body:close()
		spec.fails("closed body", body.read, body)
	end
	os.remove(path)
end)

spec.test("lines", function()
	local cases = {
		[""] = {}, ["\n"] = {""}, [TEXT] = {"one", "two", "", "last"},
		["a\r\rb\n"] = {"a\r\rb"}, ["\r\n\r\nx"] = {"", "", "x"},
	}
	for text, lines in pairs(cases) do
		local got = {}
		for line in postel.body(text):lines() do
			got[#got + 1] = line
		end
		spec.list(got, lines)
		spec.same(#got, #lines)
	end
end)

spec.test("lines across slices", function()
	local long = ("x"):rep(100000)
	local got = {}
	for line in postel.body(long .. "\n" .. long .. "y\nz"):lines() do
		got[#got + 1] = #line
	end
	spec.list(got, {100000, 100001, 1})
end)

spec.test("text has a limit", function()
	local body = postel.body(("x"):rep(1000))
	spec.raises("limit", "larger than 999 octets", body.text, body, 999)
end)

spec.test("facts", function()
	local function facts(text)
		return postel.body(text):facts()
	end
	spec.same(facts("a\nb").crlf_size, 6)
	spec.same(facts("a\nb").no_final_eol, true)
	spec.same(facts("a\nb").bare_lf, true)
	spec.same(facts("a\r\n").bare_lf, false)
	spec.same(facts("\xc3\xa9\r\n").eight_bit, true)
	spec.same(facts("a\0\r\n").nul, true)
	spec.same(facts("a\rb\r\n").bare_cr, true)
	spec.same(facts(("x"):rep(999) .. "\r\n").long_line, true)
	spec.same(facts(("x"):rep(998) .. "\r\n").long_line, false)
end)

spec.test("saved whole, under a name that is free", function()
	local path = os.tmpname()
	local body = postel.body(TEXT)
	spec.raises("sys", "exists", body.save, body, path)
	body:save(path, {overwrite = true})
	spec.same(spec.read(path), TEXT)
	os.remove(path)
	body:rewind()
	body:save(path)
	spec.same(spec.read(path), TEXT)
	os.remove(path)
	spec.raises("sys", "No such file", body.save, body,
		"/nonexistent/folder/x")
end)

spec.test("exact octets to a file; a failed write is an error", function()
	local path = os.tmpname()
	local out = assert(io.open(path, "wb"))
	postel.body(TEXT):write_to(out)
	spec.same(spec.read(path), TEXT)
	out:close()
	os.remove(path)
	local full = io.open("/dev/full", "wb")
	if full then
		local body = postel.body(TEXT)
		spec.raises("sys", "No space", body.write_to, body, full)
		full:close()
	end
	spec.fails("'file' to 'write_to'", postel.body("x").write_to,
		postel.body "x", "path")
end)

spec.test("files that are none", function()
	spec.raises("sys", "No such file", postel.file, "/nonexistent")
	spec.raises("sys", "directory", postel.file, "/")
	spec.fails("'from' to 'body'", postel.body, 3)
	spec.fails("'path' to 'file'", postel.file, nil)
end)

return spec.done()
