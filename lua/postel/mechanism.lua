-- mechanism: which way to log in is taken, of those on offer.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- ---- what there is ----

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
			-- RFC 2449 6.6: in one packet where that may be.
			run = function(conn, user, secret)
				local cmd = conn:send("USER", user)
				if not conn:capability "PIPELINING" then
					errors.check(cmd:wait(), "auth")
				end
				return conn:send_ahead("PASS", secret), cmd
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

-- All ways to log in that are on offer, as the connection is now: SASL mechanisms
-- in the server's order, then commands, "+USER": {name, kind, shown} each, what is
-- wanted ("password", "token" or nil), and whether who listens learns it.
function M.offers(conn)
	local list = {}
	for _, name in ipairs(offered(conn)) do
		local kind, shown = core.mechanism(name)
		list[#list + 1] = {name = name, kind = kind, shown = shown}
	end
	for name, c in pairs(conn.capabilities_known and
		commands[conn.protocol] or {}) do
		if c.may(conn) then
			list[#list + 1] = {name = "+" .. name,
				kind = "password", shown = c.clear}
		end
	end
	return list
end

local function contains(list, value)
	for _, v in ipairs(list) do
		if v == value then
			return true
		end
	end
	return false
end

-- The command that "+X" names, if the server has it.
local function command(conn, mech)
	local name = mech:match "^%+(.*)"
	local c = name and commands[conn.protocol]
	c = c and c[name]
	return c and c.may(conn) and c or nil
end

local function available(conn, list, mech)
	if mech:find "^%+" then
		return command(conn, mech) ~= nil
	end
	return contains(list, mech) and conn:knows(mech)
end

-- "password" or "token", or nil if neither is wanted; and whether who listens
-- learns it.
local function nature(conn, mech)
	local c = command(conn, mech)
	if c then
		return "password", c.clear
	end
	return core.mechanism(mech)
end

-- Whether somebody else than the user is to be logged in, and this cannot say
-- whom: to be let in as the user would be worse than not at all.
local function is_mute(options, mech)
	return (options.authzid or "") ~= "" and (mech:find "^%+" ~= nil or
		not select(3, core.mechanism(mech)))
end

-- ---- preference ----

local function has_token(_, options)
	return options.token or options.token_command
end

local function has_certificate(conn, options)
	return options.cert and conn.tls
end

local function has_certificate_alone(conn, options, at_hand)
	return has_certificate(conn, options) and not at_hand()
end

-- In order of preference; "+X" is a command of the protocol, not a SASL
-- mechanism.  The server's own order plays no part: who stands between could
-- change it.
local order = {
	-- A token is for these alone, and who gives one wants one of them;
	-- OAUTHBEARER is the standard.
	{"OAUTHBEARER", has_token}, {"XOAUTH2", has_token},
	-- Who has a certificate and no password means it to be enough.
	{"EXTERNAL", has_certificate_alone},
	-- Both sides prove that they know the password and neither shows it.
	-- Bound to TLS, nobody can stand between, whatever certificate he has.
	{"SCRAM-SHA-512-PLUS"}, {"SCRAM-SHA-256-PLUS"}, {"SCRAM-SHA-1-PLUS"},
	{"SCRAM-SHA-512"}, {"SCRAM-SHA-256"}, {"SCRAM-SHA-1"},
	-- The password as it is, under TLS; the server may keep it hashed.
	{"PLAIN"}, {"LOGIN"},
	-- MD5, for which the server keeps all passwords in clear; better than
	-- nothing where there is no TLS.
	{"DIGEST-MD5"}, {"CRAM-MD5"},
	-- Commands, of which nobody says that they work: Dovecot has them, and
	-- refuses them, where it offers neither PLAIN nor LOGIN.
	{"+USER"}, {"+LOGIN"}, {"+APOP"},
	{"EXTERNAL", has_certificate},
	-- ANONYMOUS, GSSAPI, GS2-KRB5 and NTLM want to be asked for by name.
}

-- ---- what may be seen ----

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

-- A token is good for whoever has it (RFC 6750 5.3): no word of the user makes
-- it go in clear.
local function may_show(conn, kind, options)
	if kind == "token" then
		return conn.private
	end
	return clear_is_safe(conn, options)
end

local function no_token_in_clear(conn)
	errors.raise("auth", "%s: the token would go in clear: use TLS",
		conn.name)
end

-- ---- the choice ----

-- The mechanism that was asked for, or an error that says what there is.
local function named(conn, name, options)
	-- RFC 2384 3: ";AUTH=+APOP" names a command of POP3.
	name = name:upper():gsub("^%+", "")
	local list = offered(conn)
	local mech = available(conn, list, name) and name or "+" .. name
	if not available(conn, list, mech) then
		local known = table.concat(list, " ")
		if contains(list, name) then
			errors.raise("auth", "%s: the server offers %s, but " ..
				"it is not to be had here", conn.name, name)
		elseif known == "" then
			errors.raise("auth", "%s: %s is not on offer",
				conn.name, name)
		end
		errors.raise("auth", "%s: %s is not on offer; the server " ..
			"offers %s", conn.name, name, known)
	end
	local kind, shows = nature(conn, mech)
	if is_mute(options, mech) then
		errors.raise("auth", "%s: %s cannot say who to be (authzid); " ..
			"PLAIN and SCRAM can", conn.name, name)
	elseif shows and not may_show(conn, kind, options) then
		if kind == "token" then
			no_token_in_clear(conn)
		end
		no_clear(conn)
	end
	return mech
end

-- Why nothing can be chosen.
local function none(conn, list, options)
	local wanted, hidden, mute
	for _, row in ipairs(order) do
		local mech = row[1]
		local there = available(conn, list, mech)
		local kind, shows = nature(conn, mech)
		if there and is_mute(options, mech) then
			mute = true
		elseif there and kind == "token" then
			wanted = wanted or mech
		elseif there and shows then
			hidden = true
		end
	end
	local safe = clear_is_safe(conn, options)
	if has_token(conn, options) and wanted then
		no_token_in_clear(conn)
	elseif hidden and not safe or #list == 0 and not safe then
		no_clear(conn)
	elseif wanted then
		errors.raise("auth", "%s: the server wants a token (%s): " ..
			"give --token-command", conn.name, wanted)
	elseif mute then
		errors.raise("auth", "%s: nothing on offer can say who to be " ..
			"(authzid); PLAIN and SCRAM could", conn.name)
	elseif #list == 0 then
		errors.raise("auth", "%s: the server offers no login", conn.name)
	end
	errors.raise("auth", "%s: no way to log in that is known here" ..
		" is on offer (%s)", conn.name, table.concat(list, " "))
end

-- The first in the order; with `hiding` of those that do not show the password.
local function first(conn, options, at_hand, list, hiding)
	for _, row in ipairs(order) do
		local mech, when = row[1], row[2]
		local kind, shows = nature(conn, mech)
		if available(conn, list, mech) and
			not is_mute(options, mech) and
			(not shows or not hiding and
			may_show(conn, kind, options)) and
			(not when or when(conn, options, at_hand)) then
			return mech
		end
	end
	return nil
end

-- The best one on offer.  Over a network in clear what hides the password goes
-- first, whatever is allowed.
local function best(conn, options, at_hand)
	local list = offered(conn)
	return not conn.private and
		first(conn, options, at_hand, list, true) or
		first(conn, options, at_hand, list, false) or
		none(conn, list, options)
end

-- What to log in by: a mechanism, or "+X"; and what it needs, "password",
-- "token" or nil.  at_hand() says whether there is a password that nobody has
-- to be asked for.  An error if there is no way, or none that is safe.
function M.choose(conn, options, at_hand)
	local auth = options.auth
	if auth and auth ~= "*" then
		local mech = named(conn, auth, options)
		return mech, (nature(conn, mech))
	end
	local mech = best(conn, options, at_hand)
	local kind = nature(conn, mech)
	if kind == "password" and has_token(conn, options) and not at_hand() then
		errors.raise("auth", "%s: a token is given, but the server " ..
			"takes none; it offers %s", conn.name,
			table.concat(offered(conn), " "))
	end
	return mech, kind
end

-- Begins to log in by what was chosen; a command, and perhaps one before it that must
-- not have been refused.
function M.start(conn, mech, options, secret)
	local c = command(conn, mech)
	if c and c.run then
		return c.run(conn, options.user, secret)
	end
	return conn:authenticate {
		mech = mech:gsub("^%+", ""), user = options.user,
		password = secret, authzid = options.authzid,
		initial = options.initial ~= false,
	}
end

-- Whether a mechanism may do without a user: something else says who it is.
function M.is_nameless(auth)
	return auth ~= nil and auth ~= "*" and core.mechanism(auth) == nil
end

return M
