-- json: what servers say as JSON (RFC 8259), for other programs.
--
-- Members stand in a fixed order, integers are written with all their digits,
-- and every string is valid UTF-8: octets that are not become U+FFFD in texts,
-- and a message with such octets comes in base64.

local core = require "postel.core"

local M = {}

-- A larger message is not put into a line of JSON.
local BODY_MAX = 16 * 1024 * 1024

-- ---- writing ----

-- What JSON calls null; in a table nil would be no element.
local null = setmetatable({}, {__name = "null"})
M.null = null

-- An object whose members keep their order: {name, value} each.  Of two of a
-- name the last one counts.
local Object = {}

local function object(members)
	return setmetatable(members or {}, Object)
end

local function member(o, name, value)
	if value == nil then
		value = null
	end
	for _, m in ipairs(o) do
		if m[1] == name then
			m[2] = value
			return o
		end
	end
	o[#o + 1] = {name, value}
	return o
end

local escapes = {
	['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r",
	["\t"] = "\\t",
}

local function escape(c)
	return escapes[c] or ("\\u%04x"):format(c:byte())
end

-- Text whose octets may be anything.
local function utf8_text(s)
	if utf8.len(s) then
		return s
	end
	local parts, at = {}, 1
	while at <= #s do
		local _, bad = utf8.len(s, at)
		parts[#parts + 1] = s:sub(at, (bad or #s + 1) - 1)
		if bad then
			parts[#parts + 1] = "\u{FFFD}"
		end
		at = (bad or #s) + 1
	end
	return table.concat(parts)
end

local function escape_character(c)
	return ("\\u%04x"):format(utf8.codepoint(c))
end

-- Characters that a terminal would obey are escaped, too: C1 controls, and those
-- that change the direction of what stands around them.
local function put_string(out, s)
	out[#out + 1] = '"' .. utf8_text(s):gsub('[%c"\\\127]', escape)
		:gsub("\xc2[\x80-\x9f]", escape_character)
		:gsub("\xe2\x80[\x8b-\x8f\xa8-\xae]", escape_character)
		:gsub("\xe2\x81[\xa6-\xa9]", escape_character) .. '"'
end

local put

-- Elements between brackets; each is put by fn(i).
local function put_many(out, open, close, n, indent, fn)
	local inner = indent and indent .. "  "
	out[#out + 1] = open
	for i = 1, n do
		if i > 1 then
			out[#out + 1] = indent and "," or ", "
		end
		out[#out + 1] = inner and "\n" .. inner or nil
		fn(i, inner)
	end
	if indent and n > 0 then
		out[#out + 1] = "\n" .. indent
	end
	out[#out + 1] = close
end

local function put_object(out, o, indent)
	put_many(out, "{", "}", #o, indent, function(i, inner)
		put_string(out, tostring(o[i][1]))
		out[#out + 1] = ": "
		put(out, o[i][2], inner)
	end)
end

-- A table of Lua's: an array if it has no names.
local function put_table(out, t, indent)
	local names = {}
	for key in pairs(t) do
		if math.type(key) ~= "integer" then
			names[#names + 1] = key
		end
	end
	if #names == 0 then
		put_many(out, "[", "]", #t, indent, function(i, inner)
			put(out, t[i], inner)
		end)
		return
	end
	table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
	local o = {}
	for i, name in ipairs(names) do
		o[i] = {name, t[name]}
	end
	put_object(out, o, indent)
end

function put(out, value, indent)
	local kind = type(value)
	if value == null or value == nil then
		out[#out + 1] = "null"
	elseif kind == "table" and getmetatable(value) == Object then
		put_object(out, value, indent)
	elseif kind == "table" then
		put_table(out, value, indent)
	elseif kind == "boolean" or math.type(value) == "integer" then
		out[#out + 1] = tostring(value)
	elseif kind == "number" then
		out[#out + 1] = value - value == 0 and
			("%.17g"):format(value) or "null"
	else
		put_string(out, tostring(value))
	end
end

--- postel.json(value, indented) → string
-- A value as JSON (RFC 8259): tables with names as objects, sorted, others as
-- arrays; octets that are no UTF-8 become U+FFFD.
function M.json(value, indented)
	local out = {}
	put(out, value, indented and "" or nil)
	return table.concat(out)
end

-- ---- parts of replies ----

-- What an IMAP server says by NIL comes as false.
local function imap_value(value)
	if value == false then
		return null
	elseif core.type(value) == "body" then
		return value
	elseif type(value) == "table" then
		local list = {}
		for i, v in ipairs(value) do
			list[i] = imap_value(v)
		end
		return list
	end
	return value
end

-- A message or a part of one, and its text if that is UTF-8.  Where it went to
-- a file, its name is told.
local function body_value(body, saved)
	if saved then
		return object {{"saved", saved}}
	end
	local ok, text = pcall(body.text, body, BODY_MAX)
	if not ok then
		return object {{"size", null}, {"encoding", null},
			{"content", null}, {"error", tostring(text)}}
	end
	local is_utf8 = utf8.len(text) ~= nil
	return object {{"size", #text},
		{"encoding", is_utf8 and "utf-8" or "base64"},
		{"content", is_utf8 and text or core.base64(text)}},
		is_utf8 and text or nil
end

-- Bodies within a value that imap_value gave.
local function with_bodies(value, saved)
	if core.type(value) == "body" then
		return (body_value(value, saved))
	elseif type(value) == "table" and value ~= null and
		getmetatable(value) == nil then
		for i, v in ipairs(value) do
			value[i] = with_bodies(v, saved)
		end
	end
	return value
end

local function decoded(text)
	return text and core.header_decode(text) or null
end

local function addresses(list)
	local out = {}
	for i, a in ipairs(list) do
		out[i] = object {
			{"name", decoded(a.name)}, {"name_raw", a.name or null},
			{"mailbox", a.mailbox or null}, {"host", a.host or null},
			{"address", a.address or null},
		}
	end
	return out
end

local function envelope(list)
	local e = require("postel.fetch").named_envelope(list)
	if not e then
		return null
	end
	local o = object {{"date", e.date or null},
		{"subject", decoded(e.subject)},
		{"subject_raw", e.subject or null}}
	for _, key in ipairs {"from", "sender", "reply_to", "to", "cc", "bcc"} do
		member(o, key, addresses(e[key]))
	end
	member(o, "in_reply_to", e.in_reply_to)
	return member(o, "message_id", e.message_id)
end

-- A list of names and values in turn.
local function pairs_of(list, upper, value_of)
	local o = object()
	for i = 1, type(list) == "table" and #list or 0, 2 do
		local name = tostring(list[i])
		name = upper and name:upper() or name
		member(o, name, value_of(list[i + 1], name))
	end
	return o
end

local function mailbox(o, conn, name)
	name = type(name) == "string" and name or ""
	member(o, "mailbox", not conn.utf8 and core.mutf7_decode(name) or name)
	return member(o, "mailbox_raw", name)
end

local function rest(r, from)
	return imap_value(table.move(r, from, #r, 1, {}))
end

local function list_response(o, r, conn)
	member(o, "flags", imap_value(r[1]))
	member(o, "delimiter", imap_value(r[2]))
	mailbox(o, conn, r[3])
	return member(o, "extended", rest(r, 4))
end

local function words_response(o, r)
	return member(o, "words", rest(r, 1))
end

-- Untagged responses with a shape of their own; all others have "values".
local responses = {
	FETCH = function(o, r, _, saved)
		return member(o, "items", pairs_of(r[1], true,
			function(value, name)
				if name == "ENVELOPE" then
					return envelope(value)
				elseif name == "MODSEQ" and
					type(value) == "table" then
					return value[1]
				end
				return with_bodies(imap_value(value), saved)
			end))
	end,
	LIST = list_response, LSUB = list_response, XLIST = list_response,
	STATUS = function(o, r, conn)
		mailbox(o, conn, r[1])
		return member(o, "counts", pairs_of(r[2], true, imap_value))
	end,
	SEARCH = function(o, r)
		return member(o, "numbers", rest(r, 1))
	end,
	SORT = function(o, r)
		return member(o, "numbers", rest(r, 1))
	end,
	FLAGS = function(o, r)
		return member(o, "flags", imap_value(r[1]))
	end,
	ID = function(o, r)
		return member(o, "fields", pairs_of(r[1], false, imap_value))
	end,
	CAPABILITY = words_response, ENABLED = words_response,
}
local statuses = {OK = true, NO = true, BAD = true, BYE = true, PREAUTH = true}

local function response(r, conn, saved)
	local name = r.name:upper()
	local o = object {{"name", name}}
	if r.number then
		member(o, "number", r.number)
	end
	if statuses[name] then
		member(o, "code", r.code and imap_value(r.code) or null)
		return member(o, "text", r.text)
	elseif responses[name] then
		return responses[name](o, r, conn, saved)
	elseif #r > 0 then
		member(o, "values", with_bodies(rest(r, 1), saved))
	end
	return o
end

-- ---- data, by protocol ----

local function number(digits)
	return math.tointeger(tonumber(digits)) or digits
end

-- The lines of a listing: fn gives what one stands for.
local function each_line(text, fn)
	local list = {}
	for line in text:gmatch "[^\r\n]+" do
		list[#list + 1] = fn(line)
	end
	return list
end

local function named_pair(a, b)
	return function(data)
		return object {{a, data[1]}, {b, data[2]}}
	end
end
local sizes = named_pair("number", "octets")
local uids = named_pair("number", "uid")

-- RFC 1939, RFC 2449: one for replies of one line, one for listings.
local pop3 = {
	STAT = {one = named_pair("messages", "octets")},
	LIST = {
		one = sizes,
		all = function(text)
			return each_line(text, function(line)
				local n, size = line:match "^(%d+) +(%d+)"
				return n and sizes {number(n), number(size)}
			end)
		end,
	},
	UIDL = {
		one = uids,
		all = function(text)
			return each_line(text, function(line)
				local n, uid = line:match "^(%d+) +(%S+)"
				return n and uids {number(n), uid}
			end)
		end,
	},
	CAPA = {
		all = function(text)
			local o = object()
			each_line(text, function(line)
				member(o, line:match "^(%S*) *(.*)$")
			end)
			return o
		end,
	},
}

local function verb_of(command)
	return (command or ""):match "^%S*":upper()
end

local data = {}

function data.imap(reply, _, saved)
	local list = {}
	for _, r in ipairs(reply.data) do
		if not r.tagged then
			list[#list + 1] = response(r, reply.conn, saved)
		end
	end
	return list
end

function data.pop3(reply, command, _, text)
	local kind = pop3[verb_of(command)]
	if not kind or not reply.ok then
		return null
	elseif text then
		return kind.all and kind.all(text) or null
	end
	return kind.one and reply.data and kind.one(reply.data) or null
end

function data.smtp(reply, command)
	local verb = verb_of(command)
	if verb ~= "EHLO" and verb ~= "LHLO" or not reply.ok then
		return null
	end
	local o, names = object(), {}
	for name in pairs(reply.data) do
		names[#names + 1] = name
	end
	table.sort(names)
	for _, name in ipairs(names) do
		member(o, name, reply.data[name])
	end
	return o
end
data.lmtp = data.smtp

-- ---- whole objects ----

-- What was sent, without its tag.
local function command_of(reply)
	local sent, tag = reply.sent, reply.tag
	if sent and tag and sent:sub(1, #tag + 1) == tag .. " " then
		return sent:sub(#tag + 2)
	end
	return sent
end

local function error_value(e)
	if type(e) == "table" and e.kind then
		return object {{"kind", e.kind}, {"message", tostring(e)}}
	end
	return object {{"kind", "proto"},
		{"message", "the reply does not have the parts that it should"}}
end

-- What kept a reply from coming.
local function failure(reply)
	local ok, e = pcall(reply.raise, reply)
	return ok and null or error_value(e)
end

-- What a reply says beyond its lines: the data, the body of POP3, and an error
-- if it cannot be understood.
local function contents(reply, command, saved)
	local fn = data[reply.conn.protocol]
	local body, text = null, nil
	if reply.conn.protocol == "pop3" and reply.bodies > 0 then
		body, text = body_value(reply:body(), saved)
	end
	if not fn then
		return null, body, null
	end
	local ok, value = pcall(fn, reply, command, saved, text)
	if ok then
		return value, body, null
	end
	return null, body, error_value(value)
end

--- require("postel.json").reply(cmd, name) → object
-- What postel --json shows for a command; for postel.json().
function M.reply(reply, name, saved)
	local protocol = reply.conn.protocol
	local is_smtp = protocol == "smtp" or protocol == "lmtp"
	local command = command_of(reply)
	local parsed, body, problem = null, null, failure(reply)
	if reply.state == "done" then
		parsed, body, problem = contents(reply, command, saved)
	end
	return object {
		{"connection", name}, {"protocol", protocol or null},
		{"command", command or null}, {"tag", reply.tag or null},
		{"ok", reply.ok == true}, {"status", reply.status or null},
		{"temporary", reply.temporary},
		{"code", not is_smtp and reply.code or null},
		{"enhanced", reply.enhanced or null},
		{"text", reply.text or null}, {"lines", reply.lines},
		{"data", parsed}, {"body", body}, {"error", problem},
	}
end

-- What a server said unasked: {name, line, number}.
function M.event(conn, event, name)
	return object {
		{"connection", name}, {"protocol", conn.protocol or null},
		{"event", event.name}, {"number", event.number or null},
		{"line", event.line},
	}
end

return M
