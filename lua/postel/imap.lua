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
	local reply = self:call(verb, table.unpack(arguments))
	return require("postel.mailbox").new(self, reply)
end

-- Opens a mailbox; see postel.mailbox.  {condstore = true}: where it can, the server
-- is to count changes (RFC 7162 3.1.8), for messages:fetch.
function M:select(name, options)
	return open(self, "SELECT", name, options)
end

-- The same, read-only.
function M:examine(name, options)
	return open(self, "EXAMINE", name, options)
end

-- The mailbox that is open.
function M:current()
	if not self.mailbox then
		errors.raise("use", "%s: no mailbox is selected", self.name)
	end
	return require("postel.mailbox").new(self)
end

function M:unselect()
	return self:call "UNSELECT"
end

function M:create(name)
	return self:call("CREATE", check_name("create", name))
end

function M:delete(name)
	return self:call("DELETE", check_name("delete", name))
end

function M:rename(from, to)
	return self:call("RENAME", check_name("rename", from),
		check_name("rename", to))
end

-- A mailbox name of a response in UTF-8.
local function decode_name(self, name)
	name = tostring(name)
	return not self.utf8 and core.mutf7_decode(name) or name
end

-- Mailboxes that match a pattern: {name, delimiter, flags} each.
function M:list(pattern, reference)
	local list = {}
	local reply = self:call("LIST", reference or "", pattern or "*")
	for _, r in ipairs(reply.data) do
		if r.name:upper() == "LIST" and type(r[1]) == "table" then
			list[#list + 1] = {
				name = decode_name(self, r[3]),
				delimiter = r[2] or nil, flags = r[1],
			}
		end
	end
	return list
end

-- Counts of a mailbox that need not be open, keys in lower case.
function M:status(name, items)
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

-- Stores a message: a body or a string; options {flags = {…}, date = "…"}.
-- Returns UIDVALIDITY and UID where the server tells them (RFC 4315).
function M:append(name, message, options)
	check_name("append", name)
	options = options or {}
	if type(message) == "string" then
		message = core.string_body(message)
	elseif core.type(message) ~= "body" then
		errors.argument("append", "message",
			"body or string expected, got %s", type(message))
	end
	local args = {}
	if options.flags then
		args[1] = "(" .. table.concat(options.flags, " ") .. ")"
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

-- Waits in IDLE (RFC 2177) for at most so many seconds: the events that came,
-- {name, line, number} each.  Handlers of conn:on get theirs first.
function M:idle(seconds)
	local due = core.now() + (seconds or 29 * 60)
	local events = {}
	local function look()
		local event = self:event()
		while event do
			events[#events + 1] = event
			event = self:event()
		end
		return #events > 0
	end
	local cmd = self:send "IDLE"
	cmd:wait()
	if cmd.state == "asked" then
		task.wait(function()
			return look() or cmd.state ~= "asked"
		end, due)
		if cmd.state == "asked" then
			cmd:answer "DONE\r\n"
		end
	end
	cmd:check()
	look()
	return events
end

-- ---- the session ----

-- {personal, other, shared}, each an array of {prefix, delimiter}, or false.
function M:namespace()
	local reply = self:call "NAMESPACE"
	for _, r in ipairs(reply.data) do
		if r.name:upper() == "NAMESPACE" then
			return {personal = r[1], other = r[2], shared = r[3]}
		end
	end
	return {}
end

-- Says who we are, {name = …}, and returns who the server is (RFC 2971).
function M:id(fields)
	local parts = {}
	for key, value in pairs(fields or {}) do
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

-- Switches extensions on; returns {NAME = true} of those that are.
function M:enable(...)
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

function M:noop()
	return self:call "NOOP"
end

function M:logout()
	return self:close()
end

return M
