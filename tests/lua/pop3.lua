-- POP3 methods against a scripted server.

local spec = dofile "tests/lua/lib/spec.lua"

local HELLO = "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: UIDL\nS: PIPELINING\nS: .\n"
local BYE = "\nC: QUIT\nS: +OK bye"

local function talk(script, fn)
	spec.talk("pop3", HELLO .. script .. BYE, fn)
end

local function fails(kind, pattern, script, fn)
	return spec.raises(kind, pattern, spec.talk, "pop3",
		HELLO .. script .. BYE, fn)
end

spec.test("stat, list, uidl", function()
	talk([[
C: STAT
S: +OK 2 320
C: LIST
S: +OK
S: 1 120
S: 2 200
S: .
C: LIST 2
S: +OK 2 200
C: UIDL
S: +OK
S: 1 whqtswO00WBw418f9t5JxYwZ
S: 2 QhdPYR:00WBw1Ph7x7
S: .
C: UIDL 1
S: +OK 1 whqtswO00WBw418f9t5JxYwZ]], function(conn)
		local count, size = conn:stat()
		spec.same(count, 2)
		spec.same(size, 320)
		spec.same(conn:list()[2], 200)
		spec.same(conn:list(2), 200)
		spec.same(conn:uidl()[2], "QhdPYR:00WBw1Ph7x7")
		spec.same(conn:uidl(1), "whqtswO00WBw418f9t5JxYwZ")
	end)
end)

spec.test("top, retr, dele, rset, noop", function()
	talk([[
C: TOP 1 2
S: +OK
S: Subject: x
S:
S: ..dot
S: .
C: RETR 1
S: +OK
S: ..
S: .
C: DELE 1
S: +OK
C: RSET
S: +OK
C: NOOP
S: +OK]], function(conn)
		spec.same(conn:top(1, 2):text(), "Subject: x\r\n\r\n.dot\r\n")
		spec.same(conn:retr(1):text(), ".\r\n")
		conn:dele(1)
		conn:rset()
		conn:noop()
	end)
end)

spec.test("refusals are raised with the server's words", function()
	for verb, fn in pairs {
		["RETR 9"] = function(conn) conn:retr(9) end,
		["TOP 9 0"] = function(conn) conn:top(9) end,
		["DELE 9"] = function(conn) conn:dele(9) end,
		["UIDL 9"] = function(conn) conn:uidl(9) end,
	} do
		local e = fails("refused", verb .. ": %-ERR no such message",
			"C: " .. verb .. "\nS: -ERR no such message", fn)
		spec.same(postel.status(e), 6)
		spec.same(e.reply.ok, false)
		spec.same(e.conn.protocol, "pop3")
	end
end)

spec.test("lists that are none", function()
	for _, line in ipairs {"0 5", "-1 5", "1 x", "x", "2 5\nS: 1 5",
		"1 5\nS: 1 5", "99999999999999999999 1"} do
		fails("proto", "LIST", "C: LIST\nS: +OK\nS: " .. line ..
			"\nS: .", function(conn) conn:list() end)
	end
	for _, line in ipairs {"1", "1 " .. ("x"):rep(71), "1 a\x01b"} do
		fails("proto", "[Uu]", "C: UIDL\nS: +OK\nS: " .. line ..
			"\nS: .", function(conn) conn:uidl() end)
	end
end)

spec.test("counts that are none", function()
	for _, text in ipairs {"", "x y", "-1 5", "99999999999999999999 1",
		"1000001 5"} do
		fails("proto", ".", "C: STAT\nS: +OK " .. text,
			function(conn) conn:stat() end)
	end
end)

spec.test("messages: RETR goes ahead, bodies in order", function()
	talk([[
C: STAT
S: +OK 3 30
C: LIST
S: +OK
S: 1 10
S: 2 10
S: 3 10
S: .
C: RETR 1
C: RETR 2
C: RETR 3
S: +OK
S: one
S: .
S: +OK
S: two
S: .
S: +OK
S: three
S: .
C: DELE 1
S: +OK
C: DELE 2
S: +OK
C: DELE 3
S: +OK]], function(conn)
		local got = {}
		for m in conn:messages() do
			got[#got + 1] = m.number .. m.body:text()
			spec.same(m.size, 10)
			m:delete()
		end
		spec.list(got, {"1one\r\n", "2two\r\n", "3three\r\n"})
	end)
end)

spec.test("messages: bodies nobody reads are in nobody's way", function()
	talk([[
C: STAT
S: +OK 2 20
C: LIST
S: +OK
S: 1 10
S: 2 10
S: .
C: RETR 1
C: RETR 2
S: +OK
S: one
S: .
S: +OK
S: two
S: .
C: DELE 1
S: +OK
C: DELE 2
S: +OK]], function(conn)
		for m in conn:messages() do
			m:delete()
		end
	end)
end)

spec.test("messages: chosen ones must be there", function()
	local numbers = "C: STAT\nS: +OK 2 20\nC: LIST\nS: +OK\nS: 1 10\n" ..
		"S: 2 10\nS: ."
	fails("usage", "no message 3", numbers,
		function(conn) conn:messages "1,3" end)
	talk(numbers .. "\nC: RETR 2\nS: +OK\nS: two\nS: .", function(conn)
		for m in conn:messages "2" do
			spec.same(m.number, 2)
			spec.same(m.body:text(), "two\r\n")
		end
	end)
end)

spec.test("messages: STAT and LIST must agree", function()
	fails("proto", "STAT counts 3 messages, LIST 1",
		"C: STAT\nS: +OK 3 30\nC: LIST\nS: +OK\nS: 1 10\nS: .",
		function(conn) conn:messages() end)
end)

spec.test("misuse", function()
	talk("C: NOOP\nS: +OK", function(conn)
		conn:noop()
		spec.fails("'n' to 'retr'", conn.retr, conn, 0)
		spec.fails("'n' to 'dele'", conn.dele, conn, "1")
		spec.raises("use", "line end", conn.send, conn, "USER", "a\r\nb")
		-- The place is here, however deep the library found it.
		local here = "^" .. debug.getinfo(1, "S").short_src:gsub("%p",
			"%%%0") .. ":%d+: bad argument "
		spec.fails(here .. "'n' to 'retr'", function()
			local _ = conn:retr(0)
		end)
		spec.fails(here .. "'hots' to 'connect'", function()
			local _ = postel.connect {protocol = "pop3", hots = "x"}
		end)
	end)
end)

spec.test("a body cut off is no message", function()
	local e = spec.raises("closed", "hung up", spec.talk, "pop3",
		HELLO .. "C: RETR 1\nS: +OK\nS: half\nCLOSE",
		function(conn) conn:retr(1):text() end)
	spec.same(postel.status(e), 9)
end)

spec.test("a connection that was lost is named, whatever comes next", function()
	local name, messages = nil, {}
	pcall(spec.talk, "pop3", HELLO .. "CLOSE", function(conn)
		name = conn.name
		for i = 1, 2 do
			local _, e = pcall(conn.call, conn, "NOOP")
			messages[i] = e.message
		end
	end)
	for i = 1, 2 do
		local rest = messages[i]:sub(#name + 1)
		spec.same(messages[i]:sub(1, #name), name)
		spec.same(rest:sub(1, 2), ": ")
		spec.same(rest:find(name, 1, true), nil)
	end
end)

return spec.done()
