-- mailbox: an open IMAP mailbox, and sets of its messages, named by UID.

local core = require "postel.core"
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

-- UIDs mean something only as long as the mailbox is the same one.
function Mailbox:verify()
	local now = self.conn.mailbox
	if not now or now.name ~= self.name or
		now.uidvalidity ~= self.uidvalidity then
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
	before = false, on = false, since = false, sentbefore = false,
	senton = false, sentsince = false, uid = false,
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

local function add_key(out, key, value, state)
	local upper = key:upper()
	if flags[key] ~= nil then
		if value == false and not flags[key] then
			errors.argument("search", key, "true expected")
		end
		out[#out + 1] = value == false and "UN" .. upper or upper
	elseif strings[key] ~= nil then
		out[#out + 1] = upper
		out[#out + 1] = strings[key] and
			text_argument(value, state) or tostring(value)
	elseif key == "larger" or key == "smaller" then
		out[#out + 1] = ("%s %d"):format(upper, value)
	elseif key == "header" then
		out[#out + 1] = upper
		out[#out + 1] = text_argument(value[1], state)
		out[#out + 1] = text_argument(value[2], state)
	elseif key == "not" then
		out[#out + 1] = "NOT"
		add_criteria(out, value, state)
	elseif key == "or" then
		out[#out + 1] = "OR"
		add_criteria(out, value[1], state)
		add_criteria(out, value[2], state)
	else
		errors.argument("search", tostring(key), "no such key")
	end
end

-- Several keys are a list in parentheses, so that NOT and OR take them all.
function add_criteria(out, criteria, state)
	local keys = {}
	for key in pairs(criteria) do
		keys[#keys + 1] = key
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
	add_criteria(words, criteria, state)
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

-- The numbers in a SEARCH response as a set; a list among them is (MODSEQ n).
local function numbers_of(response, conn)
	local n = #response
	while type(response[n]) == "table" do
		response[n] = nil
		n = n - 1
	end
	local ok, result = pcall(set.set, response)
	if not ok and errors.is(result, "cancel") then
		error(result, 0)
	elseif not ok then
		errors.raise("proto", "%s: a number in SEARCH is no UID",
			conn.name)
	end
	return result
end

-- The UIDs of SEARCH and ESEARCH (RFC 4731) responses.
local function found(reply)
	local result, sum, conn = set.set(), nil, reply.conn
	for _, r in ipairs(reply.data) do
		local name = r.name:upper()
		if name == "SEARCH" then
			r = numbers_of(table.move(r, 1, #r, 1, {}), conn)
			result = #result > 0 and result + r or r
		elseif name == "ESEARCH" then
			for i, word in ipairs(r) do
				if word == "ALL" then
					sum = set.parse(tostring(r[i + 1]))
				end
			end
		end
	end
	-- A range may name billions that are not there.
	if sum and sum.count > conn.mailbox.exists then
		errors.raise("proto", "%s: ESEARCH finds more messages than there are",
			conn.name)
	end
	return sum and result + sum or result
end

-- The messages that fit: criteria as IMAP writes them, or a table of keys.
function Mailbox:search(criteria)
	self:verify()
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
	local reply <close> = self.conn:call("UID SEARCH",
		table.unpack(arguments))
	return self:messages(found(reply))
end

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

-- ---- leaving, expunging ----

-- Removes all messages marked \Deleted, whoever marked them.
function Mailbox:expunge()
	self:verify()
	return self.conn:call "EXPUNGE"
end

-- CLOSE: leaves the mailbox and removes what is marked \Deleted.
function Mailbox:close()
	self:verify()
	return self.conn:call "CLOSE"
end

-- Leaves the mailbox and removes nothing.
function Mailbox:unselect()
	return self:verify().conn:call "UNSELECT"
end

-- ---- sets of messages ----

Messages.__index = Messages
Messages.__name = "postel.messages"

function Messages:__len()
	return self.uids.count
end

function Messages:__tostring()
	return tostring(self.uids)
end

local function combine(a, b, fn)
	local box = getmetatable(a) == Messages and a.box or b.box
	for _, x in ipairs {a, b} do
		if getmetatable(x) == Messages and x.box.conn ~= box.conn then
			errors.argument("set", "messages",
				"sets of two connections")
		end
	end
	return box:messages(fn(a.uids or set.set(a), b.uids or set.set(b)))
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

function Messages:has(uid)
	return self.uids:has(uid)
end

function Messages:each()
	return self.uids:each()
end

-- Iterates over messages with the items asked for; see postel.fetch.
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

-- Changes flags: "+" adds, "-" removes, "" sets: store("+", "\\Flagged").
function Messages:store(how, ...)
	if how ~= "+" and how ~= "-" and how ~= "" then
		errors.argument("store", "how", '"+", "-" or "" expected')
	end
	all(self, "UID STORE", how .. "FLAGS.SILENT",
		"(" .. table.concat({...}, " ") .. ")")
	return self
end

function Messages:copy(mailbox)
	return all(self, "UID COPY", mailbox)
end

-- RFC 6851; without it a copy, and deletion when all are copied.
function Messages:move(mailbox)
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

-- Removes just these: \Deleted, then UID EXPUNGE.  On a server without it
-- EXPUNGE, but only if no other message is marked.  If that goes wrong before
-- anything is expunged, the marks are taken back.
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
		if not exact then
			refuse_strangers(self)
		end
	end)
	if not ok then
		if conn.is_open then
			pcall(self.store, self, "-", "\\Deleted")
		end
		error(e, 0)
	end
	if exact then
		all(self, "UID EXPUNGE")
	else
		conn:call "EXPUNGE"
	end
	return self
end

-- Removes those of the set that are marked \Deleted already.
function Messages:expunge()
	return all(self, "UID EXPUNGE")
end

return M
