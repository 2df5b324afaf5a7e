-- connect: from a URL to a connection that is ready for use.  The policy of
-- TLS, capabilities and login stands here and in postel.login.

local core = require "postel.core"
local errors = require "postel.errors"
local given = require "postel.given" -- what the command line says

local M = {}

-- What a table or the second argument of connect may hold, and its type.
local keys = {
	protocol = "string", transport = "string", host = "string",
	port = "integer", path = "string", tls = "boolean", user = "string",
	password = "secret", auth = "string", authzid = "string",
	mailbox = "string", starttls = "string", insecure = "boolean",
	ca = "string", cert = "string", timeout = "number",
	password_file = "string", password_command = "string",
	token = "secret", token_command = "string",
	login = "boolean", ehlo = "string", initial = "boolean",
	name = "string", trace = "string", scheme = "string", url = "string",
	examine = "boolean", search = "criteria", listing = "boolean", raw = "boolean", from = "string",
	keyring = "attributes", netrc = "file", prompt = "boolean",
	proxy = "secret", service = "string", dns = "string",
	key = "string", fingerprint = "print", pipelining = "boolean",
}

local ports = {
	pop3 = {110, 995}, imap = {143, 993}, smtp = {25, 465}, lmtp = {24},
}

-- Options of the command line that hold where a URL says nothing.
local inherited = {
	"ca", "cert", "key", "fingerprint", "insecure", "starttls", "auth",
	"authzid", "initial", "password_file", "password_command",
	"token_command", "timeout", "trace", "proxy", "dns", "pipelining",
}

-- How types that Lua does not have are called in messages.
local shown = {
	secret = "string", file = "file name or false",
	print = "string or false",
	attributes = "true or a table of attributes",
	criteria = "string or table",
}

local known = {}
for key in pairs(keys) do
	known[#known + 1] = key
end
table.sort(known)

local function is_attributes(value)
	if type(value) ~= "table" or next(value) == nil then
		return false
	end
	for name, v in pairs(value) do
		if type(name) ~= "string" or type(v) ~= "string" then
			return false
		end
	end
	return true
end

local function has_type(value, expected)
	if expected == "secret" then
		return type(value) == "string" or core.type(value) == "secret"
	elseif expected == "integer" then
		return math.type(value) == "integer"
	elseif expected == "file" or expected == "print" then
		return type(value) == "string" or value == false
	elseif expected == "criteria" then
		return type(value) == "string" or type(value) == "table"
	elseif expected == "attributes" then
		return type(value) == "boolean" or is_attributes(value)
	end
	return type(value) == expected
end

-- Checks options for the function of that name.
function M.check_keys(name, t)
	for key, value in pairs(t) do
		if not keys[key] then
			local near = type(key) == "string" and
				core.nearest(key, known)
			if near then
				errors.argument(name, tostring(key),
					"no such option; did you mean %s?", near)
			end
			errors.argument(name, tostring(key), "no such option")
		elseif not has_type(value, keys[key]) then
			errors.argument(name, key, "%s expected, got %s",
				shown[keys[key]] or keys[key], type(value))
		end
	end
	local s = t.starttls
	if s and s ~= "auto" and s ~= "require" and s ~= "no" then
		errors.argument(name, "starttls",
			"auto, require or no expected")
	end
	local form = t.fingerprint and core.fingerprint_fault(t.fingerprint)
	if form then
		errors.argument(name, "fingerprint", "it is %s", form)
	end
end

-- The accounts of init.lua, if there is any.
local function accounts()
	return package.loaded["postel.account"]
end

local function with_port(spec)
	if spec.service then
		return spec -- DNS tells it
	end
	local port = ports[spec.protocol]
	spec.port = spec.port or port and port[spec.tls and 2 or 1]
	return spec
end

-- The parts of a URL.  Who is named at a domain logs in with the whole address
-- (RFC 6186 4): "imap:user@example.org".  A `user` beside the URL stays.
local function parse(url)
	local spec = core.url(url)
	if spec.service and spec.user and not spec.user:find "@" then
		spec.user = spec.user .. "@" .. spec.host
	end
	return spec
end

-- What a text names, an account or a URL, as a table.  What the command line
-- says goes before the account, and a secret that it names before all that
-- the account knows.
function M.named(text)
	local account = accounts() and accounts().find(text)
	if not account then
		local near = accounts() and not text:find "[:/]" and
			core.nearest(text, accounts().names)
		if near then
			errors.raise("usage", "%s is no URL and no account; " ..
				"did you mean %s?", text, near)
		end
		return parse(text)
	end
	local spec = account.url and parse(account.url) or {}
	for key, value in pairs(account) do
		spec[key] = value
	end
	if given.password_file or given.password_command then
		spec.password, spec.password_file = nil, nil
		spec.password_command, spec.keyring = nil, nil
	end
	if given.token_command then
		spec.token = nil
	end
	if given.cert then -- its key belongs to it
		spec.key = nil
	end
	for _, key in ipairs(inherited) do
		if given[key] ~= nil then
			spec[key] = given[key]
		end
	end
	return with_port(spec)
end

-- All that is known of a connection to be made, in one table.
function M.spec(target, options)
	local spec = {}
	local function add(t)
		for key, value in pairs(t) do
			spec[key] = value
		end
	end
	if type(target) == "string" then
		add(M.named(target))
	elseif type(target) == "table" then
		M.check_keys("connect", target)
		if target.url then
			add(parse(target.url))
		elseif target.service and target.host then
			add(parse(target.service .. ":" .. target.host))
		end
		add(target)
	else
		errors.argument("connect", "url",
			"string or table expected, got %s", type(target))
	end
	if options ~= nil then
		errors.expect("connect", "options", options, "table")
		M.check_keys("connect", options)
		add(options)
	end
	spec.own_starttls = spec.starttls
	local has_cert = spec.cert ~= nil
	for _, key in ipairs(inherited) do
		if spec[key] == nil and not (key == "key" and has_cert) then
			spec[key] = postel.options[key]
		end
	end
	spec.transport = spec.transport or "tcp"
	spec.fingerprint = spec.fingerprint or nil -- false: none
	-- Who says which certificate it must be wants one to be shown.
	spec.starttls = spec.starttls or
		(spec.fingerprint and "require" or "auto")
	return with_port(spec)
end

local function open(spec)
	local config = {trace = spec.tracer, found = spec.found_text,
		one_by_one = spec.pipelining == false}
	for _, key in ipairs {"protocol", "transport", "host", "port", "path",
		"tls", "ca", "cert", "key", "fingerprint", "insecure",
		"timeout", "proxy", "dns", "found_seconds", "tls_also",
		"tls_srv_id", "tls_sni", "tls_dane"} do
		config[key] = spec[key]
	end
	local conn, greeting = core.open(config)
	conn.name = spec.name or spec.host or spec.path
	conn.insecure = spec.insecure or false
	conn.clear_meant = spec.starttls == "no"
	conn.ehlo, conn.from = spec.ehlo, spec.from
	conn.account = spec.account
	conn.found = spec.found
	return conn, greeting
end

-- A connection that was greeted; the greeting may be a refusal.
local function greeted(spec)
	local conn, greeting = open(spec)
	local ok, e = pcall(function() errors.check(greeting:wait()) end)
	if not ok then
		conn:drop()
		error(e, 0)
	end
	return conn
end

-- ---- what the server can do ----

-- RFC 5321 4.1.1.1: a domain, else an address literal.
local function greeting_name(conn)
	local name = conn.ehlo or core.hostname() or ""
	if conn.ehlo or name:find "^[%w][%w%-%.]*$" and not
		name:find "%.%." and not name:find "[%-%.]$" then
		return name
	end
	return "[127.0.0.1]"
end

-- HELO is for servers that do not know EHLO (RFC 5321 3.2).
local function greet_smtp(conn)
	local reply = conn:send("EHLO", greeting_name(conn)):wait()
	if not reply.ok and (reply.number == 500 or reply.number == 502) then
		reply = conn:send("HELO", greeting_name(conn)):wait()
	end
	return reply
end

local ask = {
	smtp = function(conn) return errors.check(greet_smtp(conn)) end,
	lmtp = function(conn) return conn:call("LHLO", greeting_name(conn)) end,
	-- RFC 1939 servers refuse CAPA; then there are none.
	pop3 = function(conn) return conn:send "CAPA":wait() end,
	imap = function(conn) return conn:call "CAPABILITY" end,
}

-- Asks a server that has greeted what it can do; the reply.
function M.ask_capabilities(conn)
	local fn = ask[conn.protocol]
	return fn and fn(conn)
end

-- ---- TLS ----

local capability = {
	pop3 = "STLS", imap = "STARTTLS", smtp = "STARTTLS", lmtp = "STARTTLS",
}

local function tls_required(conn, format, ...)
	errors.raise("tls", "%s: %s", conn.name, errors.text(format, ...))
end

-- What the protocol calls the upgrade to TLS, and whether it is on offer.
function M.tls_offer(conn)
	local verb = capability[conn.protocol]
	return verb, conn:capability(verb) ~= nil
end

-- Whether a connection without TLS may be used all the same.
local function may_stay_clear(conn, spec)
	return conn.private or conn.insecure or not spec.user
end

-- The upgrade as spec.starttls wants it.  On a socket or a pipe `auto` does
-- nothing: there is no network, and no name that a certificate could have.
local function upgrade(conn, spec)
	local mode = spec.starttls
	if conn.tls or mode == "no" or
		mode == "auto" and spec.transport ~= "tcp" then
		return
	end
	local verb, offered = M.tls_offer(conn)
	if not offered then
		-- Under `auto` it is the login that is refused.
		if mode == "require" then
			tls_required(conn, "no %s on offer: the server " ..
				"has no TLS, or someone on the way took " ..
				"the offer away", verb)
		end
		return
	end
	local reply = conn:send(verb):wait()
	if reply.ok then
		M.ask_capabilities(conn)
	elseif mode == "require" or spec.user and not conn.insecure then
		-- Also on loopback: this is no server that has no TLS, and
		-- behind the address may be a tunnel.
		local e = errors.refusal(reply, "tls")
		e.message = errors.text("%s (TLS was refused; starttls=no " ..
			"would do without)", e.message)
		error(e, 0)
	end
end

-- RFC 9051 7.1.4: behind PREAUTH there is no STARTTLS, and no login that
-- would show whether this is the server.
local function check_preauth(conn, spec)
	if not conn.tls and (spec.starttls == "require" or
		spec.starttls == "auto" and not may_stay_clear(conn, spec)) then
		tls_required(conn, "logged in by PREAUTH, so no TLS is possible")
	end
end

-- What the server can do, and TLS as the policy has it; what comes before a
-- login, also on a connection that was opened by hand.  Whether the server
-- takes us for logged in already.
function M.prepare(conn, spec)
	local logged_in = conn.state == "authenticated"
	if logged_in then
		check_preauth(conn, spec)
	end
	if not conn.capabilities_known then
		M.ask_capabilities(conn)
	end
	if not logged_in then
		upgrade(conn, spec)
	end
	return logged_in
end

-- The same as the command line has it.
function M.by_hand(conn, user, starttls)
	return M.prepare(conn, {user = user,
		transport = conn.port and "tcp" or "pipe",
		starttls = starttls or postel.options.starttls or "auto"})
end

-- ---- all of it ----

-- Whether a server that DNS told is the right one, as soon as TLS can tell.
-- The MX of a domain may have any name: nobody logs in there.
local function check_found(conn, spec)
	if conn.tls and spec.found and spec.service ~= "mx" then
		require("postel.find").check(conn, spec.user)
	end
end

-- The mailbox, if one is wanted and the login's flight has not opened it; what is
-- found there.
local function open_mailbox(conn, spec, ahead)
	if not spec.mailbox or conn.protocol ~= "imap" or
		conn.state ~= "authenticated" and conn.state ~= "selected" then
		return nil
	end
	-- BAD is no verdict on the mailbox.
	if not ahead.opened or ahead.opened.status == "BAD" then
		return select(2, conn[spec.examine and "examine" or "select"](
			conn, spec.mailbox, {search = spec.search}))
	end
	errors.check(ahead.opened)
	return ahead.search and
		require("postel.mailbox").found(conn:current(), ahead.search)
end

-- The greeting may say what the server can do.
local function begin(conn, spec)
	check_found(conn, spec)
	if spec.raw then
		return nil
	end
	local logged_in = M.prepare(conn, spec)
	check_found(conn, spec)
	local ahead = {}
	if spec.login ~= false and not logged_in and (spec.user or
		require("postel.mechanism").is_nameless(spec.auth)) then
		ahead = select(3, require("postel.login").login(conn, spec, spec))
		conn.asked = ahead.list and ahead
	end
	return open_mailbox(conn, spec, ahead)
end

-- A connection that is ready; what begin() has found.
local function ready(spec)
	local conn
	if spec.service then
		conn, spec = require("postel.find").connect(spec, greeted)
	else
		conn = greeted(spec)
	end
	local ok, e = pcall(begin, conn, spec)
	if not ok then
		conn:drop()
		error(e, 0)
	end
	return conn, e
end

--- postel.connect(url)
--- postel.connect(url, options)
--- postel.connect(options) → conn, messages
-- Gives a connection that is greeted, in TLS where that was to be had, logged in
-- if a user is named, with the mailbox of the URL selected.  A URL may be the
-- name of an account as well.  Raises "dns", "connect", "tls", "auth" and
-- "refused".  The options go before what the URL and the command line say:
--
--	protocol	"pop3", "imap", "smtp" or "lmtp"
--	transport	"tcp", "unix" or "pipe"
--	host, port, path	the path is that of a socket, or a command
--	service	"imap", "imaps" … or "mx": host is a domain, whose server DNS
--		tells (RFC 6186, RFC 8314, RFC 5321 5)
--	dns	the name server to ask
--	tls	true: from the first octet on
--	starttls	"auto", "require" or "no"; see below
--	ca, cert, key	files in PEM; key is that of cert, if it is in another file
--	fingerprint	the SHA-256 of the certificate that is good, whatever else is to
--		be said of it; with it starttls is "require" unless something is said;
--		false: none, whatever the command line says
--	insecure	any certificate is good, and passwords may go in clear
--	timeout	seconds for connecting and for each reply
--	pipelining	false: each command waits for the reply to the one before it
--	proxy	as --proxy has it, or that as a secret
--	user	who logs in; then the secret, as below
--	auth	a mechanism, or USER for USER and PASS
--	authzid	in whose name (RFC 4422 2)
--	initial	false: no initial response
--	raw	true: nothing is sent behind the greeting
--	login	false: do not log in
--	mailbox, examine	what to select; examine is true: read-only
--	search	criteria as box:search() takes them, for that mailbox: what is found
--		stands behind the connection, and needs no round trip of its own
--	listing	true: the account's mailboxes will be asked for
--	ehlo	the name to say in EHLO
--	from	the sender of conn:mail(), if it names none
--	name	for messages
--	trace	a file, or "-" for standard error
--	url	the rest
--
-- "auto" takes STARTTLS or STLS where it is offered, on TCP connections.  If the
-- server does not offer it, or refuses it, nobody is logged in, by whatever
-- mechanism, unless the connection is private (TLS, a loopback address without a
-- proxy, a socket or a pipe), or insecure is set; without a user it goes on.
-- "no" is for servers that have no TLS, and allows mechanisms that do not show
-- the password.  A password goes in clear on no other connection than those that
-- are private or insecure.  After a refused login nothing else is tried.  Which
-- mechanism is taken, says postel(1).
--
-- Where a token is given, and the server offers OAUTHBEARER or XOAUTH2, that is
-- how to log in.  A mechanism that wants a token looks there first, and then
-- where a password would be looked for: the first of these that there is.
--
--	token	an OAuth2 token, a secret or a string
--	token_command	prints one
--	password	a secret or a string
--	password_file	its first line
--	password_command	the first line that it prints
--	keyring	the desktop's keyring: secret-tool lookup with these attributes, a
--		table; true stands for {service = host, user = user}
--	netrc	a file, in place of the one that NETRC names or ~/.netrc; false: none
--	prompt	false: nobody is asked on the terminal; true: netrc is not looked at
--		before
function M.connect(target, options)
	local spec = M.spec(target, options)
	if spec.trace then
		spec.tracer = core.trace(spec.trace, spec.name)
	end
	local ok, conn, found = pcall(ready, spec)
	if not ok and type(conn) == "table" and conn.anew then
		return ready(spec) -- postel.flight
	elseif not ok then
		error(conn, 0)
	end
	return conn, found
end

return M
