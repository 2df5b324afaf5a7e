-- delivery: a sink (postel.mover) over SMTP or LMTP connections.
--
-- Messages are sent ahead of the verdicts on those before.  By DATA, MAIL and RCPT of
-- the next one stand behind the final dot, in its packet (RFC 2920 3.1): a round trip
-- for each, so there may be several connections (postel.lanes).  By BDAT, where the
-- server offers CHUNKING (RFC 3030), nothing is waited for; small messages go that way,
-- all in memory before they are begun.
--
-- A ledger (postel.ledger) that lasts has it on disk that a message is about to be
-- whole at the server, before it is: the final dot is held until then, and so is a
-- BDAT.  So of one message for each connection at most nobody knows, when it or the run
-- ends, whether it was taken; by BDAT to a server that is far, of a few more, and one
-- sync is for all of them.  Without a journal nothing is held.

local core = require "postel.core"
local errors = require "postel.errors"
local gathering = require "postel.gathering"
local lanes = require "postel.lanes"
local resent = require "postel.resent"
local sinks = require "postel.sink"
local task = require "postel.task"

local M = {}

-- How long verdicts are waited for when all else has failed.
local PATIENCE = 10

-- So many messages are under way on a connection, by DATA and by BDAT; and so many of
-- which nobody may know if each would cost a long round trip.
local BY_DATA, BY_BDAT, UNKNOWN_FAR = 4, 32, 8

local Delivery, Item = {}, {}
Delivery.__index, Item.__index = Delivery, Item

local work, start

-- ---- how many are under way ----

-- A few messages go by DATA: little is gained by BDAT, and who reads along knows it
-- better.
local FEW = 8

local function takes_chunks(self, conn)
	if conn.chunks == nil then
		conn.chunks = conn:capability "CHUNKING" ~= nil and
			conn:capability "PIPELINING" ~= nil and
			(self.options.expected or FEW) >= FEW
	end
	return conn.chunks and not self.no_chunks
end

-- Of how many nobody may know on a lane, where a journal is kept.
local function unknown_at_most(lane)
	return lanes.is_far(lane.conn) and UNKNOWN_FAR or 1
end

-- The first chunk is waited for: some servers offer what they do not know.
local function depth(self, lane)
	if lane.leaving then
		return 0
	elseif not takes_chunks(self, lane.conn) then
		return BY_DATA
	elseif not lane.proven then
		return 1
	end
	return self.options.ledger.lasting and BY_DATA + unknown_at_most(lane) or
		BY_BDAT
end

-- A sink over conn.  options: from and to, the envelope, an address and an array, for
-- messages that have none of their own; ledger; resent, the address for Resent-From,
-- if such fields are wanted; jobs, expected and connect as postel.lanes has them;
-- alone, if there is one message only: then what is wrong with it is an error; patience,
-- the seconds (10) that verdicts are waited for behind an error; progress.
-- And what is called when it is so:
--
--	verdict(m, result)	the server has taken or refused a message
--	taken(m)		all recipients have got it
--	uncertain(m, text)	it may have been taken before, and is sent again
--	unknown(m)		it is whole at the server, and no verdict will come
function M.delivery(conn, options)
	local self = setmetatable({options = options, window = 1, lost = {}},
		Delivery)
	self.lanes = lanes.lanes(conn, {
		sink = self,
		jobs = options.jobs, expected = options.expected,
		connect = options.connect,
		chunks = function(c) return takes_chunks(self, c) end,
		depth = function(lane) return depth(self, lane) end,
		changed = function() self.window = self.lanes:window() end,
	})
	self.window = self.lanes:window()
	return self
end

-- ---- the end of a message ----

-- Waits for the final dot to be due, and lets it go.
local function let_go(item)
	local sink, body, data = item.sink, item.body, item.transaction.data
	task.wait(function() return body.due or data:ready() end)
	if data:ready() then
		return
	elseif sink.stopped then
		errors.raise("closed", "%s: message %s was not sent any more",
			item.lane.conn.name, item.message.label)
	end
	if not item.sound then
		sinks.check_sound(item.message)
	end
	if sink.options.ledger.lasting then
		sink.options.ledger:begin(item.message.key, item.to)
		item.begun = true
	end
	item.released = true
	body:release()
end

-- Whether the server may have the whole of it.
local function may_have_gone(item)
	local t = item.transaction
	if not t or item.held then
		return item.released or false
	end
	local size = #item.body
	return size ~= nil and item.body.taken >= size and
		(item.chunk or t:is_asked())
end

-- Of a message whose verdict will not come.
local function give_up(item)
	local options, message = item.sink.options, item.message
	if may_have_gone(item) then
		table.insert(item.sink.lost, message.label)
		if not item.begun then
			options.ledger:begin(message.key, item.to)
		end
		if options.unknown then
			options.unknown(message)
		end
	elseif item.begun then -- it was not sent after all
		options.ledger:settle(message.key, {})
	end
end

-- Where the source is the cause, its error is the one to tell.
local function failure(item, e)
	local reply = item.message.reply
	if reply and reply.state == "failed" then
		local _, cause = pcall(reply.raise, reply)
		e = cause or e
	end
	if not item.result then
		give_up(item)
	end
	return e
end

-- What comes next on the same connection will sync the ledger soon.
local function is_followed(lane)
	local following = lane.items[2]
	return following and (following.chunk or following.waits or
		following.body.due)
end

local function note(item, result)
	local options, message = item.sink.options, item.message
	if item.begun or #result.accepted > 0 then
		options.ledger:settle(message.key, result.accepted)
	end
	if options.verdict then
		options.verdict(message, result)
	end
	if #result.refused == 0 then
		if message.finish then
			message:finish()
		end
		if options.taken then
			options.taken(message)
		end
	end
	if options.ledger.lasting and not is_followed(item.lane) then
		options.ledger:sync()
	end
end

-- ---- another way ----

local function move(item, lane)
	local sink = item.sink
	table.remove(item.lane.items, 1)
	item.body:rewind()
	item.lane, item.moved = lane, true
	item.waits, item.transaction, item.error = false, nil, nil
	if item.chunk and sink.no_chunks then
		item.chunk = false
		item.held = sink.options.ledger.lasting and not item.begun
	end
	if item.held then
		item.body:hold()
	end
	lane.items[#lane.items + 1] = item
	start(item)
	work(lane)
end

-- A server that offers CHUNKING and does not know BDAT may take the octets for
-- commands: what it says from then on is not heard, and the message goes by DATA, on
-- another connection.
local function send_without_chunks(item)
	local sink, lane = item.sink, item.lane
	sink.no_chunks = true
	sink.lanes:leave(lane)
	move(item, sink.lanes:replace(lane))
end

-- Whether a further connection was refused as soon as it was used: the others do its
-- work.
local function is_refused_lane(item, e)
	local lane, result = item.lane, item.transaction and
		item.transaction.result
	local is_closing = errors.is(e, "closed", "timeout") or
		result and result.reply.number == 421
	return is_closing and lane.further and not lane.proven and
		not item.sink.stopped and not may_have_gone(item) and
		item.body:rewind()
end

local function send_elsewhere(item)
	local all = item.sink.lanes
	all:leave(item.lane)
	local lane = all:emptiest()
	if lane then
		move(item, lane)
	end
	return lane ~= nil
end

-- ---- a connection ----

-- Waits for the verdict on the first message of a lane, and notes it.
local function attend(item)
	if item.lane.leaving and item.waits then
		move(item, item.lane.lanes:replace(item.lane))
		return
	elseif item.held then
		let_go(item)
	end
	local t = item.transaction or errors.raise("closed", "%s: message %s was " ..
		"not sent any more", item.lane.conn.name, item.message.label)
	local data = t.data
	local progress, body = item.sink.options.progress, item.body
	task.wait(function()
		if progress then
			progress:part(body.taken)
		end
		return data:ready()
	end)
	local result = t:wait()
	if t:is_chunk_unknown() then
		send_without_chunks(item)
		return
	elseif result.reply.number == 421 and is_refused_lane(item) and
		send_elsewhere(item) then
		return
	end
	if not item.lane.proven then
		item.lane.proven = true
		item.sink.window = item.sink.lanes:window()
	end
	item.result = result
	note(item, result)
end

local function finish(item, e)
	item.error = e
	item.body:close()
	item.message.body:close()
	if item.transaction then
		item.transaction:release()
	end
	item.done = true
end

-- Sends those that wait for the ledger: several at once, as there is room.
local function start_waiting(lane)
	local batch, under_way = {}, 0
	local sink, most = lane.sink, unknown_at_most(lane)
	for _, item in ipairs(lane.items) do
		if not item.waits then
			under_way = under_way + 1
		elseif under_way + #batch < most then
			batch[#batch + 1] = item
		end
	end
	if #batch == 0 or under_way > most // 2 or sink.stopped or
		lane.leaving then
		return
	end
	for _, item in ipairs(batch) do
		item.begun, item.waits = item.chunk, false
		if item.chunk then
			sink.options.ledger:begin(item.message.key, item.to, true)
		end
	end
	sink.options.ledger:sync()
	for _, item in ipairs(batch) do
		start(item)
	end
end

local function attend_all(lane)
	while lane.items[1] do
		local item = lane.items[1]
		if item.waits then
			start_waiting(lane)
		end
		local ok, e = not item.error, item.error
		if ok then
			ok, e = pcall(attend, item)
		end
		if not ok and is_refused_lane(item, e) then
			send_elsewhere(item)
		end
		if not item.moved then
			table.remove(lane.items, 1)
			finish(item, not ok and failure(item, e) or nil)
		end
		item.moved = false
		start_waiting(lane)
	end
	lane.works = false
	lane.lanes:end_if_left(lane)
end

-- A task for each lane: what is acknowledged is noted at once, whatever is being
-- waited for elsewhere.
function work(lane)
	if not lane.works then
		lane.works = true
		lane.task = task.spawn(attend_all, lane)
	end
end

-- ---- a message ----

-- The recipients who are to get it.
local function recipients(self, message)
	local options = self.options
	local to, unknown = options.ledger:remaining(message.key,
		message.to or options.to)
	if unknown then
		options.uncertain(message, errors.text("message %s may have been " ..
			"taken already: no reply to its final dot is known (RFC " ..
			"1047); it is sent again", message.label))
	end
	return to
end

-- Has the message sent; what is wrong with it alone is a refusal of this message.
function start(item)
	local options, message = item.sink.options, item.message
	local ok, t = pcall(item.lane.conn.submit, item.lane.conn, {
		from = message.from or options.from, to = item.to,
		body = item.body, facts = item.facts, chunk = item.chunk,
		size = message.size and message.size + #item.prefix,
		dsn = message.dsn,
	})
	if ok then
		item.transaction = t
		return
	end
	if errors.is(t, "use") and not options.alone then
		t.kind = "refused"
	end
	if item.begun then
		options.ledger:settle(message.key, {})
	end
	item.error = t
end

local function choose_way(item)
	local sink, message = item.sink, item.message
	local whole
	item.body, whole, item.facts = gathering.gather(message, item.prefix)
	item.chunk = whole and item.facts.crlf_size <= gathering.SMALL and
		not item.facts.nul and takes_chunks(sink, item.lane.conn)
	item.sound = whole
	if whole then
		sinks.check_sound(message)
	end
	local lasting = sink.options.ledger.lasting
	item.waits = item.chunk and lasting
	item.held = not item.chunk and
		(lasting or not whole and message.is_sound ~= nil)
	if item.held then
		item.body:hold()
	end
end

-- Waits until a connection takes messages.
local function lane_for(self)
	local lane = self.lanes:emptiest()
	if not lane then
		task.wait(function()
			lane = self.lanes:emptiest()
			return lane ~= nil or self.stopped or
				#self.lanes.list == 0
		end)
	end
	return lane or errors.raise("closed", "the connection is closed")
end

-- Begins to send a message {key, label, body, size}, which may have from, to, facts
-- (those of body:facts()) and dsn, and does not wait for the verdict: gives what has
-- wait(), which raises a refusal.
function Delivery:put(message)
	if message.begin then
		message:begin()
	end
	local options = self.options
	local item = setmetatable({sink = self, message = message,
		to = recipients(self, message), lane = lane_for(self)}, Item)
	item.prefix = options.resent and
		resent.header(options.resent, options.to) or ""
	choose_way(item)
	item.lane = lane_for(self) -- some time has passed
	if item.chunk and not takes_chunks(self, item.lane.conn) then
		item.chunk, item.waits = false, false
	end
	local lane = item.lane
	local before = lane.items[#lane.items]
	item.waits = item.waits or before ~= nil and before.waits
	lane.items[#lane.items + 1] = item
	if item.waits then
		start_waiting(lane)
	else
		start(item)
	end
	work(lane)
	return item
end

local function refusal(item)
	local result = item.result
	local e = errors.new("refused", "%s: refused", item.lane.conn.name)
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

-- What has not been sent yet, or is held, is not sent any more.
function Delivery:stop()
	self.stopped = true
	self.deadline = core.now() + (self.options.patience or PATIENCE)
end

-- Whether there is a verdict on a message that has gone, or goes by itself; it is
-- waited for.
function Item:concluded()
	if self.transaction and (self.released or not self.held) then
		task.wait(function() return self.done end, self.sink.deadline)
	end
	return self.done and self.result ~= nil
end

-- All is acknowledged.
function Delivery:close()
	self.lanes:close()
end

-- Behind an error: what nobody will know any more is noted.
function Delivery:abandon()
	for _, lane in ipairs(self.lanes.list) do
		if lane.task then
			lane.task:cancel()
		end
		for _, item in ipairs(lane.items) do
			if not item.done then
				give_up(item)
				finish(item)
			end
		end
	end
	self.lanes:abandon()
end

-- Says of which messages nobody knows whether they were taken.
function Delivery:explain(e)
	if type(e) ~= "table" or #self.lost == 0 or self.options.unknown then
		return
	end
	e.unknown = true
	e.message = e.message .. "; " .. core.plural(
		"whether message %s was taken is unknown",
		"whether messages %s were taken is unknown", #self.lost):format(
		table.concat(self.lost, ", "))
end

return M
