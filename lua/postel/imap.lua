-- imap: the methods of IMAP connections (RFC 9051, RFC 3501).

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

local function check_name(method, name)
	if type(name) ~= "string" then
		errors.argument(method, "mailbox",
			"string expected, got %s", type(name))
	end
	return name
end

-- ---- mailboxes ----

local function open(self, verb, name, options)
	local arguments = {check_name(verb:lower(), name)}
	if options and options.condstore and self:capability "CONDSTORE" then
		arguments[2] = "(CONDSTORE)"
	end
	local mailbox = require "postel.mailbox"
	local opened = self:send(verb, table.unpack(arguments))
	local search = options and options.search and mailbox.send_search(self,
		options.search, self.send_ahead)
	local box = mailbox.new(self, opened:check())
	return box, search and mailbox.found(box, search)
end

--- imap:select(name, options) → box, messages
-- Opens a mailbox (RFC 9051 6.3.2), whose name is UTF-8.  With options.condstore the
-- server is to count changes, where it can (RFC 7162 3.1.8), for messages:fetch().
-- options.search are criteria as box:search() takes them: the messages that fit are
-- returned, too, for which no further round trip is needed.
function M:select(name, options)
	return open(self, "SELECT", name, options)
end

--- imap:examine(name, options) → box, messages
-- The same, read-only (RFC 9051 6.3.3).
function M:examine(name, options)
	return open(self, "EXAMINE", name, options)
end

--- imap:current() → box
-- The mailbox that is open.  Raises "use" if none is.
function M:current()
	if not self.mailbox then
		errors.raise("use", "%s: no mailbox is selected", self.name)
	end
	return require("postel.mailbox").new(self)
end

--- imap:unselect() → reply
-- Leaves it, and removes nothing (RFC 9051 6.4.2).
function M:unselect()
	return self:call "UNSELECT"
end

--- imap:create(name) → reply
-- Makes a mailbox (RFC 9051 6.3.4).
function M:create(name)
	return self:call("CREATE", check_name("create", name))
end

--- imap:delete(name) → reply
-- Removes a mailbox and all that is in it (RFC 9051 6.3.5).
function M:delete(name)
	return self:call("DELETE", check_name("delete", name))
end

--- imap:rename(from, to) → reply
-- Gives a mailbox another name (RFC 9051 6.3.6).
function M:rename(from, to)
	return self:call("RENAME", check_name("rename", from),
		check_name("rename", to))
end

--- imap:list(pattern, reference) → list
-- An array of the mailboxes that match ("*": all), with name, delimiter and flags
-- each (RFC 9051 6.3.9).
function M:list(pattern, reference)
	errors.expect("list", "pattern", pattern, "string?")
	errors.expect("list", "reference", reference, "string?")
	return require("postel.mailboxes").listed(self:call("LIST",
		reference or "", pattern or "*"))
end

--- imap:status(name, items) → counts
-- Counts of a mailbox that need not be open, with keys in lower case: messages,
-- unseen, uidnext and uidvalidity, or the items named (RFC 9051 6.3.11).
function M:status(name, items)
	errors.expect("status", "items", items, "string?")
	local reply = self:call("STATUS", check_name("status", name),
		"(" .. (items or "MESSAGES UNSEEN UIDNEXT UIDVALIDITY") .. ")")
	local counts = {}
	for _, r in ipairs(reply.data) do
		local values = r.name:upper() == "STATUS" and r[2]
		for i = 1, type(values) == "table" and #values or 0, 2 do
			counts[tostring(values[i]):lower()] = values[i + 1]
		end
	end
	return counts
end

--- imap:append(name, message, options) → uidvalidity, uid
-- Stores a message, a body or a string, with the options flags (an array) and
-- date, as IMAP writes it (RFC 9051 6.3.12).  Returns what the server tells
-- (RFC 4315), or nothing.
function M:append(name, message, options)
	check_name("append", name)
	options = errors.options("append", options,
		{flags = "table", date = "string"})
	if type(message) == "string" then
		message = core.string_body(message)
	elseif core.type(message) ~= "body" then
		errors.argument("append", "message",
			"body or string expected, got %s", type(message))
	end
	local args = {}
	if options.flags then
		args[1] = "(" .. table.concat(errors.expect_each("append",
			"flags", options.flags, "string"), " ") .. ")"
	end
	if options.date then
		args[#args + 1] = core.quote(options.date)
	end
	args[#args + 1] = message
	local reply = self:call("APPEND", name, table.unpack(args))
	local validity, uid = (reply.code or ""):match "^%u+ (%d+) (%d+)$"
	return math.tointeger(tonumber(validity)),
		math.tointeger(tonumber(uid))
end

-- ---- the mailbox that is open ----

for _, name in ipairs {"search", "fetch", "store", "copy", "move",
	"expunge"} do
	M[name] = function(self, ...)
		local box = self:current()
		return box[name](box, ...)
	end
end

-- IDLE is begun anew before a server may take a client for inactive (RFC 9051
-- 5.4: not before 30 minutes); without it NOOP is sent so often.  In seconds.
local IDLE_EVERY, NOOP_EVERY = 29 * 60, 60

local function noop_once(self, over, due)
	task.wait(function() return over() or not self.is_open end, due)
	if not over() then
		self:noop()
	end
end

-- One IDLE (RFC 2177, RFC 9051 6.3.13), until over() or due.
local function idle_once(self, over, due)
	local cmd = self:send "IDLE":wait()
	if cmd.status == "BAD" then
		self.no_idle = true -- whatever it said that it can
		return
	end
	if cmd.state == "asked" then
		task.wait(function()
			return over() or cmd.state ~= "asked"
		end, due)
		if cmd.state == "asked" then
			cmd:answer "DONE\r\n"
		end
	end
	cmd:check()
end

local function can_idle(self)
	return not self.no_idle and
		(self:capability "IDLE" or self:capability "IMAP4REV2") and true
end

--- imap:idle(seconds, options) → events
-- Waits until something comes, for at most so many seconds, or for ever: an array
-- of events with name, line and perhaps number, none if the time is over.  Waits in
-- IDLE (RFC 2177, RFC 9051 6.3.13), which is begun anew every options.every seconds
-- (29 minutes): that keeps the server from hanging up, and finds a connection that
-- is dead.  A server without IDLE is asked by NOOP every options.every seconds (60
-- at most).
-- options.wake, a function that must not raise, ends the waiting when it gives true.
-- Functions of conn:on() get the events as well.  Raises what a lost connection
-- raises, and "refused" if the server does not let us.
function M:idle(seconds, options)
	errors.expect("idle", "seconds", seconds, "number?")
	options = errors.options("idle", options,
		{every = "number", wake = "function"})
	local every = options.every or IDLE_EVERY
	local wake = options.wake or function() return false end
	local due = core.now() + (seconds or math.huge)
	local events = {}
	local _ <close> = task.listen(self, "*", function(_, event)
		events[#events + 1] = event
	end)
	local function over()
		return #events > 0 or wake()
	end
	task.dispatch()
	while not over() and core.now() < due do
		local now = core.now()
		if can_idle(self) then
			idle_once(self, over, math.min(due, now + every))
		else
			noop_once(self, over, math.min(due, now + every,
				now + NOOP_EVERY))
		end
		task.dispatch()
	end
	return events
end

-- ---- the session ----

--- imap:namespace() → namespaces
-- personal, other and shared, each an array of {prefix, delimiter}, or false
-- (RFC 2342).
function M:namespace()
	return require("postel.mailboxes").namespaces(self:call "NAMESPACE")
end

--- imap:id(fields) → fields
-- Says who we are, {name = …}, or nothing, and returns who the server is
-- (RFC 2971).
function M:id(fields)
	local parts = {}
	for key, value in pairs(errors.expect("id", "fields", fields, "table?") or
		{}) do
		errors.expect("id", "fields", key, "string")
		errors.expect("id", key, value, "string|number")
		parts[#parts + 1] = core.quote(key) .. " " .. core.quote(value)
	end
	table.sort(parts)
	local reply = self:call("ID", #parts > 0 and
		"(" .. table.concat(parts, " ") .. ")" or "NIL")
	local server = {}
	for _, r in ipairs(reply.data) do
		local list = r.name:upper() == "ID" and r[1]
		for i = 1, type(list) == "table" and #list or 0, 2 do
			server[tostring(list[i]):lower()] = list[i + 1]
		end
	end
	return server
end

--- imap:enable(name, ...) → enabled
-- Switches extensions on (RFC 9051 6.3.1): {NAME = true} of those that are.
function M:enable(...)
	errors.expect("enable", "name", (...), "string")
	local reply = self:call("ENABLE", ...)
	local enabled = {}
	for _, r in ipairs(reply.data) do
		if r.name:upper() == "ENABLED" then
			for _, name in ipairs(r) do
				enabled[tostring(name):upper()] = true
			end
		end
	end
	if enabled["UTF8=ACCEPT"] or enabled.IMAP4REV2 then
		self.utf8 = true
	end
	return enabled
end

--- imap:noop() → reply
-- Does nothing; the server answers, and tells what is new.
function M:noop()
	return self:call "NOOP"
end

--- imap:logout() → reply
-- The same as conn:close().
function M:logout()
	return self:close()
end

return M
