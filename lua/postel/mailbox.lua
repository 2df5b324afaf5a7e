-- mailbox: an open IMAP mailbox, and sets of its messages, named by UID.

local core = require "postel.core"
local day = require "postel.day"
local errors = require "postel.errors"
local set = require "postel.set"

local M = {}

-- So many numbers go into one command: its line stays below 8000 octets.
local CHUNK = 500

local Mailbox, Messages = {}, {}
Mailbox.__index = Mailbox
Mailbox.__name = "postel.mailbox"

-- What an untagged OK of a reply says behind a response code in capitals: nil if
-- there is none (RFC 9051 7.1).
function M.code(reply, name)
	for _, r in ipairs(reply.data) do
		if r.code and tostring(r.code[1]):upper() == name then
			return r.code[2] or {}
		end
	end
	return nil
end

-- The mailbox that conn has just selected; reply is that to the SELECT, if it is
-- at hand: .highestmodseq, a text, is in it (RFC 7162 3.1.2.1).
function M.new(conn, reply)
	local state = conn.mailbox
	local modseq = reply and M.code(reply, "HIGHESTMODSEQ")
	return setmetatable({
		conn = conn, name = state.name, read_only = state.read_only,
		exists = state.exists, uidvalidity = state.uidvalidity,
		highestmodseq = modseq and tostring(modseq) or nil,
	}, Mailbox)
end

--- box:verify() → box
-- Raises "use" if another mailbox is open now, or UIDVALIDITY has changed: UIDs
-- would mean other messages.  All other methods do this first.
function Mailbox:verify()
	if not self.conn:has_mailbox(self.name, self.uidvalidity) then
		local e = errors.new("use", "%s: mailbox %s is not open any more, " ..
			"or its UIDVALIDITY has changed", self.conn.name, self.name)
		e.conn, e.mailbox = self.conn, "changed"
		error(e, 0)
	end
	return self
end

-- ---- searching ----

local flags = {
	answered = true, deleted = true, draft = true, flagged = true,
	seen = true, recent = false, new = false, old = false,
	unanswered = false, undeleted = false, undraft = false,
	unflagged = false, unseen = false, all = false,
}
local strings = {
	bcc = true, body = true, cc = true, from = true, subject = true,
	text = true, to = true, keyword = false, unkeyword = false,
}
local dates = {
	before = true, on = true, since = true, sentbefore = true,
	senton = true, sentsince = true,
}

-- A string as a quoted one, or beyond ASCII as a literal.
local function text_argument(value, state)
	value = tostring(value)
	if not value:find "[\x80-\xff\r\n]" then
		return core.quote(value)
	end
	state.charset = true
	return core.string_body(value)
end

local add_criteria

-- Keys with a shape of their own.
local shaped = {
	larger = function(out, value)
		out[#out + 1] = ("LARGER %d"):format(errors.expect("search",
			"larger", value, "integer"))
	end,
	smaller = function(out, value)
		out[#out + 1] = ("SMALLER %d"):format(errors.expect("search",
			"smaller", value, "integer"))
	end,
	header = function(out, value, state)
		errors.expect_each("search", "header", value, "string")
		out[#out + 1] = "HEADER"
		for i = 1, 2 do
			out[#out + 1] = text_argument(errors.expect("search",
				"header", value[i], "string"), state)
		end
	end,
	-- A text as IMAP has it ("5:*"), or what makes a set; none fits an empty one.
	uid = function(out, value)
		errors.expect("search", "uid", value, "string|number|table|set")
		local text = type(value) == "string" and value or
			tostring(set.set(type(value) == "table" and value.uids or
			value))
		out[#out + 1] = text ~= "" and "UID " .. text or "NOT ALL"
	end,
	["not"] = function(out, value, state)
		out[#out + 1] = "NOT"
		add_criteria(out, value, state, "not")
	end,
	["or"] = function(out, value, state)
		errors.expect("search", "or", value, "table")
		out[#out + 1] = "OR"
		add_criteria(out, value[1], state, "or")
		add_criteria(out, value[2], state, "or")
	end,
}

local function add_key(out, key, value, state)
	local upper = key:upper()
	if flags[key] ~= nil then
		if not errors.expect("search", key, value, "boolean") and
			not flags[key] then
			errors.argument("search", key, "true expected")
		end
		out[#out + 1] = value == false and "UN" .. upper or upper
	elseif strings[key] ~= nil then
		errors.expect("search", key, value, "string|number")
		out[#out + 1] = upper
		out[#out + 1] = strings[key] and
			text_argument(value, state) or tostring(value)
	elseif dates[key] then
		out[#out + 1] = upper .. " " .. (day.imap(tostring(value)) or
			errors.argument("search", key, "%s is no day",
			tostring(value)))
	elseif shaped[key] then
		shaped[key](out, value, state)
	else
		errors.argument("search", key, "no such key")
	end
end

-- Several keys are a list in parentheses, so that NOT and OR take them all.
function add_criteria(out, criteria, state, name)
	local keys = {}
	for key in pairs(errors.expect("search", name, criteria, "table")) do
		keys[#keys + 1] = errors.expect("search", name, key, "string")
	end
	if #keys == 0 then
		errors.argument("search", name, "a table with keys expected")
	end
	table.sort(keys)
	out[#out + 1] = #keys > 1 and "(" or nil
	for _, key in ipairs(keys) do
		add_key(out, key, criteria[key], state)
	end
	out[#out + 1] = #keys > 1 and ")" or nil
end

-- The arguments of SEARCH; what stands side by side is joined by spaces.
local function search_arguments(criteria)
	local words, state = {}, {}
	add_criteria(words, criteria, state, "criteria")
	if #words > 1 and words[1] == "(" then
		table.remove(words, 1)
		table.remove(words)
	end
	local out = state.charset and {"CHARSET UTF-8"} or {}
	local text = {}
	for _, word in ipairs(words) do
		if type(word) == "string" then
			text[#text + 1] = word
		else
			out[#out + 1] = table.concat(text, " ")
			out[#out + 1] = word
			text = {}
		end
	end
	if #text > 0 then
		out[#out + 1] = table.concat(text, " ")
	end
	for i, word in ipairs(out) do
		if type(word) == "string" then
			out[i] = word:gsub("%( ", "("):gsub(" %)", ")")
		end
	end
	return out
end

-- The UIDs of SEARCH and ESEARCH (RFC 4731) responses.
local function found(reply)
	local result, sum = reply:found()
	if not result then
		errors.raise("proto", "%s: a number in SEARCH is no UID",
			reply.conn.name)
	end
	-- A range may name billions that are not there.
	if #sum > reply.conn.mailbox.exists then
		errors.raise("proto", "%s: ESEARCH finds more messages than there are",
			reply.conn.name)
	end
	return #sum > 0 and result + sum or result
end

-- Sends a UID SEARCH by `how`, conn.send or conn.send_ahead; a command, for found().
function M.send_search(conn, criteria, how)
	local arguments
	if type(criteria) == "string" then
		arguments = {criteria}
	elseif criteria == nil or type(criteria) == "table" and
		next(criteria) == nil then
		arguments = {"ALL"}
	elseif type(criteria) == "table" then
		arguments = search_arguments(criteria)
	else
		errors.argument("search", "criteria",
			"string or table expected, got %s", type(criteria))
	end
	return how(conn, "UID SEARCH", table.unpack(arguments))
end

-- What a UID SEARCH has found in box.
function M.found(box, search)
	local reply <close> = search:check()
	return box:messages(found(reply))
end

--- box:search(criteria) → messages
-- The messages that fit (RFC 9051 6.4.4), by UID: criteria as IMAP writes them, a
-- table of keys, or nothing for all.
--
--	box:search { unseen = true, from = "caesar", before = "1-Jan-2026" }
--
-- Flags are true or false; header is {name, value}; larger and smaller are
-- octets; days are "1-Jan-2026", "2026-01-01" or "90d", so many days ago; uid is a
-- text, or what postel.set() takes, or a set of messages; "not" is a table, "or" an
-- array of two tables.
function Mailbox:search(criteria)
	self:verify()
	return M.found(self, M.send_search(self.conn, criteria, self.conn.send))
end

--- box:messages(uids) → messages
-- A set of messages by UID: a text, a number, an array or a set.
function Mailbox:messages(uids)
	return setmetatable({box = self, uids = set.set(uids)}, Messages)
end

for _, name in ipairs {"fetch", "store", "copy", "move"} do
	Mailbox[name] = function(self, uids, ...)
		local messages = self:messages(uids)
		return messages[name](messages, ...)
	end
end

-- ---- waiting ----

--- box:idle(seconds, options) → events
-- Waits until something comes, as imap:idle() does; then box:search() finds what
-- is new.
function Mailbox:idle(seconds, options)
	self:verify()
	return self.conn:idle(seconds, options)
end

-- ---- leaving, expunging ----

--- box:expunge() → reply
-- Removes all messages marked \Deleted, whoever marked them (RFC 9051 6.4.3).
function Mailbox:expunge()
	self:verify()
	return self.conn:call "EXPUNGE"
end

--- box:close() → reply
-- The same, and leaves the mailbox (RFC 9051 6.4.1).
function Mailbox:close()
	self:verify()
	return self.conn:call "CLOSE"
end

--- box:unselect() → reply
-- Leaves the mailbox and removes nothing.
function Mailbox:unselect()
	return self:verify().conn:call "UNSELECT"
end

-- ---- sets of messages ----

Messages.__index = Messages
Messages.__name = "postel.messages"

function Messages:__len()
	return #self.uids
end

function Messages:__tostring()
	return tostring(self.uids)
end

local function uids_of(x)
	if getmetatable(x) == Messages then
		return x.uids
	end
	return set.set(errors.expect("set", "messages", x,
		"set|table|string|number"))
end

local function combine(a, b, fn)
	local box = getmetatable(a) == Messages and a.box or b.box
	for _, x in ipairs {a, b} do
		if getmetatable(x) == Messages and x.box.conn ~= box.conn then
			errors.argument("set", "messages",
				"sets of two connections")
		end
	end
	return box:messages(fn(uids_of(a), uids_of(b)))
end

function Messages.__add(a, b)
	return combine(a, b, function(x, y) return x + y end)
end

function Messages.__mul(a, b)
	return combine(a, b, function(x, y) return x * y end)
end

function Messages.__sub(a, b)
	return combine(a, b, function(x, y) return x - y end)
end

function Messages.__eq(a, b)
	return a.uids == b.uids and a.box.conn == b.box.conn
end

--- messages:has(uid)
-- Whether the message is in the set.
function Messages:has(uid)
	return self.uids:has(uid)
end

--- messages:each()
-- Iterates over the UIDs, upwards.
function Messages:each()
	return self.uids:each()
end

--- messages:fetch(items, options)
-- Iterates over the messages, with the items asked for as IMAP writes them, such as
-- "FLAGS ENVELOPE BODY.PEEK[]" (RFC 9051 6.4.5).  Each has, as far as it was asked
-- for:
--
--	uid, number, flags	numbers, and an array
--	size	octets
--	internaldate	as IMAP writes it
--	envelope	a table of date, subject, message_id and in_reply_to, as they stand
--		in the header, and of from, sender, reply_to, to, cc and bcc, arrays of
--		tables with name, mailbox, host, address
--	structure	BODYSTRUCTURE as nested arrays
--	body	of the one part that was asked for, which may be read while it comes;
--		nil where there is none
--	items	all, by name
--
-- With options.changed_since only of those that have changed since that MODSEQ (RFC
-- 7162 3.1.4).  A message is good until the next step.
function Messages:fetch(items, options)
	self.box:verify()
	return require("postel.fetch").iterate(self, items, options)
end

-- One command for each chunk of the set; they are in flight together.
local function all(self, verb, ...)
	self.box:verify()
	local commands = {}
	for chunk in self.uids:chunks(CHUNK) do
		commands[#commands + 1] = self.box.conn:send(verb,
			tostring(chunk), ...)
	end
	for _, cmd in ipairs(commands) do
		cmd:wait()
	end
	for _, cmd in ipairs(commands) do
		errors.check(cmd)
	end
	return commands
end

--- messages:store(how, flag, ...) → messages
-- Changes flags (RFC 9051 6.4.6): how is "+", which adds, "-", which removes, or "",
-- which sets.
function Messages:store(how, ...)
	if how ~= "+" and how ~= "-" and how ~= "" then
		errors.argument("store", "how", '"+", "-" or "" expected')
	end
	errors.expect_each("store", "flag", {...}, "string")
	all(self, "UID STORE", how .. "FLAGS.SILENT",
		"(" .. table.concat({...}, " ") .. ")")
	return self
end

--- messages:copy(name) → replies
-- Copies them to a mailbox (RFC 9051 6.4.7).
function Messages:copy(mailbox)
	errors.expect("copy", "mailbox", mailbox, "string")
	return all(self, "UID COPY", mailbox)
end

--- messages:move(name) → replies
-- Moves them (RFC 6851); without MOVE they are copied, and deleted when all are.
function Messages:move(mailbox)
	errors.expect("move", "mailbox", mailbox, "string")
	local conn = self.box.conn
	if conn:capability "MOVE" or conn:capability "IMAP4REV2" then
		return all(self, "UID MOVE", mailbox)
	end
	local commands = self:copy(mailbox)
	self:delete()
	return commands
end

local function has_uid_expunge(conn)
	return conn:capability "UIDPLUS" or conn:capability "IMAP4REV2"
end

-- Without UIDPLUS, EXPUNGE removes what others have marked, too.
local function refuse_strangers(self)
	local strangers = self.box:search "DELETED" - self
	if #strangers > 0 then
		local e = errors.new("refused", "%s: %d other messages are marked " ..
			"\\Deleted, and the server cannot expunge by UID, so " ..
			"nothing is expunged", self.box.conn.name, #strangers)
		e.conn = self.box.conn
		error(e, 0)
	end
end

--- messages:delete() → messages
-- Removes just these: \Deleted, then UID EXPUNGE (RFC 4315).  On a server without
-- it EXPUNGE, but only if no other message is marked; else that is raised as
-- "refused".  If that goes wrong, the marks of what is not expunged are taken back.
function Messages:delete()
	if #self == 0 then
		return self
	end
	local conn = self.box:verify().conn
	local exact = has_uid_expunge(conn)
	if not exact then
		refuse_strangers(self)
	end
	local ok, e = pcall(function()
		self:store("+", "\\Deleted")
		self.box:verify()
		if exact then
			all(self, "UID EXPUNGE")
		else
			refuse_strangers(self)
			conn:call "EXPUNGE"
		end
	end)
	if not ok then
		-- UIDs that are gone are passed over (RFC 9051 6.4.9).
		if conn.is_open then
			pcall(self.store, self, "-", "\\Deleted")
		end
		error(e, 0)
	end
	return self
end

--- messages:expunge() → replies
-- Removes those of the set that are marked \Deleted already.
function Messages:expunge()
	return all(self, "UID EXPUNGE")
end

return M
