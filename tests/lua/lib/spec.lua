-- spec: the harness of the specs: TAP on standard output, and scripted peers.

local M = {}

local count, failed = 0, 0

-- One test; fn raises if something is wrong.
function M.test(name, fn)
	count = count + 1
	local ok, e = xpcall(fn, function(e)
		return type(e) == "table" and e or debug.traceback(e, 2)
	end)
	print(("%sok %d - %s"):format(ok and "" or "not ", count, name))
	if not ok then
		failed = failed + 1
		print("# " .. tostring(e):gsub("\n", "\n# "))
	end
end

-- At the end of a spec: its exit status.
function M.done()
	print("1.." .. count)
	return failed == 0 and 0 or 1
end

function M.same(got, expected)
	if got ~= expected then
		error(("expected %s, got %s"):format(tostring(expected),
			tostring(got)), 2)
	end
end

-- Two arrays of the same length with the same elements.
function M.list(got, expected)
	M.same(table.concat(got, "|"), table.concat(expected, "|"))
end

-- fn(...) must raise an error whose text matches; returns it.
function M.fails(pattern, fn, ...)
	local ok, e = pcall(fn, ...)
	if ok then
		error("no error, but one that matches: " .. pattern, 2)
	elseif not tostring(e):find(pattern) then
		error(("an error that matches %s, not: %s"):format(pattern,
			tostring(e)), 2)
	end
	return e
end

-- The same for an error table of that kind.
function M.raises(kind, pattern, fn, ...)
	local e = M.fails(pattern, fn, ...)
	M.same(type(e) == "table" and e.kind or type(e), kind)
	return e
end

-- A file of these contents; its path.
function M.file(contents)
	local path = os.tmpname()
	local file = assert(io.open(path, "wb"))
	assert(file:write(contents))
	assert(file:close())
	return path
end

-- A new, empty folder; its path.
function M.folder()
	local path = M.file ""
	os.remove(path)
	assert(os.execute("mkdir -m 700 '" .. path .. "'"))
	return path
end

-- Removes such a folder and all that is in it.
function M.remove(folder)
	assert(os.execute("rm -r '" .. folder .. "'"))
end

function M.read(path)
	local file = io.open(path, "rb")
	if not file then
		return nil
	end
	local contents = file:read "a"
	file:close()
	return contents
end

local Peer = {}
Peer.__index = Peer

-- Options for postel.connect: a peer on a pipe that follows a script, lines
-- "S: sent", "C: expected" and "CLOSE", and then waits for the end.
function M.peer(protocol, script, options)
	local self = setmetatable({script = M.file(script)}, Peer)
	self.options = {
		protocol = protocol, transport = "pipe",
		path = ("exec '%s' tests/lua/lib/peer.lua %s"):format(
			os.getenv "POSTEL" or "build/release/postel",
			self.script),
	}
	for key, value in pairs(options or {}) do
		self.options[key] = value
	end
	return self
end

-- Connects, calls fn(conn), and checks that the peer heard what it expected.
function Peer:meets(fn)
	local ok, e = pcall(function()
		local conn <close> = postel.connect(self.options)
		if fn then
			fn(conn)
		end
	end)
	local log
	for _ = 1, 200 do
		log = M.read(self.script .. ".log")
		if log then
			break
		end
		postel.sleep(0.01)
	end
	os.remove(self.script)
	os.remove(self.script .. ".log")
	if log ~= "ok\n" then
		error(("the peer: %s%s"):format(log or "no log",
			ok and "" or "; " .. tostring(e)), 2)
	end
	if not ok then
		error(e, 0)
	end
end

-- A conversation in one call.
function M.talk(protocol, script, fn, options)
	M.peer(protocol, script, options):meets(fn)
end

return M
