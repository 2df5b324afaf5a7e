-- conn: what all connections can do, beyond what C gives them.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local metatable = core.metatable "conn"
local methods = metatable.methods

-- What each protocol calls the upgrade to TLS.
local starttls = {
	pop3 = "STLS", imap = "STARTTLS", smtp = "STARTTLS", lmtp = "STARTTLS",
}

-- A goodbye after an error does not wait for long.
local GOODBYE_SECONDS = 10

--- conn:call(verb, argument, ...) → reply
-- Sends a command, waits for it, and raises a refusal.
function methods:call(verb, ...)
	errors.expect("call", "verb", verb, "string")
	for i = 1, select("#", ...) do
		errors.expect("call", "argument", (select(i, ...)),
			"string|number|secret|body")
	end
	return self:send(verb, ...):check()
end

--- conn:on(event, fn) → conn
-- Has fn(conn, event) called for what comes unasked, while the script waits:
-- "EXISTS", "EXPUNGE", "BYE", "421", "ALERT" (IMAP's, with whatever reply it
-- comes), "closed" and so on, or "*" for all.  The event has name, line and
-- perhaps number.
function methods:on(name, fn)
	if type(name) ~= "string" then
		errors.argument("on", "name", "string expected, got %s",
			type(name))
	end
	if type(fn) ~= "function" then
		errors.argument("on", "fn", "function expected, got %s",
			type(fn))
	end
	task.listen(self, name, fn)
	return self
end

--- conn:refresh() → conn
-- Asks anew what the server can do.
function methods:refresh()
	require("postel.connect").ask_capabilities(self)
	return self
end

--- conn:starttls() → conn
-- Upgrades to TLS (RFC 2595, RFC 3207); what was learned before is asked again.
-- Raises "refused" and "tls".
function methods:starttls()
	local verb = starttls[self.protocol]
	self:call(verb)
	return self:refresh()
end

--- conn:login(options) → conn
-- Logs in, with the options of postel.connect(): user, password, auth and so on.
-- Raises "auth", and "tls" where TLS is missing for it.
function methods:login(options)
	errors.expect("login", "options", options, "table?")
	if not self.capabilities_known then
		self:refresh()
	end
	require("postel.login").login(self, options or {})
	return self
end

--- conn:password(user) → secret
-- The password of a user, from where conn:login() gets it; for conn:send().
function methods:password(user)
	return require("postel.login").password(self, user)
end

--- conn:save(set, target, options) → n
-- Saves messages of a POP3 connection, or of the mailbox that is selected, as :save
-- of postel(1) does, and returns how many.  set is "3" or "1,4:*"; options are uid
-- (the set is of UIDs) and overwrite.
function methods:save(set, target, options)
	return require("postel.save").save(self, set, target, options)
end

--- conn:part()
-- Says QUIT or LOGOUT and does not wait: conn:close() does, which costs several
-- connections one round trip together.
function methods:part()
	if self.is_open and not self.parting then
		self.parting = self:send(self.bye)
	end
end

--- conn:close() → reply
-- Says QUIT or LOGOUT and waits for the answer, whatever it says; nil if the
-- connection has ended before.
function methods:close()
	self:part()
	local bye = self.parting
	self.parting = nil
	local reply = bye and bye:wait()
	self:drop()
	return reply
end

-- After an error: what the server has confirmed so far is made final where
-- the protocol wants a goodbye for that (RFC 1939 6: without QUIT a server
-- removes nothing), and all else ends at once.
function methods:abandon()
	if self.is_open and
		(self.protocol == "pop3" or self.in_flight == 0) then
		pcall(function()
			local bye = self:send(self.bye)
			task.wait(function() return bye:ready() end,
				core.now() + GOODBYE_SECONDS)
		end)
	end
	self:drop()
end

-- `local c <close> = …`: says goodbye, in whatever way the block is left.
function metatable.__close(self, e)
	if e == nil then
		self:close()
	else
		self:abandon()
	end
end

return methods
