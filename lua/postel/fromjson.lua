-- fromjson: what other programs say in JSON (RFC 8259), as tables.

local json = require "postel.json"

local M = {}

-- Deeper than this is no summary of anybody's.
local DEPTH = 64

local escapes = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
	['"'] = '"', ["\\"] = "\\", ["/"] = "/"}
local words = {["true"] = true, ["false"] = false, null = json.null}

-- Raised, and caught in M.fromjson.
local wrong = {}

local value

local function space(text, at)
	return text:match("^[ \t\r\n]*()", at)
end

-- RFC 8259 7: beyond the first plane a character is two escapes.
local function unicode(text, at)
	local hex, stop = text:match("^u(%x%x%x%x)()", at)
	local code = hex and tonumber(hex, 16) or error(wrong)
	local low = code >= 0xD800 and code < 0xDC00 and
		text:match("^\\u([dD][c-fC-F]%x%x)", stop)
	if low then
		code = 0x10000 + ((code - 0xD800) << 10) +
			(tonumber(low, 16) - 0xDC00)
		stop = stop + 6
	elseif code >= 0xD800 and code < 0xE000 then
		code = 0xFFFD
	end
	return utf8.char(code), stop
end

-- The string whose first octet stands at at.
local function string_at(text, at)
	local out = {}
	while true do
		local run, stop = text:match('^([^"\\%c]*)()', at)
		out[#out + 1] = run
		local c = text:sub(stop, stop)
		if c == '"' then
			return table.concat(out), stop + 1
		elseif c ~= "\\" then
			error(wrong)
		end
		local letter = text:sub(stop + 1, stop + 1)
		if letter == "u" then
			out[#out + 1], at = unicode(text, stop + 1)
		else
			out[#out + 1] = escapes[letter] or error(wrong)
			at = stop + 2
		end
	end
end

local function number_at(text, at)
	local digits, stop = text:match("^(%-?%d+)()", at)
	if not digits or digits:find "^%-?0%d" then
		error(wrong)
	end
	local fraction = text:match("^%.%d+", stop) or ""
	local exponent = text:match("^[eE][+-]?%d+", stop + #fraction) or ""
	digits = digits .. fraction .. exponent
	return tonumber(digits) or error(wrong), at + #digits
end

-- What stands between brackets: calls one(at) for each element, which gives where it
-- ends.
local function list_at(text, at, close, one)
	at = space(text, at)
	if text:sub(at, at) == close then
		return at + 1
	end
	while true do
		at = space(text, one(space(text, at)))
		local c = text:sub(at, at)
		if c == close then
			return at + 1
		elseif c ~= "," then
			error(wrong)
		end
		at = at + 1
	end
end

local function object_at(text, at, depth)
	local object = {}
	at = list_at(text, at, "}", function(from)
		if text:sub(from, from) ~= '"' then
			error(wrong)
		end
		local name, stop = string_at(text, from + 1)
		stop = space(text, stop)
		if text:sub(stop, stop) ~= ":" then
			error(wrong)
		end
		object[name], stop = value(text, space(text, stop + 1), depth)
		return stop
	end)
	return object, at
end

local function array_at(text, at, depth)
	local array = {}
	at = list_at(text, at, "]", function(from)
		local stop
		array[#array + 1], stop = value(text, from, depth)
		return stop
	end)
	return array, at
end

function value(text, at, depth)
	local c = text:sub(at, at)
	if depth > DEPTH then
		error(wrong)
	elseif c == "{" then
		return object_at(text, at + 1, depth + 1)
	elseif c == "[" then
		return array_at(text, at + 1, depth + 1)
	elseif c == '"' then
		return string_at(text, at + 1)
	end
	local word, stop = text:match("^(%l+)()", at)
	if word then
		if words[word] == nil then
			error(wrong)
		end
		return words[word], stop
	end
	return number_at(text, at)
end

-- The value of a text in JSON: objects and arrays are tables, null is that of
-- postel.json.  Nil if it is no JSON, or nested more than 64 deep.
function M.fromjson(text)
	local ok, result = pcall(function()
		local v, stop = value(text, space(text, 1), 0)
		return space(text, stop) > #text and {v} or nil
	end)
	if not ok and result ~= wrong then
		error(result, 0)
	end
	return ok and result and result[1] or nil
end

return M
