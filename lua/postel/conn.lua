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

-- Sends a command, waits for it, and raises a refusal.
function methods:call(verb, ...)
	return self:send(verb, ...):check()
end

-- Has fn(conn, event) called for each event of that name ("EXISTS", "BYE",
-- "closed"; "*" for all) that comes unasked; event is {name, line, number}.
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

-- Asks anew what the server can do.
function methods:refresh()
	require("postel.connect").ask_capabilities(self)
	return self
end

-- Upgrades to TLS; what was learned before is asked again.
function methods:starttls()
	local verb = starttls[self.protocol]
	self:call(verb)
	return self:refresh()
end

-- Logs in: {user =, password =, auth =, password_file =, …}.  What the server
-- can do is asked if it has not said so.
function methods:login(options)
	if not self.capabilities_known then
		self:refresh()
	end
	require("postel.login").login(self, options or {})
	return self
end

-- The password of a user on this connection, as a secret: from where the
-- command line says, ~/.netrc, or the terminal.
function methods:password(user)
	return require("postel.login").password(self, user)
end

-- Saves messages as files; see postel.save.
function methods:save(set, target, options)
	return require("postel.save").save(self, set, target, options)
end

-- Says QUIT or LOGOUT and waits for the answer.
function methods:close()
	if self.is_open then
		local reply = self:send(self.bye):wait()
		self:drop()
		return reply
	end
	self:drop()
	return nil
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
