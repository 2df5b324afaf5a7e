-- errors: tables {kind, message, reply, conn} that know how to print.

local core = require "postel.core"

local M = {}

-- A format of ours, in the user's language, filled.  tools/po knows this
-- function and those that call it by name.
function M.text(format, ...)
	return core.text(format):format(...)
end

-- An error of a kind, for error() or to be filled with more fields.
function M.new(kind, format, ...)
	return core.error(kind, M.text(format, ...))
end

function M.raise(kind, format, ...)
	error(M.new(kind, format, ...), 0)
end

-- What a server said, in one line: "550 5.1.1 no such user".
function M.words(reply)
	local text = reply.text or ""
	local status, code = reply.status or "", reply.code
	if code and not text:find(code, 1, true) then
		status = status .. (code:find("^%d") and " " .. code or
			" [" .. code .. "]")
	end
	return (status .. " " .. text):gsub("%s+$", "")
end

-- The verb of a command, for people; secrets are masked in what was sent.
local function what(reply)
	local sent = reply.sent or ""
	if reply.conn.protocol == "imap" then
		sent = sent:gsub("^%S+ ", "")
	end
	return #sent > 60 and sent:sub(1, 57) .. "..." or sent
end

-- The error for a command that was refused; kind is "refused" or "auth".
function M.refusal(reply, kind)
	local conn = reply.conn
	local words = M.words(reply)
	local sent = what(reply)
	if sent ~= "" then
		words = sent .. ": " .. words
	end
	local e = core.error(kind or "refused", conn.name .. ": " .. words)
	e.reply, e.conn, e.temporary = reply, conn, reply.temporary
	return e
end

-- The reply, unless it is a refusal: that is raised.
function M.check(reply, kind)
	if not reply.ok then
		error(M.refusal(reply, kind), 0)
	end
	return reply
end

-- Whether a caught value is an error of one of the kinds.
function M.is(e, ...)
	if type(e) ~= "table" then
		return false
	end
	for i = 1, select("#", ...) do
		if e.kind == select(i, ...) then
			return true
		end
	end
	return false
end

-- The level, and the source, of the first caller outside of this library.
local function outside()
	local level = 3
	local info = debug.getinfo(level, "S")
	while info and info.source:find "^=postel/" do
		level = level + 1
		info = debug.getinfo(level, "S")
	end
	return level - 1, info and info.source or ""
end

-- Where the library was called from: "@/path/of/a/file.lua", "=lua", or "".
function M.caller()
	local _, source = outside()
	return source
end

-- Misuse: names the function and the argument, at the place of the call.
function M.argument(name, argument, format, ...)
	local level = outside()
	error(M.text("bad argument '%s' to '%s' (%s)", argument, name,
		M.text(format, ...)), level)
end

-- Misuse unless value, an argument of the function `name`, has the type: one of
-- Lua's, "integer", or one of ours ("body"), or several, "string|body"; with "?"
-- behind them it may be nil.  Returns it.
function M.expect(name, argument, value, wanted)
	local types, optional = wanted:match "^([^?]*)(%??)$"
	if value == nil and optional == "?" then
		return value
	end
	for kind in types:gmatch "[^|]+" do
		if type(value) == kind or math.type(value) == kind or
			core.type(value) == kind then
			return value
		end
	end
	M.argument(name, argument, "%s expected, got %s",
		(types:gsub("|", " or ")), core.type(value) or type(value))
end

-- The same for each element of an array.
function M.expect_each(name, argument, list, wanted)
	for _, value in ipairs(M.expect(name, argument, list, "table")) do
		M.expect(name, argument, value, wanted)
	end
	return list
end

-- The options of the function `name`, a table or nil: {OPTION = type} says which
-- there are, and of which type, as M.expect has it.  Returns a table.
function M.options(name, options, known)
	for key, value in pairs(M.expect(name, "options", options, "table?") or
		{}) do
		if not known[key] then
			M.argument(name, tostring(key), "no such option")
		end
		M.expect(name, key, value, known[key])
	end
	return options or {}
end

return M
