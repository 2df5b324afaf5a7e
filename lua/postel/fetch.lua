-- fetch: iterates over messages of an IMAP mailbox.
--
-- Many messages are asked for at once.  A body can be read while it comes;
-- what is not read is kept on disk, not in memory.  A message is good until
-- the next step.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- Messages in one command, whose numbers are then below 8 KiB (RFC 7162 4).
local CHUNK = 500

local Message = {}
Message.__name = "postel.message"

-- ---- the items ----

local function named_envelope(list)
	if type(list) ~= "table" then
		return false
	end
	local function addresses(value)
		local out = {}
		for i, a in ipairs(value or {}) do
			local mailbox, host = a[3] or nil, a[4] or nil
			out[i] = {
				name = a[1] or nil, mailbox = mailbox, host = host,
				address = mailbox and host and
					mailbox .. "@" .. host,
			}
		end
		return out
	end
	return {
		date = list[1] or nil, subject = list[2] or nil,
		from = addresses(list[3]), sender = addresses(list[4]),
		reply_to = addresses(list[5]), to = addresses(list[6]),
		cc = addresses(list[7]), bcc = addresses(list[8]),
		in_reply_to = list[9] or nil, message_id = list[10] or nil,
	}
end

M.named_envelope = named_envelope

-- What a response may say of a message, asked for or not, beside parts.
local expected = {
	UID = true, FLAGS = true, ENVELOPE = true, INTERNALDATE = true,
	["RFC822.SIZE"] = true, BODYSTRUCTURE = true, MODSEQ = true, BODY = true,
	EMAILID = true, THREADID = true,
}

-- A part by the name that a response gives it: without .PEEK, of a range
-- only where it begins; names of header fields may be quoted otherwise.
local function part_key(name)
	return (name:upper():gsub("%.PEEK%f[%[]", ""):gsub("%s*%(.*", "")
		:gsub("<(%d+)[%d.]*>$", "<%1>"))
end

-- Which names of items a response may have, as each is met: those that are expected
-- by all means and the parts that are asked for.
local function asked_names(items)
	local asked = {}
	for part in items:gmatch "[%w%.]+%b[]<?[%d.]*>?" do
		asked[part_key(part)] = true
	end
	for part in items:upper():gmatch "RFC822[%.%u]*" do
		asked[part] = true
	end
	return setmetatable({}, {__index = function(self, name)
		self[name] = expected[name] or asked[part_key(name)] or false
		return self[name]
	end})
end

-- The fields of m as the next response says (cmd:fetched): uid, flags, internaldate,
-- size, envelope, structure, number, part, items.
local function take(reply, m, begun)
	local whole, bodies = reply:fetched(m, begun)
	local envelope = whole ~= nil and rawget(m, "envelope")
	if envelope then
		m.envelope = named_envelope(envelope)
	end
	return whole, bodies
end

-- ---- one message with a body ----

-- Waits for the whole of the response and takes what it says.
function Message:complete()
	if rawget(self, "whole") then
		return self
	end
	local reply = self.reply
	local came, bodies = take(reply, self)
	if not came then
		task.wait(function()
			came, bodies = take(reply, self)
			return came or reply:ready()
		end)
	end
	if not came then
		came, bodies = take(reply, self)
	end
	self.whole = true
	if not came then
		reply:check()
		errors.raise("proto", "%s: the response for a message has no end",
			self.box.conn.name)
	end
	self.reader.bodies = bodies
	return self
end

--- m:is_sound()
-- Whether the body that was given is of a message that was asked for, and nothing
-- else stands in the response; to be asked when the body was read.  Who deletes
-- what it has read, asks.
function Message:is_sound()
	self:complete()
	self.box:verify()
	local reader = self.reader
	for name in next, self.items do
		if not reader.asked[name] then
			return false
		end
	end
	local uid = rawget(self, "uid")
	return uid ~= nil and reader.chunk:has(uid) and
		self.part == self.given
end

local lazy = {
	uid = true, number = true, flags = true, envelope = true,
	internaldate = true, size = true, structure = true, part = true,
}

function Message.__index(self, key)
	if lazy[key] and not rawget(self, "whole") then
		self:complete()
		return rawget(self, key)
	end
	return Message[key]
end

--- m:delete()
-- Removes this message, as messages:delete() does.
function Message:delete()
	return self.box:messages(self.uid):delete()
end

-- ---- iterating ----

-- One FETCH at a time: nothing in an untagged response says which of several
-- it belongs to (RFC 9051 7), and servers do mix them.

local function parenthesised(items)
	items = items:match "^%((.*)%)$" or items
	if not (" " .. items:upper() .. " "):find(" UID ", 1, true) then
		items = "UID " .. items
	end
	return "(" .. items .. ")"
end

local function new_message(reader)
	return {reader = reader, box = reader.box, reply = reader.reply}
end

-- Makes m, of a response that is whole, the message; false if it is not one of ours.
local function whole_message(reader, m)
	local uid, part = m.uid, m.part
	if not uid or not reader.chunk:has(uid) or part == nil then
		return false
	end
	m.whole, m.given = true, part
	m.body = type(part) == "string" and core.string_body(part) or part or nil
	setmetatable(m, Message)
	return true
end

-- Makes m the message of a response whose body has begun.
local function begun_message(reader, m)
	local body = reader.reply:body(reader.bodies + 1)
	m.items, m.body, m.given = m.items or {}, body, body
	-- Who asks for the next one before it begins reads it as it comes.
	reader.reply:body(reader.bodies + 2)
	return setmetatable(m, Message)
end

-- The next message of the reader's command, or nil at the end of its reply.
-- A body that has begun is given before its response is whole, if it can only
-- be that of the message; what stands in front of it is known already.
local function next_message(reader)
	local reply, may_stream = reader.reply, reader.may_stream
	local m = new_message(reader)
	while true do
		local whole, bodies = take(reply, m, may_stream)
		if whole then
			reader.bodies = bodies
			if whole_message(reader, m) then
				return m
			end
			m = new_message(reader)
		elseif may_stream and reply.bodies > reader.bodies then
			if not m.uid or reader.chunk:has(m.uid) then
				return begun_message(reader, m)
			end
			setmetatable(m, Message):complete()
			m = new_message(reader)
		elseif reply:ready() then
			reply:check()
			return nil
		else
			task.wait(reader.came)
		end
	end
end

-- Asks for the messages of a chunk.
local function new_reader(box, chunk, items, may_stream, asked)
	local reader = {chunk = chunk, bodies = 0, box = box, asked = asked,
		may_stream = may_stream, reply = box:verify().conn:send(
			"UID FETCH", tostring(chunk), items)}
	if may_stream then
		reader.reply:body(1)
	end
	reader.came = function()
		return may_stream and reader.reply.bodies > reader.bodies or
			reader.reply:ready()
	end
	return reader
end

local function with_bodies(messages, items, may_stream)
	local box, next_chunk = messages.box, messages.uids:chunks(CHUNK)
	local asked = asked_names(items)
	local reader, last
	return function()
		if last then
			last:complete()
		end
		while true do
			last = reader and next_message(reader)
			if last then
				return last
			elseif reader then
				reader.reply:release()
			end
			local chunk = next_chunk()
			if not chunk then
				return nil
			end
			reader = new_reader(box, chunk, items, may_stream, asked)
		end
	end
end

-- What the chunk's reply says, by UID; a message may come in pieces.  The memory of
-- the reply, which Lua does not count, is free then.
local function collect(messages, chunk, reply)
	local by_uid, order = {}, {}
	local m = {}
	while take(reply, m) do
		local uid = m.uid
		local known = uid and by_uid[uid]
		if known then
			for key, value in pairs(m.items) do
				known.items[key] = value
			end
			m.items = known.items
			for key, value in pairs(m) do
				known[key] = value
			end
		elseif uid and chunk:has(uid) then
			m.whole, m.box = true, messages.box
			by_uid[uid] = setmetatable(m, Message)
			order[#order + 1] = m
		end
		m = {}
	end
	reply:release()
	return order
end

-- Iterates over what comes of so many messages at a time; ask(chunk) is the reply.
local function by_chunks(messages, n, ask)
	local next_chunk, ready = messages.uids:chunks(n), {}
	return function()
		while #ready == 0 do
			local chunk = next_chunk()
			if not chunk then
				return nil
			end
			ready = collect(messages, chunk, ask(chunk))
		end
		return table.remove(ready, 1)
	end
end

local function without_bodies(messages, items)
	return by_chunks(messages, CHUNK, function(chunk)
		return messages.box:verify().conn:call("UID FETCH",
			tostring(chunk), items)
	end)
end

-- Of messages that have changed few are told, so many are asked for at once, as
-- one range; what lies between them is passed over (RFC 7162 3.1.4.1).
local function changed(messages, items, since)
	return by_chunks(messages, 8 * CHUNK, function(chunk)
		return messages.box:verify().conn:call("UID FETCH",
			chunk:min() .. ":" .. chunk:max(), items,
			("(CHANGEDSINCE %s)"):format(since))
	end)
end

-- "UID FLAGS BODY.PEEK[]" and the like.  {changed_since = modseq}: of those
-- messages only that have changed since, where the server counts changes.
function M.iterate(messages, items, options)
	if type(items) ~= "string" then
		errors.argument("fetch", "items",
			"string expected, got %s", type(items))
	end
	local upper = items:upper()
	local _, parts = upper:gsub("[%w%.]+%[", "")
	local whole = upper:find "%f[%w.]RFC822%f[^%w.]" or
		upper:find "RFC822%.TEXT" or upper:find "RFC822%.HEADER"
	if options and options.changed_since then
		return changed(messages, parenthesised(items),
			options.changed_since)
	elseif parts == 0 and not whole then
		return without_bodies(messages, parenthesised(items))
	end
	local strings = upper:find "ENVELOPE" or upper:find "STRUCTURE" or
		upper:find "%f[%w]BODY%f[^%w%.%[]"
	return with_bodies(messages, parenthesised(items),
		parts + (whole and 1 or 0) == 1 and not strings)
end

return M
