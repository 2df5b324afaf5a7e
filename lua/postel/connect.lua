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
	login = "boolean", ehlo = "string", initial = "boolean",
	name = "string", trace = "string", scheme = "string", url = "string",
	examine = "boolean", raw = "boolean", from = "string",
	keyring = "attributes", netrc = "file", prompt = "boolean",
	token = "secret", token_command = "string",
}

local ports = {
	pop3 = {110, 995}, imap = {143, 993}, smtp = {25, 465}, lmtp = {24},
}

-- Options of the command line that hold where a URL says nothing.
local inherited = {
	"ca", "cert", "insecure", "starttls", "auth", "password_file",
	"password_command", "timeout", "trace", "authzid", "initial",
	"token_command",
}

-- How types that Lua does not have are called in messages.
local shown = {
	secret = "string", file = "file name or false",
	attributes = "true or a table of attributes",
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
	elseif expected == "file" then
		return type(value) == "string" or value == false
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
end

-- The accounts of init.lua, if there is any.
local function accounts()
	return package.loaded["postel.account"]
end

local function with_port(spec)
	local port = ports[spec.protocol]
	spec.port = spec.port or port and port[spec.tls and 2 or 1]
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
		return core.url(text)
	end
	local spec = account.url and core.url(account.url) or {}
	for key, value in pairs(account) do
		spec[key] = value
	end
	if given.password_file or given.password_command then
		spec.password, spec.password_file = nil, nil
		spec.password_command, spec.keyring = nil, nil
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
			add(core.url(target.url))
		end
		add(target)
	else
		errors.argument("connect", "url",
			"string or table expected, got %s", type(target))
	end
	if options ~= nil then
		M.check_keys("connect", options)
		add(options)
	end
	for _, key in ipairs(inherited) do
		if spec[key] == nil then
			spec[key] = postel.options[key]
		end
	end
	spec.transport = spec.transport or "tcp"
	spec.starttls = spec.starttls or "auto"
	return with_port(spec)
end

local function open(spec)
	local config = {label = spec.name}
	for _, key in ipairs {"protocol", "transport", "host", "port", "path",
		"tls", "ca", "cert", "insecure", "timeout", "trace"} do
		config[key] = spec[key]
	end
	local conn, greeting = core.open(config)
	conn.name = spec.name or spec.host or spec.path
	conn.insecure = spec.insecure or false
	conn.ehlo, conn.from = spec.ehlo, spec.from
	conn.account = spec.account
	return conn, greeting
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
	smtp = function(conn) errors.check(greet_smtp(conn)) end,
	lmtp = function(conn) conn:call("LHLO", greeting_name(conn)) end,
	-- RFC 1939 servers refuse CAPA; then there are none.
	pop3 = function(conn) conn:send "CAPA":wait() end,
	imap = function(conn) conn:call "CAPABILITY" end,
}

function M.ask_capabilities(conn)
	local fn = ask[conn.protocol]
	if fn then
		fn(conn)
	end
end

-- ---- TLS ----

local capability = {
	pop3 = "STLS", imap = "STARTTLS", smtp = "STARTTLS", lmtp = "STARTTLS",
}

local function tls_required(conn, format, ...)
	errors.raise("tls", "%s: %s", conn.name, errors.text(format, ...))
end

-- Whether a connection without TLS may be used all the same.
local function may_stay_clear(conn, spec)
	return conn.private or conn.insecure or not spec.user
end

-- The upgrade as spec.starttls wants it.  On a socket or a pipe `auto` does
-- nothing: there is no network, and no name that a certificate could have.
local function upgrade(conn, spec)
	local mode, verb = spec.starttls, capability[conn.protocol]
	if conn.tls or mode == "no" or
		mode == "auto" and spec.transport ~= "tcp" then
		return
	end
	if not conn:capability(verb) then
		if mode == "require" then
			tls_required(conn, "the server does not offer %s", verb)
		end
		return
	end
	local reply = conn:send(verb):wait()
	if reply.ok then
		M.ask_capabilities(conn)
	elseif mode == "require" or not may_stay_clear(conn, spec) then
		local e = errors.refusal(reply, "tls")
		e.message = errors.text("%s (TLS was refused)", e.message)
		error(e, 0)
	end
end

-- What comes before a login on a connection that was opened by hand.
function M.prepare(conn, spec)
	if not conn.capabilities_known then
		M.ask_capabilities(conn)
	end
	upgrade(conn, spec)
end

-- RFC 9051 7.1.4: behind PREAUTH there is no STARTTLS, and no login that
-- would show whether this is the server.
local function check_preauth(conn, spec)
	if not conn.tls and (spec.starttls == "require" or
		spec.starttls == "auto" and not may_stay_clear(conn, spec)) then
		tls_required(conn, "logged in by PREAUTH, so no TLS is possible")
	end
end

-- ---- all of it ----

-- The greeting may be a refusal, and may say what the server can do.
local function begin(conn, greeting, spec)
	errors.check(greeting:wait())
	if spec.raw then
		return
	end
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
	if spec.login ~= false and not logged_in and (spec.user or
		require("postel.mechanism").is_nameless(spec.auth)) then
		require("postel.login").login(conn, spec)
	end
	if spec.mailbox and conn.protocol == "imap" and
		conn.state == "authenticated" then
		conn:call(spec.examine and "EXAMINE" or "SELECT", spec.mailbox)
	end
end

-- Opens a connection: a URL, an account of init.lua or a table of options; a
-- second table adds to it.  It comes back greeted, in TLS where that was to be
-- had, logged in if a user was named, with the mailbox of the URL selected;
-- with {raw = true} it is greeted, and nothing has been sent.
function M.connect(target, options)
	local spec = M.spec(target, options)
	local conn, greeting = open(spec)
	local ok, e = pcall(begin, conn, greeting, spec)
	if not ok then
		conn:drop()
		error(e, 0)
	end
	return conn
end

return M
