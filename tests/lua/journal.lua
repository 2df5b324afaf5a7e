-- The journal.

local spec = dofile "tests/lua/lib/spec.lua"

local path = os.tmpname()
os.remove(path)

spec.test("entries survive", function()
	local j = postel.journal(path)
	spec.same(j:get "a", nil)
	j:add("a"):add("tab\there", "line\nend 100%"):close()
	local again = postel.journal(path)
	spec.same(again:get "a", "")
	spec.same(again:get "tab\there", "line\nend 100%")
end)

spec.test("a line that was cut off does not count", function()
	local file = assert(io.open(path, "ab"))
	file:write "half\tva"
	file:close()
	local j = postel.journal(path)
	spec.same(j:get "half", nil)
	j:add("whole", "x"):close()
	j = postel.journal(path)
	spec.same(j:get "whole", "x")
	spec.same(j:get "a", "")
end)

spec.test("keep drops the rest, and the file when nothing stays", function()
	local j = postel.journal(path)
	j:keep(function(key) return key == "whole" end)
	j = postel.journal(path)
	spec.same(j:get "a", nil)
	spec.same(j:get "whole", "x")
	j:keep(function() return false end)
	spec.same(spec.read(path), nil)
end)

spec.test("a full disk names the journal", function()
	local j = postel.journal(path):add "a"
	j.file:close()
	j.file = assert(io.open("/dev/full", "ab"))
	local e = spec.raises("sys", "No space left", j.add, j, "b")
	spec.same(e.message:sub(1, #path + 2), path .. ": ")
	spec.same(j:get "b", nil)
	os.remove(path)
end)

spec.test("an interrupt stays one", function()
	local j = postel.journal(path)
	j.file = {write = function()
		error(setmetatable({kind = "cancel", message = "interrupted"},
			{__tostring = function(e) return e.message end}), 0)
	end}
	spec.raises("cancel", "^interrupted$", j.add, j, "a")
end)

spec.test("a name stands for a file in the state folder", function()
	local j = postel.journal "spec/name"
	assert(j.path:find "/postel/spec/name$")
	spec.fails("'path' to 'journal'", postel.journal, nil)
end)

spec.test("a brief one knows keys by digests, and numbers and its own as they are",
	function()
		local file = os.tmpname()
		os.remove(file)
		local j = postel.journal(file, {brief = true})
		j:add("uid-of-pop3", "a"):add("17", "b"):add(" own", "c"):close()
		j = postel.journal(file, {brief = true})
		spec.same(j:get "uid-of-pop3", "a")
		spec.same(j:get "17", "b")
		spec.same(j:get " own", "c")
		spec.same(j:get "another", nil)
		local lines = {}
		for key, value in j:lines() do
			lines[#lines + 1] = key .. "=" .. value
		end
		spec.same(table.concat(lines, " "), "uid-of-pop3=a 17=b  own=c")
		j:keep(function(key) return key == "17" end)
		j = postel.journal(file, {brief = true})
		spec.same(j:get "uid-of-pop3", nil)
		spec.same(j:get "17", "b")
		j:keep(function() return false end)
	end)

return spec.done()
