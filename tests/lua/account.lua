-- Accounts, and what init.lua may tell the shell.

local spec = dofile "tests/lua/lib/spec.lua"
local connect = require "postel.connect"
local given = require "postel.given"
local login = require "postel.login"

-- ---- accounts ----

spec.test("an account is a URL with a name", function()
	postel.account {name = "mx", url = "imaps://alice@h.test/Drafts",
		ehlo = "me.test"}
	local s = connect.spec "mx"
	spec.same(s.protocol, "imap")
	spec.same(s.host, "h.test")
	spec.same(s.port, 993)
	spec.same(s.tls, true)
	spec.same(s.user, "alice")
	spec.same(s.mailbox, "Drafts")
	spec.same(s.ehlo, "me.test")
	spec.same(s.name, "mx")
	spec.same(postel.url("mx").host, "h.test")
	spec.same(postel.url("pop3://h").port, 110)
end)

spec.test("a protocol may be a scheme", function()
	for _, case in ipairs {
		{"imaps", nil, true, 993}, {"imap", nil, false, 143},
		{"imap", true, true, 993}, {"submission", nil, false, 587},
		{"pop3s", false, false, 110},
	} do
		postel.account {name = "p", protocol = case[1], host = "h",
			tls = case[2]}
		local s = connect.spec "p"
		spec.same(s.tls, case[3])
		spec.same(s.port, case[4])
	end
end)

spec.test("what goes before what", function()
	postel.account {name = "o", url = "imap://alice@h", timeout = 5,
		password = "x", keyring = true}
	local options = postel.options
	options.timeout = 9
	spec.same(connect.spec("o").timeout, 5)
	given.timeout = 7
	spec.same(connect.spec("o").timeout, 7)
	spec.same(connect.spec("o", {timeout = 3}).timeout, 3)
	given.password_command = "echo y"
	local s = connect.spec "o"
	spec.same(s.password, nil)
	spec.same(s.keyring, nil)
	spec.same(s.password_command, "echo y")
	given.timeout, given.password_command, options.timeout = nil, nil, nil
	spec.same(postel.type(connect.spec("o").password), "secret")
end)

spec.test("the caller's table is not kept", function()
	local t = {name = "t", url = "imap://alice@h"}
	postel.account(t)
	t.url = "imap://bob@h"
	spec.same(connect.spec("t").user, "alice")
	connect.spec("t").user = "carol"
	spec.same(connect.spec("t").user, "alice")
end)

spec.test("what is misspelt", function()
	spec.raises("usage", "did you mean mx?", postel.connect, "mxx")
	spec.raises("usage", "", postel.connect, "imap:/h")
	spec.fails("'psasword' to 'account' %(no such option; did you mean " ..
		"password%?", postel.account, {name = "x", psasword = "y"})
	spec.fails("'fields' to 'account'", postel.account, "x")
	spec.fails("'keyring' to 'account'", postel.account,
		{name = "x", url = "imap://h", keyring = {}})
	spec.fails("'transport' to 'account'", postel.account,
		{name = "x", protocol = "imap", path = "/s"})
end)

-- ---- :login ----

-- A connection that pretends to be one over a network.
local function far(capabilities)
	local conn = {name = "far.test", private = false, insecure = false,
		capabilities_known = true, protocol = "imap", sent = {}}
	function conn.capability(_, name) return capabilities[name] end
	function conn.knows() return true end
	function conn.send(_, verb)
		conn.sent[#conn.sent + 1] = verb
		error("sent", 0)
	end
	function conn.authenticate(_, o)
		conn.sent[#conn.sent + 1] = o.mech
		error("sent", 0)
	end
	return conn
end

spec.test(":login asks for a user, and for a word", function()
	local conn = far {AUTH = "PLAIN"}
	spec.same(login.shell(conn, nil, false)[1], "user")
	spec.same(login.shell(conn, "alice", false)[1], "clear")
	spec.same(#conn.sent, 0)
	postel.options.password_command = "echo x"
	spec.fails("^sent$", login.shell, conn, "alice", true)
	spec.list(conn.sent, {"PLAIN"})
	-- Somebody who took TLS away reads the mail, whatever hides the password.
	conn = far {AUTH = "PLAIN SCRAM-SHA-256"}
	spec.same(login.shell(conn, "alice", false)[1], "clear")
	spec.same(#conn.sent, 0)
	spec.fails("^sent$", login.shell, conn, "alice", true)
	spec.list(conn.sent, {"SCRAM-SHA-256"})
	postel.options.password_command = nil
end)

spec.test(":login begins TLS where that is offered", function()
	local conn = far {STARTTLS = "", AUTH = "PLAIN"}
	conn.port = 143
	spec.fails("^sent$", login.shell, conn, "alice", false)
	spec.list(conn.sent, {"STARTTLS"})
end)

spec.test("where only SCRAM is offered, it is taken in TLS too", function()
	local conn = far {AUTH = "SCRAM-SHA-1 CRAM-MD5", LOGINDISABLED = ""}
	conn.private = true
	spec.fails("^sent$", login.login, conn, {user = "a", password = "b"})
	spec.list(conn.sent, {"SCRAM-SHA-1"})
end)

-- ---- the shell ----

spec.test("settings, aliases, commands, hooks: what is wrong", function()
	spec.fails("no setting timeuot; did you mean timeout%?", postel.set,
		{timeuot = 1})
	spec.fails("timeout cannot be 0.5", postel.set, {timeout = 0.5})
	spec.fails("'timeout' to 'set' %(string expected", postel.set,
		{timeout = print})
	spec.fails("stays that", postel.alias, "open", "=1")
	spec.fails("a word of letters", postel.alias, "a b", "=1")
	spec.fails("one line", postel.alias, "a", "x\ny")
	spec.fails("'line' to 'alias'", postel.alias, "a")
	spec.fails("'fn' to 'command'", postel.command, "a", "b")
	spec.fails("'event' to 'on' %(open, login, reply or close", postel.on,
		"x", print)
end)

spec.test("a setting reaches postel.options", function()
	postel.set {timeout = 12, ["keep-going"] = true}
	spec.same(postel.options.timeout, 12.0)
	spec.same(postel.options.keep_going, true)
	postel.set {timeout = "default", keep_going = false}
	spec.same(postel.options.timeout, nil)
	spec.same(postel.options.keep_going, false)
	spec.same(#postel.set {1, 2}, 2)
end)

return spec.done()
