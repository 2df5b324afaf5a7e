-- Values as the shell prints them, errors, and what is loaded when.

local spec = dofile "tests/lua/lib/spec.lua"
local errors = require "postel.errors"
local show = require "postel.show"

-- What show prints for these values.
local function shown(...)
	local values, real, out = table.pack(...), print, ""
	print = function(text) out = text end -- luacheck: ignore
	local ok, e = pcall(show, function()
		return table.unpack(values, 1, values.n)
	end)
	print = real -- luacheck: ignore
	assert(ok, e)
	return out
end

spec.test("values", function()
	spec.same(shown(), "")
	spec.same(shown(nil), "nil")
	spec.same(shown(1, "a"), '1\t"a"')
	spec.same(shown("text"), "text")
	spec.same(shown("two\r\nlines"), "two\nlines")
	spec.same(shown({1, {2}, a = "x\"y", ["b c"] = false}),
		'{1, {2}, a = "x\\"y", ["b c"] = false}')
	spec.same(shown(postel.set "1-3"), "1:3")
end)

spec.test("octets of strangers", function()
	spec.same(shown("\27[2J"), "^[[2J")
	spec.same(shown({"\27]0;x\7"}), '{"^[]0;x^G"}')
end)

spec.test("tables that hold themselves, large ones", function()
	local t = {}
	t[1] = t
	spec.same(shown(t), "{{…}}")
	local large = {}
	for i = 1, 1000 do
		large[i] = i
	end
	assert(#shown(large) < 1000)
end)

spec.test("errors", function()
	local e = errors.new("use", "%d%%", 5)
	spec.same(tostring(e), "5%")
	spec.same(e.kind, "use")
	spec.same(errors.is(e, "sys", "use"), true)
	spec.same(errors.is(e, "sys"), false)
	spec.same(errors.is("text", "sys"), false)
end)

spec.test("statuses of errors", function()
	for kind, status in pairs {
		use = 1, sys = 1, usage = 2, dns = 3, connect = 3, tls = 4,
		auth = 5, refused = 6, proto = 8, limit = 8, timeout = 9,
		closed = 9, part = 10, cancel = 130,
	} do
		spec.same(postel.status(errors.new(kind, "x")), status)
	end
	spec.same(postel.status "text", 1)
	spec.same(postel.status(nil), 1)
	spec.same(postel.status {kind = "auth"}, 1)
end)

spec.test("names that are none", function()
	spec.same(postel.nonsense, nil)
	spec.same(postel.type(1), nil)
	spec.same(postel.type(io.stdout), nil)
	spec.same(postel.type(postel.body "x"), "body")
end)

spec.test("fields of a connection cannot be set, others can", function()
	spec.talk("pop3", "S: +OK\nC: CAPA\nS: -ERR\nC: QUIT\nS: +OK",
		function(conn)
			spec.fails("'state' cannot be set", function()
				conn.state = "x"
			end)
			conn.mine = 5
			spec.same(conn.mine, 5)
			spec.same(conn.nonsense, nil)
			spec.same(conn[1], nil)
		end)
end)

spec.test("a command keeps its connection", function()
	spec.talk("pop3", [[
S: +OK
C: CAPA
S: -ERR
C: NOOP
S: +OK alive
C: QUIT
S: +OK]], function(conn)
		local cmd = conn:send "NOOP"
		spec.same(cmd.ok, nil)
		collectgarbage()
		spec.same(cmd:wait(), cmd)
		spec.same(cmd.text, "alive")
		spec.same(cmd.sent, "NOOP")
		spec.same(cmd.state, "done")
		spec.list(cmd.lines, {"+OK alive"})
		spec.same(cmd.conn, conn)
		cmd:release()
		spec.same(tostring(cmd):match "^command", "command")
		spec.fails("released", cmd.body, cmd)
	end)
end)

return spec.done()
