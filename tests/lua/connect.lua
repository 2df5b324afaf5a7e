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

spec.test("what a server said, in its order, and when", function()
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1 XB=1 XA] hi there
C: a1 NOOP
SLOW
S: a1 OK
C: a2 NOOP
S: a2 OK
C: a3 LOGOUT
S: * BYE
S: a3 OK]], function(conn)
		spec.same(table.concat(conn.capability_list, ","),
			"IMAP4rev1,XB=1,XA")
		spec.same(conn.welcome,
			"* OK [CAPABILITY IMAP4rev1 XB=1 XA] hi there")
		spec.same(math.type(conn.times.greeting), "float")
		spec.same(conn.times.tls, nil)
		spec.same(conn.round_trip, nil)
		local cmd = conn:send "NOOP"
		spec.same(cmd.seconds, nil)
		cmd:wait()
		assert(cmd.seconds >= 0.03 and cmd.seconds < 10, cmd.seconds)
		assert(conn.round_trip >= 0.03 and
			conn.round_trip <= cmd.seconds, conn.round_trip)
		local before = conn.round_trip
		conn:noop()
		assert(conn.round_trip < before, conn.round_trip)
	end)
end)

spec.test("what a capability means", function()
	local core = require "postel.core"
	local text, rfc, here = core.meaning("smtp", "SIZE 1048576")
	spec.same(text, "The largest message that the server takes.")
	spec.same(rfc, "RFC 1870 3")
	spec.same(here, "Here: 1.0 MiB.")
	spec.same(select(3, core.meaning("imap", "MESSAGELIMIT=1")),
		"Here: 1 message.")
	spec.same(select(3, core.meaning("pop3", "UIDL")), "")
	spec.same(select(2, core.meaning("sasl", "plain")), "RFC 4616")
	spec.same(core.meaning("imap", "XNONSENSE"), nil)
	spec.same(core.meaning("imap", ""), nil)
end)

spec.test("a fingerprint of the command line may be taken back", function()
	local connect = require "postel.connect"
	postel.options.fingerprint = ("ab"):rep(32)
	spec.same(connect.spec "imaps://h".fingerprint, ("ab"):rep(32))
	spec.same(connect.spec("imaps://h", {fingerprint = false}).fingerprint,
		nil)
	postel.options.fingerprint = nil
	spec.fails("'fingerprint' to 'connect'", postel.connect, "imaps://h",
		{fingerprint = true})
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
local known = {}
for mech in ("PLAIN LOGIN DIGEST-MD5 CRAM-MD5 OAUTHBEARER XOAUTH2 EXTERNAL " ..
	"ANONYMOUS NTLM"):gmatch "%S+" do
	known[mech] = true
end

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
		if mech:find "-PLUS$" then
			return conn.tls
		end
		return known[mech] or mech:find "^SCRAM" ~= nil
	end
	local function note(_, verb)
		conn.sent[#conn.sent + 1] = type(verb) == "table" and
			verb.mech or verb
		error("sent", 0)
	end
	conn.send, conn.call, conn.authenticate = note, note, note
	return conn
end

local function try(conn, auth, more)
	local options = {user = "a", password = "b", auth = auth}
	for key, value in pairs(more or {}) do
		if value == "none" then
			value = nil
		end
		options[key] = value
	end
	return login.login(conn, options)
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
		-- Dovecot has the commands, and refuses them, where it is told to
		-- offer CRAM-MD5 alone.
		{"CRAM-MD5", {private = true}, {AUTH = "CRAM-MD5"}},
		{"DIGEST-MD5", {private = true, protocol = "pop3"},
			{SASL = "CRAM-MD5 DIGEST-MD5", USER = ""}},
		{"PLAIN", {private = true}, {AUTH = "PLAIN LOGIN"}, "*"},
	} do
		local conn = fake(case[2], case[3])
		spec.fails("^sent$", try, conn, case[4])
		spec.list(conn.sent, {case[1]})
	end
end)

spec.test("the best on offer, in whatever order the server has it", function()
	local all = {"SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS",
		"SCRAM-SHA-1-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-256",
		"SCRAM-SHA-1", "PLAIN", "LOGIN", "DIGEST-MD5", "CRAM-MD5"}
	for first = 1, #all do
		local left = {}
		for i = #all, first, -1 do
			left[#left + 1] = all[i]
		end
		local offer = {AUTH = "NTLM ANONYMOUS EXTERNAL XOAUTH2 " ..
			table.concat(left, " "), LOGINDISABLED = ""}
		local tls = fake({private = true, tls = {}}, offer)
		spec.fails("^sent$", try, tls)
		spec.list(tls.sent, {all[first]})
		-- Without TLS nothing can be bound, and no password be shown.
		local clear = fake({}, offer)
		spec.fails("^sent$", try, clear)
		spec.list(clear.sent, {first < 4 and "SCRAM-SHA-512" or
			(first == 7 or first == 8) and "DIGEST-MD5" or
			all[first]})
	end
end)

spec.test("a token is for OAUTHBEARER and XOAUTH2", function()
	local token = {token = "t", password = "none"}
	local offer = "PLAIN XOAUTH2 OAUTHBEARER SCRAM-SHA-256"
	for _, case in ipairs {
		{"OAUTHBEARER", offer, token},
		{"XOAUTH2", "PLAIN XOAUTH2", token},
		{"OAUTHBEARER", offer, {token_command = "echo t"}},
		{"XOAUTH2", offer, token, "XOAUTH2"},
		{"SCRAM-SHA-256", offer, {}},
		-- Who gives both means the password to be good, too.
		{"PLAIN", "PLAIN", {token = "t"}},
		{"OAUTHBEARER", offer, {}, "OAUTHBEARER"},
	} do
		local conn = fake({private = true}, {AUTH = case[2]})
		spec.fails("^sent$", try, conn, case[4], case[3])
		spec.list(conn.sent, {case[1]})
	end
	spec.raises("auth", "takes none; it offers PLAIN LOGIN", try,
		fake({private = true}, {AUTH = "PLAIN LOGIN"}), nil, token)
	spec.raises("auth", "wants a token %(XOAUTH2%)", try, fake(
		{private = true}, {AUTH = "XOAUTH2", LOGINDISABLED = ""}))
end)

spec.test("no token in clear, whatever the user says", function()
	local token = {token = "t", password = "none", in_clear = true}
	for _, case in ipairs {
		{{}, nil}, {{insecure = true}, nil}, {{}, "XOAUTH2"},
		{{insecure = true}, "OAUTHBEARER"},
	} do
		local conn = fake(case[1], {AUTH = "OAUTHBEARER XOAUTH2",
			LOGINDISABLED = ""})
		local e = spec.raises("auth", "token would go in clear", try,
			conn, case[2], token)
		spec.same(e.clear, nil)
		spec.same(#conn.sent, 0)
	end
end)

spec.test("EXTERNAL: by a certificate, if there is no password", function()
	local netrc = spec.file "machine far.test login a password b\n"
	local cert = {cert = "me.pem", password = "none", netrc = false,
		prompt = false}
	for _, case in ipairs {
		{"EXTERNAL", "PLAIN EXTERNAL", {}},
		{"PLAIN", "PLAIN EXTERNAL", {password = "b"}},
		{"PLAIN", "PLAIN EXTERNAL", {netrc = netrc}},
		{"PLAIN", "PLAIN EXTERNAL", {cert = "none", password = "b"}},
		{"EXTERNAL", "EXTERNAL", {password = "b"}},
		{"EXTERNAL", "PLAIN EXTERNAL", {user = "none"}, "EXTERNAL"},
		{"PLAIN", "PLAIN EXTERNAL", {password = "b"}, "PLAIN"},
	} do
		local conn = fake({private = true, tls = {}},
			{AUTH = case[2], LOGINDISABLED = ""})
		local more = {}
		for key, value in pairs(cert) do more[key] = value end
		for key, value in pairs(case[3]) do more[key] = value end
		spec.fails("^sent$", try, conn, case[4], more)
		spec.list(conn.sent, {case[1]})
	end
	os.remove(netrc)
	spec.fails("user name is needed", try, fake({private = true},
		{AUTH = "PLAIN"}), "PLAIN", {user = "none"})
end)

spec.test("what is asked for by name: with a password, or without", function()
	for mech, secret in pairs {ANONYMOUS = "", NTLM = "b"} do
		local conn = fake({private = true}, {AUTH = mech .. " PLAIN"})
		function conn.authenticate(_, o)
			spec.same(o.mech, mech)
			spec.same(o.password == nil, secret == "")
			spec.same(o.initial, mech ~= "NTLM")
			error("sent", 0)
		end
		spec.fails("^sent$", try, conn, mech, {
			initial = mech ~= "NTLM"})
	end
end)

spec.test("who to be: by what can say it, or not at all", function()
	local boss = {authzid = "boss"}
	for _, case in ipairs {
		{"PLAIN", {}, {AUTH = "LOGIN CRAM-MD5 PLAIN"}},
		{"DIGEST-MD5", {}, {AUTH = "LOGIN DIGEST-MD5"}},
		{"SCRAM-SHA-1", {}, {AUTH = "SCRAM-SHA-1"}, "SCRAM-SHA-1"},
	} do
		case[2].private = true
		local conn = fake(case[2], case[3])
		spec.fails("^sent$", try, conn, case[4], boss)
		spec.list(conn.sent, {case[1]})
	end
	for _, case in ipairs {
		{"LOGIN", {AUTH = "PLAIN LOGIN"}}, {"CRAM-MD5", {AUTH = "CRAM-MD5"}},
		{"NTLM", {AUTH = "NTLM"}}, {"ANONYMOUS", {AUTH = "ANONYMOUS"}},
		{"XOAUTH2", {AUTH = "XOAUTH2"}}, {"+LOGIN", {}},
		{nil, {AUTH = "LOGIN CRAM-MD5"}}, {nil, {}},
	} do
		local conn = fake({private = true}, case[2])
		spec.raises("auth", "authzid", try, conn, case[1], boss)
		spec.same(#conn.sent, 0)
	end
	local pop = fake({private = true, protocol = "pop3", stamp = "<1@x>"},
		{USER = ""})
	spec.raises("auth", "authzid", try, pop, nil, boss)
	spec.same(#pop.sent, 0)
end)

spec.test("what cannot be chosen", function()
	spec.raises("auth", "offers no login", try,
		fake({private = true}, {LOGINDISABLED = ""}))
	spec.raises("auth", "no way to log in", try,
		fake({private = true, protocol = "smtp"}, {AUTH = "NTLM"}))
	spec.raises("auth", "CRAM%-MD5 is not on offer.*PLAIN", try,
		fake({private = true}, {AUTH = "PLAIN"}), "CRAM-MD5")
	spec.raises("auth", "offers SCRAM%-SHA%-1%-PLUS, but it is not", try,
		fake({private = true}, {AUTH = "SCRAM-SHA-1-PLUS PLAIN"}),
		"SCRAM-SHA-1-PLUS")
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

spec.test("netrc: a password before its login", function()
	local path = spec.file [[
machine mail.test password one login asterix
machine mail.test
	password two
	login obelix
machine mail.test account x password three # anybody's
default password four]]
	local function get(...) return core.secret_netrc(path, ...) end
	reveals(get("mail.test", "asterix"), "one")
	reveals(get("mail.test", "obelix"), "two")
	reveals(get("mail.test", "idefix"), "three")
	reveals(get("elsewhere.test", "idefix"), "four")
	spec.same(select(2, get "mail.test"), "asterix")
	spec.same(select(2, get "elsewhere.test"), nil)
	os.remove(path)
end)

spec.test("netrc: an entry for one port", function()
	local path = spec.file [[
machine mail.test port 993 login asterix password imaps
machine mail.test login asterix password smtp port 25
machine mail.test login asterix port imap password named]]
	local function get(port)
		return (core.secret_netrc(path, "mail.test", "asterix", port))
	end
	reveals(get(993), "imaps")
	reveals(get(25), "smtp")
	reveals(get(143), "named")
	reveals(get(nil), "imaps")
	os.remove(path)
end)

spec.test("netrc: what is written is what is read", function()
	local odd = {'men"hir', "a b\tc", "#x", "\\", "", '\\"', "machine",
		"ünï", "a\\nb", "%41", " x "}
	local entries = {}
	for i, password in ipairs(odd) do
		entries[i] = {machine = "mail.test", port = 143,
			login = i .. odd[i], password = password}
	end
	entries[#entries + 1] = {machine = "mail.test", login = "x",
		password = core.secret "sec ret"}
	entries[#entries + 1] = {password = "any's"}
	local file <close> = io.tmpfile()
	postel.run({"cat"}, {files = {[1] = file, [0] = core.netrc_text(entries)}})
	file:seek "set"
	local path = spec.file(file:read "a")
	for i, password in ipairs(odd) do
		local secret = core.secret_netrc(path, "mail.test",
			i .. odd[i], 143)
		local text <close> = io.tmpfile()
		postel.run({"cat"}, {files = {[1] = text, [0] = secret}})
		text:seek "set"
		spec.same(text:read "a", password)
	end
	reveals(core.secret_netrc(path, "MAIL.test", "x", 1), "sec ret")
	reveals(core.secret_netrc(path, "elsewhere.test", "x"), "any's")
	spec.same(core.netrc_text {} ~= nil, true)
	spec.fails("too many", core.netrc_text, {{password = ("x"):rep(2 << 20)}})
	os.remove(path)
end)

spec.test("password files and commands", function()
	local path = spec.file "menhir\r\nsecond line\n"
	reveals(core.secret_file(path), "menhir")
	os.remove(path)
	spec.raises("sys", "No such file", core.secret_file, "/nonexistent")
	path = spec.file "\n"
	spec.raises("auth", "first line is empty", core.secret_file, path)
	os.remove(path)
	-- What pass(1) prints below a password may be long.
	path = spec.file(" x y \n" .. ("z"):rep(100000))
	reveals(core.secret_file(path), " x y ")
	reveals(core.secret_command("cat " .. path), " x y ")
	os.remove(path)
	path = spec.file "a\0b\n"
	spec.talk("pop3", "S: +OK\nC: CAPA\nS: -ERR\nC: QUIT\nS: +OK", function(conn)
		spec.raises("use", "NUL", conn.send, conn, "PASS",
			core.secret_file(path))
	end)
	os.remove(path)
	spec.raises("sys", "directory", core.secret_file, "/")
	spec.raises("auth", "token command failed with status 3",
		core.secret_command, "exit 3", true)
	reveals(core.secret_command "echo menhir", "menhir")
	spec.raises("auth", "failed", core.secret_command,
		"echo menhir; exit 3")
	spec.raises("auth", "first line is empty", core.secret_command, "true")
	spec.raises("use", "too large", core.secret_command,
		"head -c 20000 /dev/zero 2>/dev/null")
end)

spec.test("a login leaves the secret that it was given", function()
	local secret = core.secret "menhir"
	for _ = 1, 2 do
		spec.talk("pop3", "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .\n" ..
			"C: USER a\nS: +OK\nC: PASS menhir\nS: +OK\n" ..
			"C: QUIT\nS: +OK", function(conn)
			conn:login {user = "a", password = secret, auth = "USER"}
		end)
	end
end)

spec.test("a token is no password", function()
	spec.raises("auth", "OAUTHBEARER is not on offer", login.login,
		{name = "h", protocol = "imap", private = true,
		capability = function() return "PLAIN" end,
		knows = function() return true end},
		{user = "a", auth = "oauthbearer", token = "x"})
	spec.fails("'tokne' to 'account' %(no such option; did you mean token",
		postel.account, {name = "k", url = "imap://a@h", tokne = "x"})
	postel.account {name = "k", url = "imap://a@h", token = "x",
		token_command = "echo y"}
	spec.same(postel.type(postel.url "k".token), "secret")
end)

spec.test("a secret that was wiped is empty", function()
	local secret = core.secret "menhir"
	secret:wipe()
	spec.same(tostring(secret), "<secret>")
	reveals(secret, "")
end)

return spec.done()
