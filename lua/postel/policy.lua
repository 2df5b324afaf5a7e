-- policy: what init.lua tells the shell: settings, aliases, commands, hooks.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

local function check(name, argument, value, expected)
	if type(value) ~= expected then
		errors.argument(name, argument, "%s expected, got %s", expected,
			type(value))
	end
end

-- Calls a function of the shell, whose refusal is told at the caller.
local function tell(name, argument, fn, ...)
	local why = fn(...)
	if why then
		errors.argument(name, argument, "%s", why)
	end
end

-- A setting as :set would have it.
local function as_text(key, value)
	if type(value) == "boolean" then
		return value and "on" or "off"
	elseif math.type(value) == "float" and math.tointeger(value) then
		return tostring(math.tointeger(value))
	elseif type(value) == "number" then
		return tostring(value)
	end
	check("set", key, value, "string")
	return value
end

--- postel.set(settings)
-- Settings by their names, as :set of postel(1) has them, in a table: {timeout =
-- 20, keep_going = true, color = "off"}.  "_" stands for "-".  While init.lua runs,
-- what the command line says stays as it is.
function M.set(settings)
	for key, value in pairs(settings) do
		if type(key) ~= "string" then
			errors.argument("set", "settings",
				"names expected, got a %s", type(key))
		end
		tell("set", key, core.shell_set, key:gsub("_", "-"),
			as_text(key, value))
	end
end

--- postel.alias(name, line)
-- :name is short for the line; $1 … $9 in it are the words behind the name, $* all
-- of them.  Without any of these the words go behind the line.
function M.alias(name, line)
	check("alias", "name", name, "string")
	check("alias", "line", line, "string")
	tell("alias", "name", core.shell_alias, name, line)
end

--- postel.command(name, fn, help)
-- :name calls fn(words, conn) with an array of the words behind the name, and the
-- current connection, or nil.  An integer that it returns is its exit status; an
-- error is told in one line, as that of a script.  help, a line for :help, may be
-- missing.
function M.command(name, fn, help)
	check("command", "name", name, "string")
	check("command", "fn", fn, "function")
	if help ~= nil then
		check("command", "help", help, "string")
	end
	tell("command", "name", core.shell_command, name, fn, help)
end

--- postel.on(event, fn)
-- Has a function called, by the shell, when something has happened on a connection
-- that it has opened:
--
--	"open"	fn(conn), when it is ready for use
--	"login"	fn(conn), when somebody is logged in, in whatever way
--	"reply"	fn(conn, reply), when a line that was typed has its reply
--	"close"	fn(conn), when it has ended
--
-- Functions are called in the order of postel.on(), between two lines, never while
-- a command is under way.  They may send and wait.  An error is one line on
-- standard error and holds nothing else up.
function M.on(event, fn)
	check("on", "event", event, "string")
	check("on", "fn", fn, "function")
	tell("on", "event", core.shell_on, event, fn)
end

return M
