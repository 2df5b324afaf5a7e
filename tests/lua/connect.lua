-- Connecting and logging in: what is sent when, and what is never sent.

local spec = dofile "tests/lua/lib/spec.lua"
local login = require "postel.login"

-- ---- arguments ----

spec.test("arguments that are wrong", function()
	spec.fails("'url' to 'connect'", postel.connect, nil)
	spec.fails("'colour' to 'connect'", postel.connect, {colour = 1})
	spec.fails("'port' to 'connect'", postel.connect,
		{protocol = "imap", host = "h", port = "x"})
	spec.fails("'starttls' to 'connect'", postel.connect,
		"imap://h", {starttls = "maybe"})
	spec.fails("'host' is missing", postel.connect, {protocol = "imap"})
	spec.raises("usage", "did you mean imap", postel.connect, "imp://h")
end)

spec.test("a URL's password is a secret and shows nowhere", function()
	local url = postel.url "imap://obelix:menhir@h/INBOX"
	spec.same(postel.type(url.password), "secret")
	spec.same(tostring(url.password), "<secret>")
end)

-- ---- greetings and capabilities ----

spec.test("IMAP: capabilities of the greeting are not asked again", function()
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1 IDLE] hi
C: a1 LOGOUT
S: * BYE
S: a1 OK]], function(conn)
		spec.same(conn.capabilities.IDLE, "")
		spec.same(conn:capability "UIDPLUS", nil)
		spec.same(conn.state, "not authenticated")
	end)
end)

spec.test("SMTP: HELO where EHLO is unknown", function()
	spec.talk("smtp", [[
S: 220 hi
C: EHLO client.test
S: 502 what?
C: HELO client.test
S: 250 hello
C: QUIT
S: 221 bye]], nil, {ehlo = "client.test"})
end)

spec.test("SMTP: no HELO after any other refusal", function()
	local e = spec.raises("refused", "550 go away", spec.talk, "smtp", [[
S: 220 hi
C: EHLO client.test
S: 550 go away]], nil, {ehlo = "client.test"})
	spec.same(postel.status(e), 6)
end)

spec.test("LMTP says LHLO", function()
	spec.talk("lmtp", [[
S: 220 hi
C: LHLO client.test
S: 250 hello
C: QUIT
S: 221 bye]], nil, {ehlo = "client.test"})
end)

spec.test("POP3: a server without CAPA", function()
	spec.talk("pop3", [[
S: +OK hi
C: CAPA
S: -ERR what?
C: USER asterix
S: +OK
C: PASS idefix
S: +OK
C: QUIT
S: +OK]], function(conn)
		spec.same(conn.user, "asterix")
	end, {user = "asterix", password = "idefix"})
end)

spec.test("refused greetings", function()
	for protocol, case in pairs {
		pop3 = {"-ERR [SYS/TEMP] later", 7}, imap = {"* BYE no", 6},
		smtp = {"421 later", 7}, lmtp = {"554 never", 6},
	} do
		local e = spec.raises("refused", case[1]:match "%S+$", spec.talk,
			protocol, "S: " .. case[1])
		spec.same(postel.status(e), case[2])
	end
end)

-- ---- TLS ----

spec.test("require: not offered, nothing more is sent", function()
	for protocol, script in pairs {
		imap = "S: * OK [CAPABILITY IMAP4rev1] hi",
		pop3 = "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .",
		smtp = "S: 220 hi\nC: EHLO c.test\nS: 250 hi",
	} do
		local e = spec.raises("tls", "no ST%a+ on offer", spec.talk,
			protocol, script, nil, {starttls = "require",
				ehlo = "c.test", user = "a", password = "b"})
		spec.same(postel.status(e), 4)
	end
end)

spec.test("require: PREAUTH is refused", function()
	spec.raises("tls", "PREAUTH", spec.talk, "imap", [[
S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi]], nil,
		{starttls = "require"})
end)

spec.test("require: refused, nothing more is sent", function()
	spec.raises("tls", "not today", spec.talk, "imap", [[
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hi
C: a1 STARTTLS
S: a1 NO not today]], nil, {starttls = "require", user = "a",
		password = "b"})
end)

spec.test("auto does nothing on a pipe", function()
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hi
C: a1 LOGOUT
S: * BYE
S: a1 OK]])
end)

-- ---- logging in ----

spec.test("IMAP: LOGIN, and capabilities anew", function()
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1] hi
C: a1 LOGIN obelix "men hir"
S: a1 OK in
C: a2 CAPABILITY
S: * CAPABILITY IMAP4rev1 MOVE
S: a2 OK
C: a3 SELECT INBOX
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] ok
S: a3 OK [READ-WRITE] open
C: a4 LOGOUT
S: * BYE
S: a4 OK]], function(conn)
		spec.same(conn:capability "MOVE", "")
		spec.same(conn.mailbox.exists, 3)
		spec.same(conn.mailbox.uidvalidity, 7)
	end, {user = "obelix", password = "men hir", mailbox = "INBOX"})
end)

spec.test("IMAP: capabilities told with the login are not asked", function()
	for _, reply in ipairs {
		"S: a1 OK [CAPABILITY IMAP4rev1] in",
		"S: * CAPABILITY IMAP4rev1\nS: a1 OK in",
	} do
		spec.talk("imap", "S: * OK [CAPABILITY IMAP4rev1] hi\n" ..
			"C: a1 LOGIN obelix menhir\n" .. reply ..
			"\nC: a2 LOGOUT\nS: * BYE\nS: a2 OK", nil,
			{user = "obelix", password = "menhir"})
	end
end)

spec.test("PLAIN with and without an initial response", function()
	local secret = "AG9iZWxpeABtZW5oaXI="
	local options = {user = "obelix", password = "menhir"}
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN ]] .. secret .. [[

S: a1 OK [CAPABILITY IMAP4rev1] in
C: a2 LOGOUT
S: * BYE
S: a2 OK]], nil, options)
	options.initial = false
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN
S: +
C: ]] .. secret .. [[

S: a1 OK [CAPABILITY IMAP4rev1] in
C: a2 LOGOUT
S: * BYE
S: a2 OK]], nil, options)
end)

spec.test("a refused login is status 5, and nothing else is tried", function()
	local e = spec.raises("auth", "wrong", spec.talk, "imap", [[
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR AUTH=LOGIN] hi
C: a1 AUTHENTICATE PLAIN AG9iZWxpeABtZW5oaXI=
S: a1 NO wrong]], nil, {user = "obelix", password = "menhir"})
	spec.same(postel.status(e), 5)
	assert(not tostring(e):find "menhir")
	e = spec.raises("auth", "busy", spec.talk, "pop3", [[
S: +OK
C: CAPA
S: +OK
S: USER
S: .
C: USER obelix
S: +OK
C: PASS menhir
S: -ERR [IN-USE] busy]], nil, {user = "obelix", password = "menhir"})
	spec.same(postel.status(e), 7)
end)

spec.test("a line end in a name or password reaches no server", function()
	for _, o in ipairs {
		{user = "a\r\nDELE 1", password = "b"},
		{user = "a", password = "b\nDELE 1"},
		{user = "a", password = "b\0"},
	} do
		spec.fails(".", spec.talk, "pop3", [[
S: +OK
C: CAPA
S: +OK
S: USER
S: .]] .. (o.user == "a" and "\nC: USER a\nS: +OK" or ""), nil, o)
	end
end)

-- A connection that only answers questions, as the login sees one: over a
-- network, with starttls=no.
local function fake(fields, capabilities)
	local conn = {name = "far.test", host = "far.test", private = false,
		insecure = false, capabilities_known = true,
		clear_meant = true, protocol = "imap", sent = {}}
	for key, value in pairs(fields) do
		conn[key] = value
	end
	function conn.capability(_, name)
		return capabilities[name]
	end
	function conn.knows(_, mech)
		return mech == "PLAIN" or mech == "LOGIN" or
			mech == "SCRAM-SHA-256" or mech == "CRAM-MD5"
	end
	local function note(_, verb)
		conn.sent[#conn.sent + 1] = type(verb) == "table" and
			verb.mech or verb
		error("sent", 0)
	end
	conn.send, conn.call, conn.authenticate = note, note, note
	return conn
end

local function try(conn, auth)
	return login.login(conn, {user = "a", password = "b", auth = auth})
end

spec.test("no password in clear over a network", function()
	for _, case in ipairs {
		{{}, {AUTH = "PLAIN LOGIN"}},
		{{}, {}},
		{{protocol = "pop3"}, {USER = ""}},
		{{protocol = "smtp"}, {AUTH = "LOGIN PLAIN"}},
		{{}, {AUTH = "PLAIN"}, "PLAIN"},
		{{}, {}, "LOGIN"},
		{{protocol = "pop3"}, {USER = ""}, "USER"},
	} do
		local conn = fake(case[1], case[2])
		local e = spec.raises("auth", "in clear", try, conn, case[3])
		spec.same(postel.status(e), 5)
		spec.same(#conn.sent, 0)
	end
end)

spec.test("no login over a network without TLS unless it is meant", function()
	for _, case in ipairs {
		{{clear_meant = false}, {AUTH = "SCRAM-SHA-256"}},
		{{clear_meant = false, protocol = "pop3", stamp = "<1@x>"}, {}},
		{{clear_meant = false}, {AUTH = "CRAM-MD5", STARTTLS = ""}},
	} do
		local conn = fake(case[1], case[2])
		local e = spec.raises("tls", "TLS", try, conn)
		spec.same(postel.status(e), 4)
		spec.same(#conn.sent, 0)
		conn.private = true
		spec.fails("^sent$", try, conn)
	end
end)

spec.test("what is chosen", function()
	for _, case in ipairs {
		{"PLAIN", {private = true}, {AUTH = "LOGIN PLAIN"}},
		{"PLAIN", {insecure = true}, {AUTH = "LOGIN PLAIN"}},
		{"CRAM-MD5", {insecure = true}, {AUTH = "PLAIN CRAM-MD5"}},
		{"LOGIN", {private = true}, {AUTH = "LOGIN"}},
		{"LOGIN", {private = true}, {}},
		{"SCRAM-SHA-256", {}, {AUTH = "PLAIN SCRAM-SHA-256"}},
		{"APOP", {protocol = "pop3", stamp = "<1@x>"}, {USER = ""}},
		{"USER", {protocol = "pop3", stamp = "<1@x>", private = true},
			{USER = ""}},
		{"APOP", {protocol = "pop3", stamp = "<1@x>", private = true},
			{}},
		{"LOGIN", {private = true}, {AUTH = "PLAIN LOGIN"}, "login"},
		{"PLAIN", {private = true}, {AUTH = "PLAIN LOGIN"}, "*"},
	} do
		local conn = fake(case[2], case[3])
		spec.fails("^sent$", try, conn, case[4])
		spec.list(conn.sent, {case[1]})
	end
end)

spec.test("what cannot be chosen", function()
	spec.raises("auth", "no way to log in", try,
		fake({private = true}, {LOGINDISABLED = ""}))
	spec.raises("auth", "no way to log in", try,
		fake({private = true, protocol = "smtp"}, {AUTH = "NTLM"}))
	spec.raises("auth", "CRAM%-MD5 is not on offer.*PLAIN", try,
		fake({private = true}, {AUTH = "PLAIN"}), "CRAM-MD5")
	spec.raises("auth", "LOGIN is not on offer", try,
		fake({private = true}, {LOGINDISABLED = ""}), "LOGIN")
end)

-- ---- secrets ----

local core = require "postel.core"

-- What a secret holds, as the base64 of PLAIN would show it.
local function reveals(secret, expected)
	spec.talk("pop3", "S: +OK\nC: CAPA\nS: -ERR\nC: PASS " .. expected ..
		"\nS: +OK\nC: QUIT\nS: +OK", function(conn)
		conn:send("PASS", secret):wait()
	end)
end

spec.test("netrc", function()
	local path = spec.file [[
# machine x login y password never
machine other.test login asterix password no
machine mail.test login obelix password "men\"hir 1"
macdef init
machine mail.test login idefix password macro

machine mail.test
	login asterix account x password second
default login asterix password last]]
	local function get(host, user)
		return core.secret_netrc(path, host, user)
	end
	reveals(get("MAIL.test", "obelix"), 'men"hir 1')
	reveals(get("mail.test", "asterix"), "second")
	reveals(get("elsewhere.test", "asterix"), "last")
	spec.same(get("mail.test", "idefix"), nil)
	spec.same(get("x", "y"), nil)
	spec.same(core.secret_netrc("/nonexistent", "a", "b"), nil)
	os.remove(path)
end)

spec.test("password files and commands", function()
	local path = spec.file "menhir\r\nsecond line\n"
	reveals(core.secret_file(path), "menhir")
	os.remove(path)
	spec.raises("sys", "No such file", core.secret_file, "/nonexistent")
	path = spec.file "\n"
	spec.raises("auth", "no password", core.secret_file, path)
	os.remove(path)
	reveals(core.secret_command "echo menhir", "menhir")
	spec.raises("auth", "failed", core.secret_command,
		"echo menhir; exit 3")
	spec.raises("auth", "no password", core.secret_command, "true")
	spec.raises("use", "too large", core.secret_command,
		"head -c 5000 /dev/zero 2>/dev/null")
end)

spec.test("a secret that was wiped is empty", function()
	local secret = core.secret "menhir"
	secret:wipe()
	spec.same(tostring(secret), "<secret>")
	reveals(secret, "")
end)

return spec.done()
