-- init: what postel.NAME is; each module loads when a name of it is used.

local core = require "postel.core"

local modules = {
	connect = "connect",
	spawn = "task", join = "task", each = "task", sleep = "task",
	body = "source", file = "source", stdin = "source",
	message = "message", compose = "compose",
	maildir = "maildir", mbox = "mbox",
	progress = "progress",
	run = "run", start = "run",
	account = "account",
	alias = "policy", command = "policy", on = "policy",
	args = "args",
	journal = "journal",
	set = "set",
	json = "json",
}

--- postel.exit(status)
-- Ends the script with this exit status (0), without a word.
local function exit(status)
	local e = core.error("exit", "exit")
	e.status = status or 0
	error(e, 0)
end

--- postel.url(text) → parts
-- The parts of a URL, or of an account, in a table with the names that
-- postel.connect() has for them.  Raises "usage" if it is no URL.
local function url(text)
	if type(text) ~= "string" then
		require("postel.errors").argument("url", "text",
			"string expected, got %s", type(text))
	elseif package.loaded["postel.account"] then
		return require("postel.connect").named(text)
	end
	return core.url(text)
end

local functions = {
	exit = exit,
	url = url,
	secret = core.secret,
	visible = core.vis,
	type = core.type,
	status = core.status,
}

-- What completion shows of names that are not loaded yet.
local names = {}
for _, t in ipairs { modules, functions } do
	for name in pairs(t) do
		names[name] = exit
	end
end

setmetatable(postel, {
	__names = names,
	__index = function(t, name)
		local value = functions[name]
		if value == nil and modules[name] then
			value = require("postel." .. modules[name])[name]
		end
		rawset(t, name, value)
		return value
	end,
})

return postel
