-- login: whose secret, and the login itself.  Which mechanism is taken, and
-- what is never sent in clear, stands in postel.mechanism.

local core = require "postel.core"
local errors = require "postel.errors"
local mechanism = require "postel.mechanism"
local run = require "postel.run"

local M = {}

-- ---- the secret ----

-- The netrc file to look in; nil if the account, a table as connect takes it, does
-- not want that.
function M.netrc_path(o)
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
		words[#words + 1] = run.quote(name)
		words[#words + 1] = run.quote(attributes[name])
	end
	words = table.concat(words, " ")
	local ok, secret = pcall(core.secret_command,
		"secret-tool lookup " .. words)
	if ok or errors.is(secret, "cancel") then
		return ok and secret or error(secret, 0)
	end
	errors.raise("auth", "%s: the keyring gives no password; to store it: " ..
		"secret-tool store --label=%s %s", conn.name,
		run.quote(conn.name), words)
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
		local path = M.netrc_path(o)
		if path and conn.host then
			return (core.secret_netrc(path, machine(conn), o.user,
				conn.port))
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

-- A token is asked for in the same way, but has sources of its own before.
local token_sources = {
	function(_, o) return own(o.token) end,
	function(_, o)
		return o.token_command and
			core.secret_command(o.token_command, true)
	end,
}

-- The first that there is, or nil.
local function first_secret(conn, options, kind)
	for _, list in ipairs {kind == "token" and token_sources or {}, sources} do
		for _, source in ipairs(list) do
			local secret = source(conn, options)
			if secret then
				return secret
			end
		end
	end
	return nil
end

local function find_secret(conn, options, kind)
	local secret = first_secret(conn, options, kind)
	if secret then
		return secret
	end
	if kind == "token" then
		errors.raise("auth", "%s: no token for %s: give " ..
			"--token-command, or a terminal to ask on", conn.name,
			options.user)
	end
	errors.raise("auth", "%s: no password for %s: give --password-file, " ..
		"--password-command, an entry in ~/.netrc, or a terminal to ask on",
		conn.name, options.user)
end

-- Whether there is a password that nobody has to be asked for.
local function is_at_hand(conn, o)
	if o.password or o.password_file or o.password_command or o.keyring then
		return true
	end
	local path = M.netrc_path(o)
	if not path or not conn.host then
		return false
	end
	local secret <close> = (core.secret_netrc(path, machine(conn), o.user,
		conn.port))
	return secret ~= nil
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

local function inherit(options)
	for _, key in ipairs {"auth", "authzid", "initial", "cert",
		"password_file", "password_command", "token_command",
		"starttls"} do
		if options[key] == nil then
			options[key] = postel.options[key]
		end
	end
	return options
end

-- For who will log in again and again: the password of spec (postel.connect), if a
-- person has to be asked for it, as a secret; else nil.
function M.ask_once(spec)
	local o = inherit(setmetatable({}, {__index = spec}))
	if not o.user or o.token or o.token_command or o.auth and
		o.auth ~= "*" and core.mechanism(o.auth) ~= "password" or
		is_at_hand({host = spec.host}, o) or o.prompt == false then
		return nil
	end
	return core.secret_ask(errors.text("Password for %s at %s: ",
		core.vis(o.user), core.vis(spec.host or spec.path)))
end

-- ---- logging in ----

-- RFC 9051 6.2.2, 6.2.3: the capabilities may differ behind the login; a
-- server that has not told them by itself is asked, or was.
local function refresh_imap(conn, reply, asked)
	if reply.code and reply.code:upper():find "^CAPABILITY" then
		return
	end
	for _, response in ipairs(reply.data) do
		if response.name:upper() == "CAPABILITY" then
			return
		end
	end
	if not (asked and asked.ok) then
		conn:call "CAPABILITY"
	end
end

-- The password of a user, as a secret; an error if there is none.
function M.password(conn, user)
	if type(user) ~= "string" then
		errors.argument("password", "user", "string expected, got %s",
			type(user))
	end
	return find_secret(conn, inherit {user = user})
end

-- Sends the login, and what may go out with it (postel.flight), and waits for the
-- replies: that to the login, and the commands that went with it.
local function exchange(conn, mech, options, secret, wanted)
	local cmd, before = mechanism.start(conn, mech, options, secret)
	local flight = require "postel.flight"
	local ahead = wanted and flight.send(conn, mech, wanted)
	local ok, e = pcall(function()
		if before then
			errors.check(before:wait(), "auth")
		end
		errors.check(cmd:wait(), "auth")
	end)
	if not ok then
		flight.failed(conn, ahead, cmd, e)
	elseif ahead then
		flight.land(conn, ahead)
	end
	return cmd, ahead or {}
end

-- Logs in as options.user.  After a refusal nothing else is tried.  wanted, a table as
-- connect takes it, says what may go with the login.  Returns the reply, the mechanism
-- and the commands that went with it, by name.
function M.login(conn, options, wanted)
	inherit(options)
	local user = options.user
	if (user == nil and not mechanism.is_nameless(options.auth)) or
		(user ~= nil and (type(user) ~= "string" or user == "")) then
		errors.argument("login", "user", "a user name is needed")
	end
	check_tls(conn, options)
	local mech, kind = mechanism.choose(conn, options, function()
		return is_at_hand(conn, options)
	end)
	if conn.found then
		require("postel.find").check(conn, user)
	end
	local secret <close> = kind and find_secret(conn, options, kind) or nil
	local reply, ahead = exchange(conn, mech, options, secret, wanted)
	if conn.protocol == "imap" then
		refresh_imap(conn, reply, ahead.capability)
	end
	return reply, mech, ahead
end

-- ---- the shell ----

-- The user that the netrc file has for the host; what it is found by there.
local function netrc_user(conn, options)
	local path = M.netrc_path(options)
	if path and conn.host then
		return select(2, core.secret_netrc(path, machine(conn), nil,
			conn.port))
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

-- For :auth, as user: the secret that the command line, the account or netrc
-- names, or nil: then a person is to be asked.
function M.given(conn, user, kind)
	local options = inherit(options_of(conn, user))
	options.prompt = false
	if conn.found then
		require("postel.find").check(conn, user)
	end
	return first_secret(conn, options, kind)
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
	local nameless = mechanism.is_nameless(options.auth or
		postel.options.auth)
	if not options.user and not nameless then
		return {"user"}
	end
	require("postel.connect").by_hand(conn, options.user, options.starttls)
	options.in_clear = in_clear or postel.options.insecure
	local ok, reply, mech = pcall(M.login, conn, options)
	if not ok then
		return errors.is(reply, "auth", "tls") and reply.clear and
			{"clear", reply.message} or error(reply, 0)
	end
	local how = by_command[mech] or mech
	return {"done", options.user and
		errors.text("logged in as %s by %s", options.user, how) or
		errors.text("logged in by %s", how)}
end

return M
