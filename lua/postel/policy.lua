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

-- Settings, as behind :set: {timeout = 20, ["keep-going"] = true}; keep_going
-- is the same.  What the command line says goes before init.lua.
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

-- :NAME is short for line; $1 … $9 in it are the words behind the name, $*
-- all of them.  Without any of these the words go behind the line.
function M.alias(name, line)
	check("alias", "name", name, "string")
	check("alias", "line", line, "string")
	tell("alias", "name", core.shell_alias, name, line)
end

-- :NAME WORD… calls fn(words, conn), an array and the current connection (nil
-- if there is none).  An integer that it returns is the exit status; an error
-- is one of a script.  help is one line, for :help.
function M.command(name, fn, help)
	check("command", "name", name, "string")
	check("command", "fn", fn, "function")
	if help ~= nil then
		check("command", "help", help, "string")
	end
	tell("command", "name", core.shell_command, name, fn, help)
end

-- Has fn(conn) called when the shell has opened a connection ("open"), when
-- somebody is logged in on it ("login") and when it has ended ("close"), and
-- fn(conn, reply) when a line that was typed has its reply ("reply").
function M.on(event, fn)
	check("on", "event", event, "string")
	check("on", "fn", fn, "function")
	tell("on", "event", core.shell_on, event, fn)
end

return M
