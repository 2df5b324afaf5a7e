-- fetch: iterates over messages of an IMAP mailbox.
--
-- Items without a message body are asked for many messages at once.  A body
-- is asked for message by message, ahead of its use, and can be read while it
-- comes: what is not read is kept on disk, not in memory.

local errors = require "postel.errors"

local M = {}

-- Messages in one command without bodies, and commands ahead with them.
local CHUNK, AHEAD = 250, 4

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

-- The attributes of FETCH responses as fields of a message.
local fields = {
	UID = function(m, value) m.uid = value end,
	FLAGS = function(m, value) m.flags = value end,
	ENVELOPE = function(m, value) m.envelope = named_envelope(value) end,
	INTERNALDATE = function(m, value) m.internaldate = value end,
	["RFC822.SIZE"] = function(m, value) m.size = value end,
	BODYSTRUCTURE = function(m, value) m.structure = value end,
}

-- A part of a message that came as a literal, or quoted, or NIL.
local function is_part(name)
	return name:find "^BODY%[" or name:find "^BINARY%[" or
		name == "RFC822" or name == "RFC822.TEXT" or
		name == "RFC822.HEADER"
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

-- Waits for the whole reply and takes what it says of this message.
-- m.missing: the server answered OK and had no such message.
function Message:complete()
	if rawget(self, "whole") then
		return self
	end
	self.whole = true
	errors.check(self.reply:wait())
	local seen = false
	for _, response in ipairs(self.reply.data) do
		if uid_of(response) == self.uid then
			take(self, response)
			seen = seen or self.part ~= nil
		end
	end
	self.missing = not seen
	return self
end

-- Whether the body that was given is that of this message.
function Message:is_sound()
	self:complete()
	return not self.missing and self.part == self.body
end

local lazy = {
	flags = true, envelope = true, internaldate = true, size = true,
	structure = true, number = true, items = true, missing = true,
	part = true,
}

function Message.__index(self, key)
	if lazy[key] and not rawget(self, "whole") then
		self:complete()
		return rawget(self, key)
	end
	return Message[key]
end

-- Marks and expunges this message.
function Message:delete()
	return self.box:messages(self.uid):delete()
end

-- ---- iterating ----

local function parenthesised(items)
	items = items:match "^%((.*)%)$" or items
	if not (" " .. items:upper() .. " "):find(" UID ", 1, true) then
		items = "UID " .. items
	end
	return "(" .. items .. ")"
end

-- One message a command.  If the body is the only item that can hold a
-- literal, it is the first of the reply, and can be had before the rest.
local function with_bodies(messages, items, may_stream)
	local box, next_uid = messages.box, messages.uids:each()
	local ahead = {}
	local function send()
		local uid = next_uid()
		if not uid then
			return false
		end
		local reply = box.conn:send("UID FETCH", tostring(uid), items)
		local m = {uid = uid, reply = reply, box = box}
		if may_stream then
			m.body = reply:body()
		end
		ahead[#ahead + 1] = setmetatable(m, Message)
		rawset(m, "items", {})
		return true
	end
	return function()
		while #ahead < AHEAD and send() do
		end
		local m = table.remove(ahead, 1)
		if m and not may_stream then
			m:complete()
			m.body = m.part
		end
		return m
	end
end

-- What the chunk's reply says, by UID; a message may come in pieces.
local function collect(messages, chunk, reply)
	local by_uid, order = {}, {}
	for _, response in ipairs(reply.data) do
		local uid = uid_of(response)
		if uid and chunk:has(uid) then
			local m = by_uid[uid]
			if not m then
				m = setmetatable({uid = uid, whole = true,
					items = {}, box = messages.box,
					reply = reply}, Message)
				by_uid[uid] = m
				order[#order + 1] = m
			end
			take(m, response)
		end
	end
	return order
end

local function without_bodies(messages, items)
	local conn, next_chunk = messages.box.conn, messages.uids:chunks(CHUNK)
	local ahead, ready = {}, {}
	local function send()
		local chunk = next_chunk()
		if chunk then
			ahead[#ahead + 1] = {chunk = chunk, reply = conn:send(
				"UID FETCH", tostring(chunk), items)}
		end
		return chunk ~= nil
	end
	return function()
		while #ready == 0 do
			while #ahead < 2 and send() do
			end
			local first = table.remove(ahead, 1)
			if not first then
				return nil
			end
			errors.check(first.reply:wait())
			ready = collect(messages, first.chunk, first.reply)
		end
		return table.remove(ready, 1)
	end
end

-- "UID FLAGS BODY.PEEK[]" and the like.
function M.iterate(messages, items)
	if type(items) ~= "string" then
		errors.argument(3, "fetch", "items",
			"string expected, got %s", type(items))
	end
	local upper = items:upper()
	local _, parts = upper:gsub("[%w%.]+%[", "")
	local whole = upper:find "%f[%w.]RFC822%f[^%w.]" or
		upper:find "RFC822%.TEXT" or upper:find "RFC822%.HEADER"
	if parts == 0 and not whole then
		return without_bodies(messages, parenthesised(items))
	end
	local strings = upper:find "ENVELOPE" or upper:find "STRUCTURE" or
		upper:find "%f[%w]BODY%f[^%w%.%[]"
	return with_bodies(messages, parenthesised(items),
		parts + (whole and 1 or 0) == 1 and not strings)
end

return M
