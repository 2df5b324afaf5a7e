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

-- Starts a program: argv is an array, its name (looked for in PATH) and its
-- arguments, or a command for the shell.  options:
--
--	files	a table by descriptor, from 0 to 7, of open files, bodies and
--		secrets that it gets to read, or open files that it writes to, or
--		"pipe": what it writes there is read by read(descriptor); its
--		standard input is else empty, and its output goes where ours goes
--	env	names and values for its environment
--
-- Returns a process; its wait() gives the exit status, 128 and the signal's number
-- if one has ended it, its signal(name) sends "INT", "TERM" or "KILL" to it and
-- what it has started, its read(descriptor) gives what has come from a pipe, nil
-- at its end, and its close(), as its end as a <close> variable, ends it.
-- It has no terminal, and is ended when we are, however that happens.  Raises
-- "sys" if it cannot be started.
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

-- Runs a program as start() does and waits for it: its exit status.
function M.run(argv, options)
	local process <close> = M.start(argv, options)
	return process:wait()
end

return M
