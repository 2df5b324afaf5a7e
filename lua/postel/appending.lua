-- appending: a mailbox of an IMAP account as a sink (postel.sink).
--
-- Where the server offers MULTIAPPEND (RFC 3502), small messages go several in one
-- APPEND, which costs it one transaction: all of them come, or none.  If it is refused,
-- they are sent again, one by one.

local core = require "postel.core"
local errors = require "postel.errors"
local flags = require "postel.flags"
local gathering = require "postel.gathering"
local mailbox = require "postel.mailbox"
local sink = require "postel.sink"

local M = {}

local Imap, Append = {}, {}
Imap.__index, Append.__index = Imap, Append

-- What goes in one APPEND: so many messages, and so many octets of them; larger ones
-- than SMALL go alone, as they come.
local BATCH, BATCH_OCTETS, SMALL = 64, 1 << 20, 64 << 10

-- So many messages are under way at a time (postel.mover): several batches.
local WINDOW = 128

-- So many messages in a row may be too many for a mailbox's quota.
local OVER_QUOTA = 20

-- What the servers of this run have shown: one that hangs up on the first batch that
-- it gets has none again.
local batches = {taken = false, lost = false}

-- Flags that the mailbox can keep: of system flags all but \Recent, which only
-- servers set; keywords as PERMANENTFLAGS allows (RFC 9051 7.1).
local function permanent_flags(reply)
	local list, allowed = mailbox.code(reply, "PERMANENTFLAGS"), {}
	for _, flag in ipairs(list or {"\\*"}) do
		allowed[tostring(flag):lower()] = true
	end
	return allowed
end

-- The flags, an array, that the mailbox can keep.
function Imap:permitted(list)
	local kept = {}
	for _, flag in ipairs(list or {}) do
		local lower = flag:lower()
		if lower ~= "\\recent" and (self.permanent["\\*"] or
			self.permanent[lower] or flag:sub(1, 1) == "\\" and
			lower ~= "\\*") then
			kept[#kept + 1] = flag
		end
	end
	return kept
end

-- A mailbox, by the reply of the SELECT that opened it; what has come is noted
-- in journal as key → "UID/FLAGS" (no UID where the server does not tell, RFC 4315;
-- the flags as the source has them).  While messages are under way " open" is 1: if
-- a run ends so, the server may still be storing some of them (postel.copying).
-- An error with .mailbox = true is one that all messages would meet, one with
-- "changed" says that the mailbox is another one now.
function M.imap(conn, name, reply, journal)
	return setmetatable({conn = conn, name = name, journal = journal,
		validity = tostring(conn.mailbox.uidvalidity), over = 0, last = 0,
		permanent = permanent_flags(reply), window = WINDOW,
		batch = {}, octets = 0, -- what is to be sent together
		sent = {}, head = 1, tail = 0, -- commands, from head to tail
		batches = conn:capability "MULTIAPPEND" ~= nil and
			not batches.lost}, Imap)
end

-- ---- sending ----

-- What stands in front of a message: flags and date.
local function in_front(self, message)
	local words = {}
	local kept = self:permitted(message.flags)
	if #kept > 0 then
		words[1] = "(" .. table.concat(kept, " ") .. ")"
	end
	local date = message.date
	if date then
		words[#words + 1] = core.quote(type(date) == "string" and date or
			core.imap_date(date))
	end
	return words
end

-- Sends messages in one APPEND; what they wait for.
local function send(self, list)
	local args = {}
	for _, append in ipairs(list) do
		for _, word in ipairs(append.words) do
			args[#args + 1] = word
		end
		args[#args + 1] = append.body
	end
	local shared = {list = list,
		cmd = self.conn:send("APPEND", self.name, table.unpack(args))}
	for _, append in ipairs(list) do
		append.shared = shared
	end
	self.tail = self.tail + 1
	self.sent[self.tail] = shared
end

-- Takes out of a batch what is not the message that was asked for, with all behind it,
-- which must not go before it is known what is wrong.
local function sound(batch)
	for i, append in ipairs(batch) do
		local ok, e = pcall(sink.check_sound, append.message)
		if not ok then
			for k = i, #batch do
				batch[k].failure = e
			end
			return table.move(batch, 1, i - 1, 1, {})
		end
	end
	return batch
end

-- Sends the batch.
local function flush(self)
	local batch = self.batch
	self.batch, self.octets = {}, 0
	batch = sound(batch)
	if #batch > 0 then
		send(self, batch)
	end
end

-- ---- verdicts ----

-- Raises what a refusal says of the mailbox as a whole (RFC 9051 7.1, RFC 9208
-- 4.3.2).
local function check_refusal(self, cmd)
	local code = (cmd.code or ""):upper()
	if code == "OVERQUOTA" then
		self.over = self.over + 1
	elseif cmd.ok then
		self.over = 0
	end
	local over = self.over >= OVER_QUOTA
	if over or code == "TRYCREATE" then
		local e = errors.refusal(cmd)
		e.kind, e.mailbox = "use", over or "changed"
		error(e, 0)
	end
end

-- The UIDs of an APPENDUID in the order in which they stand there (RFC 4315 3, RFC
-- 3502), if they are as many as they should be, and each is higher than the one before;
-- else none.
local function uids_of(text, n)
	local uids = {}
	for part in text:gmatch "[^,]+" do
		local first, last = part:match "^(%d+):(%d+)$"
		first = math.tointeger(tonumber(first or part))
		last = math.tointeger(tonumber(last)) or first
		if not first or last - first >= n or #uids > n or
			first <= (uids[#uids] or 0) then
			return {}
		end
		for uid = first, last do
			uids[#uids + 1] = uid
		end
	end
	return #uids == n and uids or {}
end

-- Whether the mailbox of an APPENDUID is another one than that of those before: its
-- UIDVALIDITY is, or, for some servers give the same again, its UIDs begin anew.
local function is_another(self, validity, uids)
	if validity ~= self.validity then
		return true
	elseif (uids[1] or math.huge) > self.last then
		self.last = uids[#uids] or self.last
		return false
	end
	-- Others give what they have already the UID that it has.
	local uidnext = self.conn:status(self.name, "UIDNEXT").uidnext
	return uidnext ~= nil and uidnext <= self.last
end

-- What the source did is the cause, where it is why the command failed.
local function await(self, shared)
	local cmd = shared.cmd
	local ok, e = pcall(cmd.wait, cmd)
	if ok then
		return
	end
	local reply = self.message.reply
	if #shared.list > 1 then
		batches.lost = not batches.taken
	elseif reply and reply.state == "failed" then
		reply:wait()
	end
	error(e, 0)
end

-- Whether nothing of a message is still to be looked at.
local function has_ended(message)
	return message.is_sound == nil or rawget(message, "whole") == true
end

-- Notes what has come with a command.
local function note(self, shared)
	local validity, text = (shared.cmd.code or ""):upper()
		:match "^APPENDUID (%d+) ([%d:,]+)$"
	local uids = validity and uids_of(text, #shared.list) or {}
	if validity and is_another(self, validity, uids) then
		self.journal:add(" validity", "")
		local changed = errors.new("use", "%s: UIDVALIDITY of %s has " ..
			"changed meanwhile", self.conn.name, self.name)
		changed.mailbox = "changed"
		error(changed, 0)
	end
	for i, append in ipairs(shared.list) do
		self.journal:add(append.message.key, (uids[i] or "") .. "/" ..
			flags.text(append.message.flags))
		append.body:close()
	end
	shared.noted = true
	batches.taken = batches.taken or #shared.list > 1
end

-- Notes what the server has taken meanwhile, so that it is known whatever comes; what
-- it has refused, who waits for it looks at.
local function note_taken(self)
	while self.head <= self.tail do
		local shared = self.sent[self.head]
		if not shared.noted and not shared.refused then
			local list, cmd = shared.list, shared.cmd
			if not cmd:ready() or not cmd.ok or #list == 1 and
				not has_ended(list[1].message) then
				return
			end
			sink.check_sound(list[1].message)
			note(self, shared)
		end
		self.sent[self.head] = nil
		self.head = self.head + 1
	end
end

function Imap:put(message)
	if not self.marked then
		self.journal:add(" open", "1")
		self.marked = true
	end
	note_taken(self)
	local append = setmetatable({sink = self, message = message,
		words = in_front(self, message), body = message.body}, Append)
	local size = #message.body
	if not size or size > SMALL then -- as it comes
		flush(self)
		send(self, {append})
		return append
	end
	-- Its literal is announced among others: all of it must be there.
	append.body = core.held_body("", message.body)
	gathering.wait_for(message, append.body)
	table.insert(self.batch, append)
	self.octets = self.octets + size
	if not self.batches or #self.batch >= BATCH or
		self.octets >= BATCH_OCTETS then
		flush(self)
	end
	return append
end

function Imap:close()
	if self.marked then
		self.journal:add(" open", "")
	end
end

-- A batch that was refused: nothing of it has come.  Which message is why, nobody has
-- said; and a server that refuses one may refuse them all.
local function send_again(self, list)
	self.batches, list[1].shared.refused = false, true
	for _, append in ipairs(list) do
		append.body:rewind()
		send(self, {append})
	end
end

function Append:wait()
	local to = self.sink
	if not self.shared and not self.failure then
		flush(to)
	end
	if self.failure then
		error(self.failure, 0)
	end
	await(self, self.shared)
	if #self.shared.list > 1 and not self.shared.cmd.ok and
		(self.shared.cmd.code or ""):upper() ~= "TRYCREATE" then
		send_again(to, self.shared.list)
		await(self, self.shared)
	end
	local shared = self.shared
	if not shared.noted then
		shared.refused = not shared.cmd.ok
		check_refusal(to, shared.cmd)
		errors.check(shared.cmd)
		sink.check_sound(self.message)
		note(to, shared)
	end
end

-- Whether the server has said what it thinks, and nothing of the message is still to
-- be looked at.
function Append:concluded()
	local message, shared = self.message, self.shared
	return shared ~= nil and shared.cmd:ready() and
		(#shared.list == 1 or shared.cmd.ok) and has_ended(message)
end

return M
