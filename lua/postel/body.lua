-- body: reading and saving message bodies.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local methods = core.metatable("body").methods

-- What :text() and a line of :lines() may hold.
local TEXT_MAX = 16 * 1024 * 1024
local CHUNK = 64 * 1024

-- What a body says of a reply that has none: the refusal, if it is one.
local function explain(body, e)
	local cmd = body.source
	if cmd and cmd.state == "done" and cmd.ok == false then
		return errors.refusal(cmd)
	end
	return e
end

-- Calls step(...), which takes octets of the body, until it gives something else than
-- false, which is returned; mostly it does so at once.
function methods:pour(step, ...)
	local ok, value = pcall(step, ...)
	if ok and value == false then
		local args = table.pack(...)
		ok, value = pcall(task.wait_for, function()
			return step(table.unpack(args, 1, args.n))
		end)
	end
	if not ok then
		error(explain(self, value), 0)
	end
	return value
end

--- body:read(n) → string
-- At most n octets (64 KiB) of what comes next, or nil at the end.  Raises what
-- ended the connection in the middle of it, and the refusal where there is no body.
function methods:read(n)
	n = n or CHUNK
	if math.type(n) ~= "integer" or n < 1 then
		errors.argument("read", "n", "a number from 1 on expected")
	end
	return self:pour(self.pull, self, n)
end

--- body:text(limit) → string
-- What is left.  More than limit octets (16 MiB) raise "limit".
function methods:text(limit)
	limit = errors.expect("text", "limit", limit, "number?") or TEXT_MAX
	local parts, size = {}, 0
	for part in function() return self:read() end do
		size = size + #part
		if size > limit then
			errors.raise("limit", "body is larger than %d octets",
				limit)
		end
		parts[#parts + 1] = part
	end
	return table.concat(parts)
end

--- body:lines()
-- Iterates over the lines, without their ends.  One over 16 MiB raises "limit".
function methods:lines()
	local buffer, at, over = "", 1, false
	return function()
		while true do
			local stop = buffer:find("\n", at, true)
			if stop or over then
				local line = buffer:sub(at, (stop or 0) - 1)
				if not stop and line == "" then
					return nil
				end
				at = (stop or #buffer) + 1
				return (line:gsub("\r$", ""))
			end
			buffer, at = buffer:sub(at), 1
			if #buffer > TEXT_MAX then
				errors.raise("limit", "line is too long")
			end
			local part = self:read()
			over = part == nil
			buffer = buffer .. (part or "")
		end
	end
end

--- body:write_to(file) → body
-- Writes the exact octets to an open file and flushes it.  A write that failed
-- raises "sys".
function methods:write_to(file)
	if io.type(file) ~= "file" then
		errors.argument("write_to", "file", "open file expected")
	end
	self:pour(self.drain, self, file)
	return self
end

--- body:print() → body
-- Writes it to standard output: the exact octets, but on a terminal control
-- characters are made visible.
function methods:print()
	if not core.isatty(io.stdout) then
		return self:write_to(io.stdout)
	end
	for line in self:lines() do
		if not io.stdout:write(core.vis(line), "\n") then
			errors.raise("sys", "cannot write to standard output")
		end
	end
	return self
end

--- body:save(path, options) → body
-- Saves the exact octets.  The file has its name only when all of it is on disk.
-- Raises "sys".  The options:
--
--	overwrite	a file that is there goes; else that is an error
--	temporary	until then it has this name, on the same disk, and six letters
--		behind it
--	before	before() is called when all is written and before it has its name
function methods:save(path, options)
	if type(path) ~= "string" then
		errors.argument("save", "path", "string expected, got %s",
			type(path))
	end
	errors.expect("save", "options", options, "table?")
	local overwrite = options ~= nil and options.overwrite
	local existing = not overwrite and io.open(path, "rb")
	if existing then
		existing:close()
		errors.raise("sys", "%s: File exists", path)
	end
	local saver <close> = core.saver(path, options and options.temporary)
	self:pour(saver.take, saver, self)
	if options and options.before then
		options.before()
	end
	saver:commit(overwrite)
	return self
end

return methods
