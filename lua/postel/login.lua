-- login: which mechanism, whose secret, and what is never sent in clear.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- ---- the secret ----

-- The file to look in; nil if the account does not want that.
local function netrc_path(o)
	if o.netrc == false or o.prompt then
		return nil
	end
	local path = o.netrc or os.getenv "NETRC"
	if path then
		return path
	end
	local home = os.getenv "HOME"
	return home and home .. "/.netrc"
end

-- Where a secret belongs: what the user has named, not what DNS made of it.
local function machine(conn)
	return conn.found and conn.found.domain or conn.host
end

local function shell_word(text)
	return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The desktop's keyring, by secret-tool(1).  By default a password is found
-- by the host, as "service", and by the user.
local function keyring_secret(conn, o)
	local attributes = o.keyring
	if attributes == true then
		attributes = {service = machine(conn) or conn.name,
			user = o.user}
	end
	local names, words = {}, {}
	for name in pairs(attributes) do
		names[#names + 1] = name
	end
	table.sort(names)
	for _, name in ipairs(names) do
		words[#words + 1] = shell_word(name)
		words[#words + 1] = shell_word(attributes[name])
	end
	words = table.concat(words, " ")
	local ok, secret = pcall(core.secret_command,
		"secret-tool lookup " .. words)
	if ok or errors.is(secret, "cancel") then
		return ok and secret or error(secret, 0)
	end
	errors.raise("auth", "%s: the keyring gives no password; to store it: " ..
		"secret-tool store --label=%s %s", conn.name,
		shell_word(conn.name), words)
end

-- What somebody gave as a string or as a secret, as a secret of our own: it is
-- wiped after the login, and an account's is not.
local function own(given)
	return given and core.secret(given)
end

-- Where a secret may come from, in this order; each gives it or nil.
local sources = {
	function(_, o) return own(o.password) end,
	function(_, o)
		return o.password_file and core.secret_file(o.password_file)
	end,
	function(_, o)
		return o.password_command and
			core.secret_command(o.password_command)
	end,
	function(conn, o) return o.keyring and keyring_secret(conn, o) end,
	function(conn, o)
		local path = netrc_path(o)
		if path and conn.host then
			return (core.secret_netrc(path, machine(conn), o.user))
		end
	end,
	function(conn, o)
		if o.prompt == false then
			return nil
		end
		return core.secret_ask(errors.text("Password for %s at %s: ",
			core.vis(o.user), core.vis(conn.name)))
	end,
}

local function find_secret(conn, options)
	for _, source in ipairs(sources) do
		local secret = source(conn, options)
		if secret then
			return secret
		end
	end
	errors.raise("auth", "%s: no password for %s: give --password-file, " ..
		"--password-command, an entry in ~/.netrc, or a terminal to ask on",
		conn.name, options.user)
end

-- Mechanisms that show a token (RFC 7628), and no password.
local bearer = {OAUTHBEARER = true, XOAUTH2 = true}

-- The OAuth2 token, as a secret; nil if there is none.
local function find_token(options)
	return own(options.token) or options.token_command and
		core.secret_command(options.token_command, true)
end

-- What the mechanism shows, or proves to know.
local function credential(conn, mech, options)
	if not bearer[mech] then
		return find_secret(conn, options)
	end
	return find_token(options) or errors.raise("auth", "%s: no token for " ..
		"%s: give --token-command", conn.name, options.user)
end

-- ---- the mechanism ----

-- The SASL mechanisms on offer, in the server's order.
local function offered(conn)
	local name = conn.protocol == "pop3" and "SASL" or "AUTH"
	local list = {}
	for mech in (conn:capability(name) or ""):gmatch "%S+" do
		list[#list + 1] = mech:upper()
	end
	return list
end

-- Ways to log in without SASL; each is on offer as its `may` says.
local commands = {
	pop3 = {
		APOP = {
			clear = false,
			may = function(conn) return conn.stamp ~= nil end,
		},
		USER = {
			clear = true,
			may = function(conn)
				return not conn.capabilities_known or
					conn:capability "USER" ~= nil
			end,
			run = function(conn, user, secret)
				errors.check(conn:send("USER", user):wait(),
					"auth")
				return conn:send("PASS", secret)
			end,
		},
	},
	imap = {
		LOGIN = {
			clear = true,
			may = function(conn)
				return not conn:capability "LOGINDISABLED"
			end,
			run = function(conn, user, secret)
				return conn:send("LOGIN", user, secret)
			end,
		},
	},
}

-- Mechanisms in order of preference, where the line is private and where it
-- is not.  "+X" is a command of the protocol, not a SASL mechanism.
local private_order = {"PLAIN", "LOGIN", "+USER", "+LOGIN", "SCRAM-SHA-256",
	"SCRAM-SHA-1", "CRAM-MD5", "+APOP"}
local open_order = {"SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "+APOP"}
local sends_clear = {PLAIN = true, LOGIN = true}

local function contains(list, value)
	for _, v in ipairs(list) do
		if v == value then
			return true
		end
	end
	return false
end

local function command(conn, name)
	local c = commands[conn.protocol]
	c = c and c[name]
	return c and c.may(conn) and c or nil
end

-- Whether the password may go as it is.
local function clear_is_safe(conn, options)
	return conn.private or conn.insecure or options.in_clear
end

local function no_clear(conn)
	local e = errors.new("auth", "%s: the password would go in clear: " ..
		"use TLS, or say insecure if that is meant", conn.name)
	e.clear = true
	error(e, 0)
end

-- The mechanism that was asked for, or an error that says what there is.
local function named(conn, name, options)
	-- RFC 2384 3: ";AUTH=+APOP" names a command of POP3.
	name = name:upper():gsub("^%+", "")
	local list = offered(conn)
	local sasl = contains(list, name) and conn:knows(name)
	local by_command = command(conn, name)
	if not sasl and not by_command then
		local known = table.concat(list, " ")
		if known == "" then
			errors.raise("auth", "%s: %s is not on offer",
				conn.name, name)
		end
		errors.raise("auth", "%s: %s is not on offer; the server " ..
			"offers %s", conn.name, name, known)
	end
	local clear = sasl and sends_clear[name] or
		not sasl and by_command.clear
	if clear and not clear_is_safe(conn, options) then
		no_clear(conn)
	end
	return sasl and name or "+" .. name
end

-- Over a network what hides the password goes first, whatever is allowed.
local function order(conn, safe)
	if conn.private or not safe then
		return safe and private_order or open_order
	end
	return table.move(private_order, 1, #private_order, #open_order + 1,
		table.move(open_order, 1, #open_order, 1, {}))
end

-- The best one on offer.
local function best(conn, options)
	local safe = clear_is_safe(conn, options)
	local list = offered(conn)
	for _, name in ipairs(order(conn, safe)) do
		local plus = name:match "^%+(.*)"
		if plus and command(conn, plus) or not plus and
			contains(list, name) and conn:knows(name) then
			return name
		end
	end
	if safe then
		errors.raise("auth", "%s: no way to log in that is known here" ..
			" is on offer (%s)", conn.name,
			#list > 0 and table.concat(list, " ") or
			core.text "none")
	end
	no_clear(conn)
end

-- Somebody on the way who takes the offer of TLS away can read and change all
-- that follows a login, whatever mechanism hides the password (RFC 8314 3).
local function check_tls(conn, options)
	if conn.private or conn.insecure or conn.clear_meant or
		options.in_clear or options.starttls == "no" then
		return
	end
	local verb, there = require("postel.connect").tls_offer(conn)
	local e = there and errors.new("tls", "%s: %s was not done, and " ..
		"there is no login without TLS; starttls=no would do without",
		conn.name, verb) or
		errors.new("tls", "%s: no %s on offer: the server has no TLS, " ..
		"or someone on the way took the offer away; starttls=no " ..
		"would do without", conn.name, verb)
	e.clear = true
	error(e, 0)
end

-- ---- logging in ----

local function start(conn, mech, options, secret)
	local plus = mech:match "^%+(.*)"
	local by_command = plus and command(conn, plus)
	if by_command and by_command.run then
		return by_command.run(conn, options.user, secret)
	end
	return conn:authenticate {
		mech = plus or mech, user = options.user, password = secret,
		authzid = options.authzid, initial = options.initial ~= false,
	}
end

-- RFC 9051 6.2.2, 6.2.3: the capabilities may differ behind the login; a
-- server that has not told them by itself is asked.
local function refresh_imap(conn, reply)
	if reply.code and reply.code:upper():find "^CAPABILITY" then
		return
	end
	for _, response in ipairs(reply.data) do
		if response.name:upper() == "CAPABILITY" then
			return
		end
	end
	conn:call "CAPABILITY"
end

local function inherit(options)
	for _, key in ipairs {"auth", "password_file", "password_command",
		"token_command", "starttls"} do
		if options[key] == nil then
			options[key] = postel.options[key]
		end
	end
	return options
end

-- The password of a user, as a secret; an error if there is none.
function M.password(conn, user)
	if type(user) ~= "string" then
		errors.argument("password", "user", "string expected, got %s",
			type(user))
	end
	return find_secret(conn, inherit {user = user})
end

-- Logs in as options.user.  After a refusal nothing else is tried.
function M.login(conn, options)
	if type(options.user) ~= "string" or options.user == "" then
		errors.argument("login", "user", "a user name is needed")
	end
	inherit(options)
	check_tls(conn, options)
	local auth = options.auth
	local mech = auth and auth ~= "*" and named(conn, auth, options) or
		best(conn, options)
	if conn.found then
		require("postel.find").check(conn, options.user)
	end
	local secret <close> = credential(conn, mech, options)
	local reply = errors.check(
		start(conn, mech, options, secret):wait(), "auth")
	if conn.protocol == "imap" then
		refresh_imap(conn, reply)
	end
	return reply, mech
end

-- ---- the shell ----

-- The user that the netrc file has for the host; what it is found by there.
local function netrc_user(conn, options)
	local path = netrc_path(options)
	if path and conn.host then
		return select(2, core.secret_netrc(path, machine(conn)))
	end
end

-- What a connection is logged in with: as user, or as the account by which it
-- was opened says.
local function options_of(conn, user)
	local options = {}
	local account = conn.account and
		require("postel.connect").named(conn.account)
	if account and (not user or user == account.user) then
		options = account
	end
	options.user = user or options.user or netrc_user(conn, options)
	return options
end

local by_command = {
	["+USER"] = "USER and PASS", ["+LOGIN"] = "the command LOGIN",
	["+APOP"] = "APOP",
}

-- :login, as user or, if that is nil, as whoever the account or netrc says.
-- TLS comes before it where it is offered.  Returns what is missing, and
-- nothing was sent then: "user", or "clear", the word of the user that it may
-- be done without TLS, and why; or "done", and what was done.
function M.shell(conn, user, in_clear)
	local options = options_of(conn, user)
	if not options.user then
		return {"user"}
	end
	require("postel.connect").by_hand(conn, options.user, options.starttls)
	options.in_clear = in_clear or postel.options.insecure
	local ok, reply, mech = pcall(M.login, conn, options)
	if not ok then
		return errors.is(reply, "auth", "tls") and reply.clear and
			{"clear", reply.message} or error(reply, 0)
	end
	return {"done", errors.text("logged in as %s by %s", options.user,
		by_command[mech] or mech)}
end

return M
