-- delivery: a sink (postel.mover) over an SMTP or LMTP connection.
--
-- The next message's MAIL and RCPT stand behind the final dot (RFC 2920 3.1).  The dot
-- itself waits until the message has come whole, and the ledger (postel.ledger) has it
-- on disk that it is about to go: so of one message at most nobody knows, when a
-- connection or a run ends, whether it was taken.  Where nothing has to be looked at
-- and no journal is kept, the dot goes at once.

local core = require "postel.core"
local errors = require "postel.errors"
local resent = require "postel.resent"
local sinks = require "postel.sink"
local task = require "postel.task"

local M = {}

-- How long the verdict on a message is waited for when all else has failed.
local VERDICT_SECONDS = 10

local Delivery, Item = {}, {}
Delivery.__index, Item.__index = Delivery, Item

-- A sink over conn.  options: from and to, the envelope, an address and an array;
-- ledger; resent, the address for Resent-From, if such fields are wanted; taken(m),
-- called at once when all recipients have got a message; uncertain(m, text), called
-- for a message whose fate is not known before it is sent again.
function M.delivery(conn, options)
	return setmetatable({conn = conn, options = options, items = {},
		window = 2}, Delivery)
end

-- ---- the final dot ----

-- Waits for the final dot to be due, and lets it go.
local function let_go(item)
	local sink, body, data = item.sink, item.body, item.transaction.data
	task.wait(function() return body.due or data:ready() end)
	if data:ready() then
		return
	elseif sink.stopped then
		errors.raise("closed", "%s: message %s was not sent any more",
			sink.conn.name, item.message.label)
	end
	sinks.check_sound(item.message)
	sink.options.ledger:begin(item.message.key, item.to)
	item.begun = true
	body:release()
end

-- Whether the dot may have gone: behind 354, where nobody holds it.
local function may_have_gone(item)
	return item.begun or not item.held and
		item.transaction:ends_by_itself()
end

-- Where the source is the cause, its error is the one to tell.
local function failure(item, e)
	local reply = item.message.reply
	if reply and reply.state == "failed" then
		local _, cause = pcall(reply.raise, reply)
		e = cause or e
	end
	if may_have_gone(item) and errors.is(e, "closed", "timeout") then
		e.unknown = true
		item.sink.options.ledger:begin(item.message.key, item.to)
		e.message = errors.text("%s; whether message %s was taken is " ..
			"unknown", e.message, item.message.label)
	end
	return e
end

local function note(item, result)
	local options = item.sink.options
	if item.held or #result.accepted > 0 then
		options.ledger:settle(item.message.key, result.accepted)
	end
	if #result.refused == 0 then
		if item.message.finish then
			item.message:finish()
		end
		options.taken(item.message)
	end
	-- Else the next entry, which is about to come, sees to it.
	local following = item.sink.items[2]
	if not (following and following.body.due) then
		options.ledger:sync()
	end
end

local function leave(sink, item)
	for i, other in ipairs(sink.items) do
		if other == item then
			table.remove(sink.items, i)
			return
		end
	end
end

-- A task for each message: what is acknowledged is noted at once, whatever is being
-- waited for elsewhere.
local function follow(item)
	local ok, e = pcall(function()
		if item.held then
			let_go(item)
		end
		local data = item.transaction.data
		task.wait(function() return data:ready() end)
		item.result = item.transaction:wait()
		note(item, item.result)
	end)
	item.error = not ok and failure(item, e) or nil
	leave(item.sink, item)
	item.body:close()
	item.message.body:close()
	item.done = true
end

-- ---- a message ----

-- The recipients who are to get it, or a refusal.
local function recipients(self, message)
	local options = self.options
	local to, unknown = options.ledger:remaining(message.key, options.to)
	if unknown then
		options.uncertain(message, errors.text("message %s may have been " ..
			"taken already: no reply to its final dot is known (RFC " ..
			"1047); it is sent again", message.label))
	end
	return to
end

local function submit(self, item, facts)
	local options, message = self.options, item.message
	local ok, t = pcall(self.conn.submit, self.conn, {
		from = options.from, to = item.to, body = item.body, facts = facts,
		size = message.size and message.size + #item.prefix,
	})
	if ok then
		return t
	end
	item.body:close()
	item.message.body:close()
	-- What this message cannot be carried for is a refusal of this message.
	if errors.is(t, "use") then
		t.kind = "refused"
	end
	error(t, 0)
end

-- What a message from this machine needs of its carrier; of one that is still on its
-- way nobody knows.
local function facts_of(body, prefix)
	local facts = body.source == nil and body:facts() or nil
	if facts then
		facts.crlf_size = facts.crlf_size + #prefix
	end
	return facts
end

-- Begins to send a message {key, label, body, size} and does not wait: gives what has
-- wait(), which raises a refusal.
function Delivery:put(message)
	if message.begin then
		message:begin()
	end
	local item = setmetatable({sink = self, message = message,
		to = recipients(self, message)}, Item)
	local options = self.options
	item.prefix = options.resent and
		resent.header(options.resent, options.to) or ""
	local facts = facts_of(message.body, item.prefix)
	item.held = options.ledger.lasting or message.is_sound ~= nil
	item.body = core.held_body(item.prefix, message.body, item.held)
	item.transaction = submit(self, item, facts)
	table.insert(self.items, item)
	task.spawn(follow, item)
	return item
end

local function refusal(item)
	local result = item.result
	local e = errors.new("refused", "%s: refused", item.sink.conn.name)
	e.part, e.refused = #result.accepted > 0, {}
	for i, r in ipairs(result.refused) do
		e.refused[i] = {text = r.address .. ": " .. r.text,
			temporary = r.temporary}
	end
	return e
end

function Item:wait()
	task.wait(function() return self.done end)
	if self.error then
		error(self.error, 0)
	elseif #self.result.refused > 0 then
		error(refusal(self), 0)
	end
	return self.result
end

-- ---- the end ----

-- What has not been sent whole yet is not sent any more.
function Delivery:stop()
	self.stopped = true
end

-- Whether there is a verdict on a message that has gone; it is waited for.
function Item:concluded()
	if may_have_gone(self) then
		task.wait(function() return self.done end,
			core.now() + VERDICT_SECONDS)
	end
	return self.done and self.result ~= nil
end

return M
