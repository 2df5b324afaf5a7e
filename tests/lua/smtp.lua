-- SMTP and LMTP methods against a scripted server.

local spec = dofile "tests/lua/lib/spec.lua"

local function hello(...)
	local lines = {"S: 220 hi", "C: EHLO c.test", "S: 250-hi"}
	for _, keyword in ipairs {...} do
		lines[#lines + 1] = "S: 250-" .. keyword
	end
	return table.concat(lines, "\n") .. "\nS: 250 HELP\n"
end

local FULL = hello("PIPELINING", "8BITMIME", "SIZE 100", "SMTPUTF8")
local BYE = "\nC: QUIT\nS: 221 bye"

local function talk(script, fn, protocol)
	spec.talk(protocol or "smtp", script .. BYE, fn, {ehlo = "c.test"})
end

local mail = {from = "a@x.test", to = "b@x.test", body = "text\n"}

spec.test("one message: parameters, dots, line ends", function()
	talk(FULL .. [[
C: MAIL FROM:<a@x.test> SIZE=14
C: RCPT TO:<b@x.test>
C: RCPT TO:<c@x.test>
C: DATA
S: 250 ok
S: 250 ok
S: 250 ok
S: 354 go
C: a
C: ..b
C: ...
C: x
C: .
S: 250 2.0.0 queued as 1]], function(conn)
		local r = conn:mail {from = "a@x.test", cc = "c@x.test",
			to = {"b@x.test"}, body = "a\n.b\r\n..\nx"}
		spec.list(r.accepted, {"b@x.test", "c@x.test"})
		spec.same(#r.refused, 0)
		spec.same(r.reply.text, "queued as 1")
		spec.same(r.reply.number, 250)
		spec.same(r.reply.code, "2.0.0")
	end)
end)

spec.test("8BITMIME and SMTPUTF8 as needed", function()
	talk(FULL .. [[
C: MAIL FROM:<é@x.test> SIZE=4 BODY=8BITMIME SMTPUTF8
C: RCPT TO:<b@x.test>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C: é
C: .
S: 250 ok]], function(conn)
		conn:mail {from = "é@x.test", to = "b@x.test", body = "é\n"}
	end)
end)

spec.test("what the server cannot carry is not begun", function()
	talk(hello "SIZE 10", function(conn)
		local function try(kind, pattern, message)
			spec.raises(kind, pattern, conn.mail, conn, message)
		end
		try("use", "8BITMIME", {to = "b@x.test", body = "é\n"})
		try("use", "SMTPUTF8", {to = "é@x.test", body = "e\n"})
		try("use", "NUL", {to = "b@x.test", body = "a\0\n"})
		try("refused", "11 octets", {to = "b@x.test",
			body = "123456789\n"})
	end)
end)

spec.test("addresses that would inject", function()
	talk(hello(), function(conn)
		for _, address in ipairs {"a\r\nRSET", "a>\r\nDATA", "a b", "<a>",
			"a\0b", ""} do
			spec.raises("use", "no mail address", conn.mail, conn,
				{to = address, body = "x"})
		end
		spec.fails("no recipient", conn.mail, conn, {body = "x"})
		spec.fails("'body' to 'mail'", conn.mail, conn, {to = "a@b"})
		spec.fails("'to' to 'mail'", conn.mail, conn,
			{to = 3, body = "x"})
	end)
end)

spec.test("some refused: raised, or told with partial", function()
	local script = FULL .. [[
C: MAIL FROM:<> SIZE=6
C: RCPT TO:<b@x.test>
C: RCPT TO:<c@x.test>
C: DATA
S: 250 ok
S: 250 ok
S: 550 5.1.1 nobody here
S: 354 go
C: text
C: .
S: 250 ok]]
	local message = {from = "", to = {"b@x.test", "c@x.test"},
		body = "text\n"}
	talk(script, function(conn)
		local e = spec.raises("part", "c@x.test refused: 550 5.1.1 nobody",
			conn.mail, conn, message)
		spec.list(e.accepted, {"b@x.test"})
		spec.same(postel.status(e), 10)
	end)
	message.partial = true
	message.body = "text\n"
	talk(script, function(conn)
		local r = conn:mail(message)
		spec.same(r.refused[1].address, "c@x.test")
		spec.same(r.refused[1].temporary, false)
	end)
end)

spec.test("all refused: no body goes out, the next mail is sound", function()
	talk(FULL .. [[
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 ok
S: 450 4.2.0 later
S: 503 no recipients
C: RSET
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 reset
S: 250 ok
S: 250 ok
S: 354 go
C: text
C: .
S: 250 ok]], function(conn)
		local e = spec.raises("refused", "450 4.2.0 later", conn.mail,
			conn, mail)
		spec.same(postel.status(e), 7)
		conn:mail(mail)
	end)
end)

spec.test("354 though all were refused: an empty body", function()
	talk(FULL .. [[
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 ok
S: 550 no
S: 354 go
C: .
S: 554 no valid recipients]], function(conn)
		spec.raises("refused", "550 no", conn.mail, conn, mail)
	end)
end)

spec.test("refused after the dot", function()
	talk(FULL .. [[
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C: text
C: .
S: 554-5.6.0 spam
S: 554 5.6.0 go away]], function(conn)
		spec.raises("refused", "554 5.6.0 go away", conn.mail, conn, mail)
	end)
end)

spec.test("the next MAIL goes right behind the final dot", function()
	talk(FULL .. [[
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C: text
C: .
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 first
S: 250 ok
S: 250 ok
S: 354 go
C: text
C: .
S: 250 second]], function(conn)
		local first = conn:submit(mail)
		local second = conn:submit(mail)
		spec.same(first:wait().reply.text, "first")
		spec.same(second:wait().reply.text, "second")
	end)
end)

spec.test("sent ahead of a DATA that is refused: RSET comes first", function()
	talk(FULL .. [[
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 ok
S: 450 4.2.0 later
S: 503 no recipients
C: RSET
C: MAIL FROM:<a@x.test> SIZE=6
C: RCPT TO:<b@x.test>
C: DATA
S: 250 reset
S: 250 ok
S: 250 ok
S: 354 go
C: text
C: .
S: 250 second]], function(conn)
		local first, second = conn:submit(mail), conn:submit(mail)
		spec.same(#first:wait().accepted, 0)
		spec.same(second:wait().reply.text, "second")
	end)
end)

-- RFC 3030 2: what a server makes of a transaction whose chunk it refuses is its
-- affair, so RSET stands between any two.
spec.test("by BDAT nothing is waited for, and RSET divides", function()
	local chunk = {from = "a@x.test", to = "b@x.test", body = "text\n.\n",
		chunk = true}
	talk(hello("PIPELINING", "CHUNKING") .. [[
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@x.test>
C: BDAT 9 LAST
C: text
C: .
C: RSET
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@x.test>
C: BDAT 9 LAST
C: text
C: .
S: 250 ok
S: 550 nobody
S: 503 no recipients
S: 250 reset
S: 250 ok
S: 250 ok
S: 250 second
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@x.test>
C: BDAT 9 LAST
C: text
C: .
S: 250 ok
S: 250 ok
S: 502 what?]], function(conn)
		local first, second = conn:submit(chunk), conn:submit(chunk)
		spec.same(first:wait().refused[1].text, "550 nobody")
		spec.same(first:is_chunk_unknown(), false)
		spec.same(second:wait().reply.text, "second")
		local third = conn:submit(chunk)
		spec.same(#third:wait().accepted, 0)
		spec.same(third:is_chunk_unknown(), true)
	end)
end)

spec.test("LMTP: a reply for each recipient behind the last chunk", function()
	local function try(replies, accepted, refused)
		talk([[
S: 220 hi
C: LHLO c.test
S: 250-hi
S: 250-CHUNKING
S: 250 PIPELINING
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@x.test>
C: RCPT TO:<c@x.test>
C: RCPT TO:<d@x.test>
C: BDAT 6 LAST
C: text
S: 250 ok
S: 250 ok
S: 550 no c
S: 250 ok
]] .. replies, function(conn)
			local r = conn:submit({from = "a@x.test", body = "text\n",
				to = {"b@x.test", "c@x.test", "d@x.test"},
				chunk = true}):wait()
			spec.list(r.accepted, accepted)
			spec.same(#r.refused, refused)
		end, "lmtp")
	end
	try("S: 250 for b\nS: 452 4.2.2 d is full", {"b@x.test"}, 2)
	try("S: 502 no such command", {}, 3)
end)

spec.test("without PIPELINING each waits its turn", function()
	talk(hello() .. [[
C: MAIL FROM:<a@x.test>
S: 250 ok
C: RCPT TO:<b@x.test>
S: 250 ok
C: DATA
S: 354 go
C: text
C: .
S: 250 ok]], function(conn)
		conn:mail(mail)
	end)
end)

spec.test("LMTP: a reply for each recipient", function()
	talk([[
S: 220 hi
C: LHLO c.test
S: 250-hi
S: 250 PIPELINING
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@x.test>
C: RCPT TO:<c@x.test>
C: RCPT TO:<d@x.test>
C: DATA
S: 250 ok
S: 250 ok
S: 550 no c
S: 250 ok
S: 354 go
C: text
C: .
S: 250-kept
S: 250 for b
S: 452 4.2.2 d is full]], function(conn)
		local r = conn:submit({from = "a@x.test", body = "text\n",
			to = {"b@x.test", "c@x.test", "d@x.test"}}):wait()
		spec.list(r.accepted, {"b@x.test"})
		spec.same(r.refused[1].address, "c@x.test")
		spec.same(r.refused[2].address, "d@x.test")
		spec.same(r.refused[2].temporary, true)
		assert(r.refused[2].text:find "is full")
	end, "lmtp")
end)

spec.test("a reply that never comes is no success", function()
	local e = spec.raises("closed", "hung up", spec.talk, "smtp", hello() .. [[
C: MAIL FROM:<a@x.test>
S: 250 ok
C: RCPT TO:<b@x.test>
S: 250 ok
C: DATA
S: 354 go
C: text
C: .
CLOSE]], function(conn) conn:mail(mail) end, {ehlo = "c.test"})
	spec.same(postel.status(e), 9)
end)

spec.test("vrfy, expn, help, noop, rset", function()
	talk(hello() .. [[
C: VRFY obelix
S: 252 cannot say
C: EXPN gauls
S: 250-a@x.test
S: 250 b@x.test
C: HELP MAIL
S: 214 help
C: NOOP
S: 250 ok
C: RSET
S: 250 ok]], function(conn)
		spec.same(conn:vrfy("obelix").number, 252)
		spec.list(conn:expn("gauls").lines,
			{"250-a@x.test", "250 b@x.test"})
		spec.same(conn:help("MAIL").text, "help")
		conn:noop()
		conn:rset()
	end)
end)

spec.test("notices about delivery (RFC 3461)", function()
	talk(hello("DSN", "8BITMIME", "SMTPUTF8", "PIPELINING") .. [[
C: MAIL FROM:<a@x.test> SMTPUTF8 RET=HDRS ENVID=q+2B1+20+3D
C: RCPT TO:<b+c@x.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bc@x.test
C: RCPT TO:<é@x.test> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;é@x.test
C: DATA
S: 250 ok
S: 250 ok
S: 250 ok
S: 354 go
C: x
C: .
S: 250 ok
C: MAIL FROM:<a@x.test>
C: RCPT TO:<b@x.test> NOTIFY=NEVER ORCPT=rfc822;old@x.test
C: DATA
S: 250 ok
S: 250 ok
S: 354 go
C: x
C: .
S: 250 ok]], function(conn)
		conn:mail {from = "a@x.test", to = {"b+c@x.test", "é@x.test"},
			body = "x\n", dsn = {notify = {"delay", "SUCCESS"},
				ret = "hdrs", envid = "q+1 =", orcpt = true}}
		conn:mail {from = "a@x.test", to = "b@x.test", body = "x\n",
			dsn = {notify = "never",
				orcpt = {["b@x.test"] = "old@x.test"}}}
	end)
end)

spec.test("notices that cannot be asked for", function()
	talk(hello "DSN", function(conn)
		for _, dsn in ipairs {{notify = "maybe"}, {notify = "never,delay"},
			{notify = ""}, {notify = 3}, {ret = "all"}, {envid = "a\nb"},
			{envid = ("x"):rep(101)}, {nothing = 1}} do
			spec.fails("'dsn' to 'mail'", conn.mail, conn,
				{to = "b@x.test", body = "x", dsn = dsn})
		end
	end)
	talk(hello(), function(conn)
		spec.raises("use", "DSN", conn.mail, conn, {to = "b@x.test",
			body = "x", dsn = {notify = "never"}})
	end)
end)

return spec.done()
