-- fetch: iterates over messages of an IMAP mailbox.
--
-- Many messages are asked for at once.  A body can be read while it comes;
-- what is not read is kept on disk, not in memory.  A message is good until
-- the next step.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- Messages in one command.
local CHUNK = 250

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

-- The attributes of FETCH responses as fields of a message.
local fields = {
	UID = function(m, value) m.uid = value end,
	FLAGS = function(m, value) m.flags = value end,
	ENVELOPE = function(m, value) m.envelope = named_envelope(value) end,
	INTERNALDATE = function(m, value) m.internaldate = value end,
	["RFC822.SIZE"] = function(m, value) m.size = value end,
	BODYSTRUCTURE = function(m, value) m.structure = value end,
}

-- Others that may come, asked for or not.
local expected = {MODSEQ = true, BODY = true, EMAILID = true, THREADID = true}

-- A part of a message that came as a literal, or quoted, or NIL.
local function is_part(name)
	return name:find "^BODY%[" or name:find "^BINARY%[" or
		name == "RFC822" or name == "RFC822.TEXT" or
		name == "RFC822.HEADER"
end

-- A part by the name that a response gives it: without .PEEK, of a range
-- only where it begins; names of header fields may be quoted otherwise.
local function part_key(name)
	return (name:upper():gsub("%.PEEK%f[%[]", ""):gsub("%s*%(.*", "")
		:gsub("<(%d+)[%d.]*>$", "<%1>"))
end

-- The keys of the parts that are asked for.
local function asked_parts(items)
	local asked = {}
	for part in items:gmatch "[%w%.]+%b[]<?[%d.]*>?" do
		asked[part_key(part)] = true
	end
	for part in items:upper():gmatch "RFC822[%.%u]*" do
		asked[part] = true
	end
	return asked
end

local function take(m, response)
	m.number = response.number
	local list = response[1]
	if type(list) ~= "table" then
		return
	end
	for i = 1, #list, 2 do
		local name = tostring(list[i]):upper()
		local value = list[i + 1]
		if fields[name] then
			fields[name](m, value)
		elseif is_part(name) then
			m.part = value
		end
		m.items[name] = value
	end
end

-- The UID that a FETCH response names, or nil.
local function uid_of(response)
	if response.name:upper() ~= "FETCH" or type(response[1]) ~= "table" then
		return nil
	end
	for i = 1, #response[1], 2 do
		if tostring(response[1][i]):upper() == "UID" then
			return response[1][i + 1]
		end
	end
	return nil
end

-- ---- one message with a body ----

-- Waits for the whole of the response and takes what it says.
function Message:complete()
	if rawget(self, "whole") then
		return self
	end
	self.whole = true
	local reply, response = self.reply, nil
	task.wait(function()
		response = response or reply:response()
		return response ~= nil or reply:ready()
	end)
	response = response or reply:response()
	if not response then
		reply:check()
		errors.raise("proto", "%s: the response for a message has no end",
			self.box.conn.name)
	end
	self.reader.bodies = response.bodies
	self.uid, self.items = uid_of(response), {}
	take(self, response)
	return self
end

--- m:is_sound()
-- Whether the body that was given is of a message that was asked for, and nothing
-- else stands in the response; to be asked when the body was read.  Who deletes
-- what it has read, asks.
function Message:is_sound()
	self:complete()
	self.box:verify()
	for name in pairs(self.items) do
		if not fields[name] and not expected[name] and
			not self.reader.asked[part_key(name)] then
			return false
		end
	end
	return self.uid ~= nil and self.reader.chunk:has(self.uid) and
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

local function new_message(reader, m)
	m.reader, m.box = reader, reader.box
	m.reply, m.items = reader.reply, {}
	return setmetatable(m, Message)
end

-- The message of a response that is whole; nil if it is not one of ours.
local function whole_message(reader, response)
	reader.bodies = response.bodies
	local uid = uid_of(response)
	if not uid or not reader.chunk:has(uid) then
		return nil
	end
	local m = new_message(reader, {whole = true, uid = uid})
	take(m, response)
	m.given = m.part
	m.body = type(m.part) == "string" and core.string_body(m.part) or
		m.part or nil
	return m.part ~= nil and m or nil
end

-- The message of a response whose body has just begun.  What stands in front of
-- the body is known already.
local function begun_message(reader)
	local body = reader.reply:body(reader.bodies + 1)
	local m = new_message(reader, {body = body, given = body})
	local begun = reader.reply:begun_response()
	if begun then
		m.uid = uid_of(begun)
		take(m, begun)
	end
	return m
end

-- The next message of the reader's command, or nil at the end of its reply.
-- A body that has begun is given before its response is whole, if it can only
-- be that of the message.
local function next_message(reader, may_stream)
	local reply = reader.reply
	while true do
		local response = reply:response()
		if response then
			local m = whole_message(reader, response)
			if m then
				return m
			end
		elseif may_stream and reply.bodies > reader.bodies then
			return begun_message(reader)
		elseif reply:ready() then
			reply:check()
			return nil
		else
			local count = may_stream and reader.bodies or math.huge
			task.wait(function()
				return reply:ready() or reply.bodies > count
			end)
		end
	end
end

local function with_bodies(messages, items, may_stream)
	local box, next_chunk = messages.box, messages.uids:chunks(CHUNK)
	local asked = asked_parts(items)
	local reader, last
	return function()
		if last then
			last:complete()
		end
		while true do
			last = reader and next_message(reader, may_stream)
			if last then
				return last
			elseif reader then
				reader.reply:release()
			end
			local chunk = next_chunk()
			if not chunk then
				return nil
			end
			reader = {chunk = chunk, bodies = 0, box = box, asked = asked,
				reply = box:verify().conn:send("UID FETCH",
					tostring(chunk), items)}
		end
	end
end

-- What the chunk's reply says, by UID; a message may come in pieces.  The memory of
-- the reply, which Lua does not count, is free then.
local function collect(messages, chunk, reply)
	local by_uid, order = {}, {}
	for _, response in ipairs(reply.data) do
		local uid = uid_of(response)
		if uid and chunk:has(uid) then
			local m = by_uid[uid]
			if not m then
				m = setmetatable({uid = uid, whole = true,
					items = {}, box = messages.box},
					Message)
				by_uid[uid] = m
				order[#order + 1] = m
			end
			take(m, response)
		end
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
