-- Arguments and usage of scripts.

local spec = dofile "tests/lua/lib/spec.lua"

local function parse(...)
	return postel.args({...}, {
		name = "sample", about = "A sample.",
		{"URL", "where"}, {"[N]", "which"},
		{"-n", "--dry-run", "no changes"},
		{"--to=ADDR", "whom", many = true, required = true},
		{"--from=ADDR", "who"},
	})
end

spec.test("positional, options, repeated options", function()
	local o = parse("url", "--to", "a", "--to=b", "-n", "3", "--from=")
	spec.same(o.URL, "url")
	spec.same(o.N, "3")
	spec.list(o.to, {"a", "b"})
	spec.same(o.from, "")
	spec.same(o.dry_run, true)
end)

spec.test("several values behind one option", function()
	local o = parse("url", "3", "--to", "a", "b", "c", "-n")
	spec.list(o.to, {"a", "b", "c"})
	o = parse("url", "--to", "a", "b", "3")
	spec.list(o.to, {"a", "b"})
	spec.same(o.N, "3")
	o = parse("--to=a", "url", "3")
	spec.list(o.to, {"a"})
	spec.same(o.URL, "url")
end)

spec.test("the last argument may be several", function()
	local function several(...)
		return postel.args({...}, {
			name = "sample", about = "A sample.",
			{"WHAT", "what"}, {"URL...", "where"},
			{"--to=ADDR", "whom", many = true, more = false},
		})
	end
	local o = several("w", "--to", "a", "u", "v", "--to=b")
	spec.same(o.WHAT, "w")
	spec.list(o.URL, {"u", "v"})
	spec.list(o.to, {"a", "b"})
	spec.list(several("w", "u").URL, {"u"})
	spec.raises("usage", "URL is missing", several, "w")
end)

spec.test("an option that wants its values one by one", function()
	local table = {
		name = "sample", about = "A sample.", {"URL", "where"},
		{"--to=ADDR", "whom", many = true, more = false},
	}
	local o = postel.args({"--to", "a", "u"}, table)
	spec.list(o.to, {"a"})
	spec.same(o.URL, "u")
	spec.raises("usage", "one argument too many: v", postel.args,
		{"--to", "a", "u", "v"}, table)
end)

spec.test("a lone dash and -- are no options", function()
	local o = parse("-", "--to=a", "--", "-n")
	spec.same(o.URL, "-")
	spec.same(o.N, "-n")
end)

spec.test("what is wrong", function()
	for _, case in ipairs {
		{"URL is missing", "--to=a"},
		{"%-%-to is missing", "url"},
		{"no such option: %-%-nonsense", "url", "--to=a", "--nonsense"},
		{"no such option: %-x", "url", "--to=a", "-x"},
		{"%-%-from wants ADDR", "url", "--to=a", "--from"},
		{"%-%-dry%-run takes no value", "url", "--to=a", "--dry-run=1"},
		{"one argument too many: c", "url", "b", "c", "--to=a"},
		{"one argument too many: c", "url", "--to=a", "-n", "b", "c"},
		{"%-%-timeout: x", "url", "--to=a", "--timeout=x"},
		{"%-%-timeout: %-1", "url", "--to=a", "--timeout=-1"},
		{"%-%-starttls: maybe", "url", "--to=a", "--starttls=maybe"},
	} do
		local e = spec.raises("usage", case[1], parse,
			table.unpack(case, 2))
		spec.same(postel.status(e), 2)
	end
end)

spec.test("the last argument may be several", function()
	local function several(...)
		return postel.args({...}, {name = "sample", about = "A sample.",
			{"TO", "where to"}, {"URL...", "which"},
			{"--ignore=X", "not these", many = true}})
	end
	local o = several("to", "--ignore", "x", "a", "b", "--ignore=y", "c")
	spec.same(o.TO, "to")
	spec.same(table.concat(o.URL, " "), "a b c")
	spec.same(table.concat(o.ignore, " "), "x y")
	spec.raises("usage", "URL is missing", several, "to")
	spec.raises("usage", "TO is missing", several)
	o = postel.args({}, {name = "sample", about = "", {"[FILE...]", "what"}})
	spec.same(#o.FILE, 0)
end)

spec.test("common options reach postel.options", function()
	parse("url", "--to=a", "--timeout=2.5", "-v", "--ca", "x.pem", "-t")
	spec.same(postel.options.timeout, 2.5)
	spec.same(postel.options.verbose, true)
	spec.same(postel.options.ca, "x.pem")
	spec.same(postel.options.trace, "-")
	for _, key in ipairs {"timeout", "verbose", "ca", "trace"} do
		postel.options[key] = nil
	end
end)

spec.test("--help prints usage and ends with 0", function()
	local real, out = print, nil
	print = function(text) out = text end -- luacheck: ignore
	local ok, e = pcall(parse, "--help")
	print = real -- luacheck: ignore
	spec.same(ok, false)
	spec.same(e.kind, "exit")
	spec.same(postel.status(e), 0)
	assert(out:find "usage: postel sample %-%-to=ADDR %[OPTION%]... URL %[N%]")
	assert(out:find "A sample.")
end)

spec.test("any number of files behind the recipients", function()
	local function files(...)
		return postel.args({...}, {
			name = "sample", about = "A sample.",
			{"URL", "where"}, {"[FILE...]", "which"},
			{"--to=ADDR", "whom", many = true,
				more = function(word) return word:find "@" end},
			{"--add=X", "what", many = true, more = false},
		})
	end
	local o = files("url", "--to", "a@x", "b@x", "one", "two")
	spec.list(o.to, {"a@x", "b@x"})
	spec.list(o.FILE, {"one", "two"})
	o = files("url", "one", "--add=1", "two", "--to=a@x")
	spec.list(o.add, {"1"})
	spec.list(o.FILE, {"one", "two"})
	o = files("--to", "a@x", "url")
	spec.same(o.URL, "url")
	spec.list(o.FILE, {})
	o = files("--to", "a@x", "b@x")
	spec.same(o.URL, "b@x")
	o = files("url", "--to", "a@x", "--", "b@x", "-n")
	spec.list(o.to, {"a@x"})
	spec.list(o.FILE, {"b@x", "-n"})
	spec.raises("usage", "URL is missing", files, "--to=a@x")
	local function needed(...)
		return postel.args({...}, {name = "sample", about = "A sample.",
			{"FILE...", "which"}}).FILE
	end
	spec.list(needed("a", "b"), {"a", "b"})
	spec.raises("usage", "FILE is missing", needed)
end)

return spec.done()
