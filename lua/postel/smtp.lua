-- smtp: the methods of SMTP and LMTP connections (RFC 5321, RFC 2033).

local core = require "postel.core"
local dsn = require "postel.dsn"
local errors = require "postel.errors"

local M = {}

-- ---- what a message needs of its carrier ----

local function is_ascii(s)
	return not s:find "[\x80-\xff]"
end

local function check_address(conn, name, address, may_be_empty)
	if type(address) ~= "string" then
		errors.argument("mail", name, "string expected, got %s",
			type(address))
	end
	local empty = address == "" and not may_be_empty
	if empty or not core.smtp_address(address, true) then
		errors.raise("use", "%s is no mail address",
			empty and core.text "the empty word" or core.vis(address))
	end
	if not is_ascii(address) and not conn:capability "SMTPUTF8" then
		errors.raise("use", "%s: %s needs SMTPUTF8, which the server " ..
			"does not offer", conn.name, address)
	end
	return address
end

-- The recipients: to, cc and bcc, a string or an array each.
local function recipients(conn, message)
	local list = {}
	for _, key in ipairs {"to", "cc", "bcc"} do
		local value = message[key]
		if type(value) == "string" then
			value = {value}
		elseif value ~= nil and type(value) ~= "table" then
			errors.argument("mail", key,
				"string or table expected, got %s", type(value))
		end
		for _, address in ipairs(value or {}) do
			list[#list + 1] = check_address(conn, key, address)
		end
	end
	if #list == 0 then
		errors.argument("mail", "to", "no recipient")
	end
	return list
end

local function refuse(conn, format, ...)
	errors.raise("use", "%s: %s", conn.name, errors.text(format, ...))
end

-- RFC 1870: a message that the server would not take is not begun.
local function size_parameter(conn, size, list)
	local limit = conn:capability "SIZE"
	if not limit or not size then
		return
	end
	limit = math.tointeger(tonumber(limit:match "^%d+")) or 0
	if limit > 0 and size > limit then
		local e = errors.new("refused", "%s: the message has %d " ..
			"octets, and the server takes %d", conn.name, size, limit)
		e.conn, e.local_refusal = conn, true
		error(e, 0)
	end
	list[#list + 1] = "SIZE=" .. size
end

-- RFC 6152.  What a relayed body holds may not be known before; then the
-- parameter is given where the server knows it.  It goes on as it came.
local function body_parameter(conn, facts, list)
	if facts and facts.nul and not facts.relayed then
		refuse(conn, "the message holds NUL, which DATA cannot carry")
	end
	if facts and not facts.eight_bit then
		return
	end
	if conn:capability "8BITMIME" then
		list[#list + 1] = "BODY=8BITMIME"
	elseif facts and not facts.relayed then
		refuse(conn, "the message has 8-bit octets, and the server " ..
			"does not offer 8BITMIME")
	end
end

local function parameters(conn, message, from, to)
	local list = {}
	local facts = message.facts
	if not facts and message.body.source == nil then
		facts = message.body:facts()
	end
	size_parameter(conn, facts and facts.crlf_size or message.size, list)
	body_parameter(conn, facts, list)
	local ascii = is_ascii(from)
	for _, address in ipairs(to) do
		ascii = ascii and is_ascii(address)
	end
	if not ascii then
		list[#list + 1] = "SMTPUTF8"
	end
	return list
end

-- ---- transactions ----

local Transaction = {}
Transaction.__index = Transaction
Transaction.__name = "postel.transaction"

-- Whether a chunk was refused by who knows of none, though he offers CHUNKING.
local function is_unknown(reply)
	return reply.number == 500 or reply.number == 502 or reply.number == 503
end

-- The replies of LMTP to a message: one for each recipient accepted, in their order
-- (RFC 2033 4.2, 4.3), as {ok, temporary, text}.  nil if there was none, for DATA or
-- BDAT itself was refused.
local function lmtp_replies(reply, chunk)
	local list = chunk and not is_unknown(reply) and {} or nil
	for _, line in ipairs(reply.lines) do
		local digit = line:match "^([245])%d%d$" or
			line:match "^([245])%d%d "
		if line:find "^354" then
			list = {}
		elseif digit and list then
			list[#list + 1] = {ok = digit == "2",
				temporary = digit == "4", text = line}
		end
	end
	return list
end

-- Moves those whom an LMTP server refused behind the dot.
local function sort_lmtp(conn, result, replies)
	local accepted = result.accepted
	if #replies ~= #accepted then
		local e = errors.new("proto", "%s: %d replies for %d recipients",
			conn.name, #replies, #accepted)
		e.conn = conn
		error(e, 0)
	end
	result.accepted = {}
	for i, address in ipairs(accepted) do
		if replies[i].ok then
			table.insert(result.accepted, address)
		else
			table.insert(result.refused, {address = address,
				text = replies[i].text,
				temporary = replies[i].temporary})
		end
	end
end

local function refused(address, reply)
	return {address = address, text = errors.words(reply), reply = reply,
		temporary = reply.temporary}
end

--- transaction:wait() → result
-- Waits for all replies: the table that smtp:mail() returns.  A refusal is no error
-- here.
function Transaction:wait()
	if self.result then
		return self.result
	end
	local result = {accepted = {}, refused = {}}
	local mail = self.mail:wait()
	result.reply = mail
	for i, rcpt in ipairs(self.rcpt) do
		local reply = rcpt:wait()
		if mail.ok and reply.ok then
			table.insert(result.accepted, self.to[i])
		else
			table.insert(result.refused, refused(self.to[i],
				mail.ok and reply or mail))
			result.reply = mail.ok and reply or mail
		end
	end
	local data = self.data:wait()
	if #result.accepted > 0 then
		result.reply = data
		local replies = data.conn.protocol == "lmtp" and
			lmtp_replies(data, self.chunk)
		if replies then
			sort_lmtp(data.conn, result, replies)
		elseif not data.ok then
			for _, address in ipairs(result.accepted) do
				table.insert(result.refused,
					refused(address, data))
			end
			result.accepted = {}
		end
	end
	self.result = result
	return result
end

-- Gives back what the replies hold.
function Transaction:release()
	self.mail:release()
	for _, rcpt in ipairs(self.rcpt) do
		rcpt:release()
	end
	self.data:release()
end

-- Whether the server has asked for the message, which DATA waits for.
function Transaction:is_asked()
	for _, line in ipairs(self.data.lines) do
		if line:find "^354" then
			return true
		end
	end
	return false
end

-- Behind wait(): whether the chunk was refused, though there was a recipient, by a
-- server that does not know what it has offered.  What it takes the octets for, nobody
-- knows: it may have read them as commands.
function Transaction:is_chunk_unknown()
	return self.chunk and self.result.reply == self.data and
		is_unknown(self.data)
end

--- smtp:submit(message) → transaction
-- Begins to send a message, as smtp:mail() does, and does not wait.  What is
-- submitted next goes right behind the final dot (RFC 2920 3.1).  With
-- message.chunk = true the message, whose body can be read twice, goes by BDAT
-- (RFC 3030), and nothing is waited for.
function M:submit(message)
	if type(message) ~= "table" then
		errors.argument("mail", "message", "table expected, got %s",
			type(message))
	end
	local body = message.body
	if type(body) == "string" then
		body = core.string_body(body)
	elseif core.type(body) ~= "body" then
		errors.argument("mail", "body", "body or string expected")
	end
	message = setmetatable({body = body}, {__index = message})
	local from = check_address(self, "from",
		message.from or self.from or "", true)
	local to = recipients(self, message)
	local list = parameters(self, message, from, to)
	for _, parameter in ipairs(message.parameters or {}) do
		list[#list + 1] = parameter
	end
	if message.dsn then
		dsn.check(self, message.dsn)
		dsn.mail_parameters(message.dsn, list)
	end
	local t = setmetatable({to = to, rcpt = {}, chunk = message.chunk},
		Transaction)
	if self.begun then
		self:reset()
	end
	self.begun = true
	t.mail = self:send("MAIL", from, table.unpack(list))
	for i, address in ipairs(to) do
		t.rcpt[i] = self:send("RCPT", address, table.unpack(
			message.dsn and
			dsn.rcpt_parameters(message.dsn, address) or {}))
	end
	t.data = self:send(t.chunk and "BDAT" or "DATA", body)
	return t
end

--- smtp:mail(message) → result
-- Sends a message and waits (RFC 5321 3.3).  SIZE, BODY=8BITMIME and SMTPUTF8 are
-- given as needed; what the server cannot carry is not begun, and raises.  The
-- message is a table:
--
--	from	the sender of the envelope; "" is the null sender, which is taken if
--		neither it nor the connection's from is there
--	to, cc, bcc	the recipients, a string or an array each
--	body	a body or a string, header and all
--	size	octets, if known for a body that is relayed
--	parameters	an array of further ones of MAIL
--	partial	true: it is no error that some are refused
--	dsn	which notices about delivery are wanted (RFC 3461), a table: notify
--		("never", or some of "success,failure,delay", as a text or an array), ret
--		("full" or "hdrs"), envid (a text that comes back in them) and orcpt (the
--		address that a recipient had at first: true for his own, a text, or a table
--		by address); raises "use" where the server does not offer DSN
--
-- The result has accepted (an array of addresses), refused (an array of tables
-- with address, text, temporary) and reply, the one that decided.  Raises
-- "refused" if nobody was accepted and, unless partial is set, "part" if somebody
-- was refused; that error has accepted and refused, too.  Over LMTP each recipient
-- has its own answer behind the message (RFC 2033 4.2).
function M:mail(message)
	local result = self:submit(message):wait()
	if #result.accepted == 0 then
		error(errors.refusal(result.reply), 0)
	end
	if #result.refused > 0 and not message.partial then
		local first = result.refused[1]
		local e = errors.new("part", "%s: %s refused: %s", self.name,
			first.address, first.text)
		e.conn, e.reply = self, result.reply
		e.accepted, e.refused = result.accepted, result.refused
		error(e, 0)
	end
	return result
end

-- ---- single commands ----

--- smtp:vrfy(name) → reply
-- Asks whether there is such a user (RFC 5321 3.5).
function M:vrfy(name)
	return self:call("VRFY", name)
end

--- smtp:expn(name) → reply
-- Asks who is on a mailing list (RFC 5321 3.5).
function M:expn(name)
	return self:call("EXPN", name)
end

--- smtp:help(topic) → reply
-- Help, on a command if one is named (RFC 5321 4.1.1.8).
function M:help(topic)
	return topic and self:call("HELP", topic) or self:call "HELP"
end

--- smtp:noop() → reply
-- Does nothing; the server answers.
function M:noop()
	return self:call "NOOP"
end

--- smtp:rset() → reply
-- Gives up the transaction that was begun by hand (RFC 5321 4.1.1.5).
function M:rset()
	return self:call "RSET"
end

--- smtp:quit() → reply
-- The same as conn:close().
function M:quit()
	return self:close()
end

return M
