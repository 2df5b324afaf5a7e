-- run: programs that run while tasks go on.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- A word as the shell reads it back.
function M.quote(text)
	return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- An open file, at its beginning, that holds a body.
local function file_of(body)
	local file = io.tmpfile()
	if not file then
		errors.raise("sys", "cannot make a temporary file")
	end
	body:write_to(file)
	file:seek "set"
	return file
end

local function check(argv, options)
	if type(argv) == "string" then
		argv = {"/bin/sh", "-c", argv}
	elseif type(argv) ~= "table" or #argv == 0 then
		errors.argument("run", "argv", "string or array expected")
	end
	if options ~= nil and type(options) ~= "table" then
		errors.argument("run", "options", "table expected, got %s",
			type(options))
	end
	return argv, options or {}
end

--- postel.start(argv, options) → process
-- Starts a program: argv is an array, its name (looked for in PATH) and its
-- arguments, or a command for the shell.  Raises "sys" if it cannot be started.
-- The options:
--
--	files	a table by descriptor, from 0 to 7, of open files, bodies and secrets
--		that it gets to read, or of open files that it writes to, or "pipe": what
--		it writes there is given by process:read(); its standard input is else
--		empty, and its output goes where ours goes
--	env	names and values for its environment
--
-- It has no terminal, and is ended when we are, however that happens.
function M.start(argv, options)
	argv, options = check(argv, options)
	local files, env = {}, {}
	for number, value in pairs(options.files or {}) do
		files[number] = core.type(value) == "body" and file_of(value) or
			value
	end
	for name, value in pairs(options.env or {}) do
		env[#env + 1] = name .. "=" .. value
	end
	return core.process(argv, files, env)
end

--- postel.run(argv, options) → status
-- Starts a program in the same way and waits for it, while other tasks run: its
-- exit status, 128 and the signal's number if one has ended it.
function M.run(argv, options)
	local process <close> = M.start(argv, options)
	return process:wait()
end

return M
