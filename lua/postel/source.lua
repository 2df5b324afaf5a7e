-- source: bodies made from strings, files and functions.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

local CHUNK = 64 * 1024

-- A spool filled from a function that gives strings until nil.
local function collect(next_part)
	local spool = core.spool()
	for part in next_part do
		spool:add(part)
	end
	return spool:body()
end

-- A spool of what M.body takes, for what reads it by descriptor.
function M.spool(from)
	local body, spool = M.body(from), core.spool()
	for part in function() return body:read() end do
		spool:add(part)
	end
	return spool
end

-- The body at its beginning, or, where it cannot be read twice, a copy that can.
function M.rewindable(body)
	if body:rewind() then
		return body
	end
	return collect(function() return body:read() end)
end

--- postel.file(path) → body
-- The body of a file.  Raises "sys" if it cannot be opened.
function M.file(path)
	if type(path) ~= "string" then
		errors.argument("file", "path", "string expected, got %s",
			type(path))
	end
	return core.file_body(path)
end

--- postel.stdin() → body
-- All of standard input, read to its end; what is large is kept in a temporary
-- file.
function M.stdin()
	return M.body(io.stdin)
end

--- postel.body(from) → body
-- A body from a string, an open file, a function that gives strings until nil
-- (both are read to their end), or a body, which is given back.
function M.body(from)
	if type(from) == "string" then
		return core.string_body(from)
	elseif type(from) == "function" then
		return collect(from)
	elseif io.type(from) == "file" then
		return collect(function()
			local part, why = from:read(CHUNK)
			if why then
				errors.raise("sys", "%s", why)
			end
			return part
		end)
	elseif core.type(from) == "body" then
		return from
	end
	errors.argument("body", "from",
		"string, file, function or body expected, got %s", type(from))
end

return M
