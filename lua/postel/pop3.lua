-- pop3: the methods of POP3 connections (RFC 1939, RFC 2449).

local errors = require "postel.errors"
local set = require "postel.set"
local task = require "postel.task"

local M = {}

-- How far messages() reads ahead: so many RETR commands, and so many octets.  When
-- half of them are answered as many are sent, in one packet.
local WINDOW, WINDOW_OCTETS = 128, 4 << 20

-- No maildrop has more, nor larger numbers; they are a server's fault.
local MESSAGES_MAX, NUMBER_MAX = 1000000, 4294967295

local function check_number(self, name, n)
	if math.type(n) ~= "integer" or n < 1 then
		errors.argument(name, "n", "message number expected")
	end
	return self
end

local function broken(self, format, ...)
	local e = errors.new("proto", "%s: %s", self.name,
		errors.text(format, ...))
	e.conn = self
	return e
end

-- The two values in the status line of STAT, LIST n and UIDL n.
local function pair(self, reply)
	local data = reply.data
	if not data then
		error(broken(self, "no numbers in the reply: %s", reply.text), 0)
	end
	return data[1], data[2]
end

local function counts(self, reply)
	local count, size = pair(self, reply)
	if count > MESSAGES_MAX then
		error(broken(self, "the server says it has %d messages", count),
			0)
	end
	return count, size
end

--- pop3:stat() → count, octets
-- How many messages there are, and their octets (RFC 1939 5).
function M:stat()
	return counts(self, self:call "STAT")
end

-- Calls fn(number, value) for each line of the reply to LIST or UIDL; each number
-- comes once, rising.
local function listing(self, cmd, verb, pattern, fn)
	local reply <close> = cmd:check()
	local count, last = 0, 0
	for line in reply:body():lines() do
		local n, value = line:match(pattern)
		n = math.tointeger(tonumber(n))
		if not n or n <= last or n > NUMBER_MAX or
			count >= MESSAGES_MAX then
			error(broken(self, "bad line in %s: %s", verb, line), 0)
		end
		count, last = count + 1, n
		fn(n, value)
	end
end

-- The sizes by number, and the set of numbers, of the reply to LIST.
local function sizes_of(self, cmd)
	local sizes, numbers = {}, set.new()
	listing(self, cmd, "LIST", "^(%d+) +(%d+)", function(number, size)
		sizes[number] = math.tointeger(tonumber(size)) or
			error(broken(self, "bad size in LIST: %s", size), 0)
		numbers:add(number)
	end)
	return sizes, numbers
end

--- pop3:list(n) → size
--- pop3:list() → sizes
-- The size of message n in octets, or a table of all sizes by number (RFC 1939 5).
function M:list(n)
	if n ~= nil then
		check_number(self, "list", n)
		return (select(2, pair(self, self:call("LIST", tostring(n)))))
	end
	return (sizes_of(self, self:send "LIST"))
end

--- pop3:each_uid(fn)
-- Calls fn(number, uid) for each message, as it is told (RFC 1939 7).
function M:each_uid(fn)
	errors.expect("each_uid", "fn", fn, "function")
	listing(self, self:send "UIDL", "UIDL", "^(%d+) +([\x21-\x7e]+)%s*$",
		function(number, uid)
			if #uid > 70 then
				error(broken(self, "unique id over 70 octets"), 0)
			end
			fn(number, uid)
		end)
end

--- pop3:uidl(n) → uid
--- pop3:uidl() → uids
-- The unique id of message n, or a table of all by number (RFC 1939 7).
function M:uidl(n)
	if n ~= nil then
		check_number(self, "uidl", n)
		return (select(2, pair(self, self:call("UIDL", tostring(n)))))
	end
	local uids = {}
	self:each_uid(function(number, uid) uids[number] = uid end)
	return uids
end

-- The body of a reply, once it has begun; a refusal is raised.
local function body_of(reply)
	task.wait(function() return reply:begun() end)
	if reply.bodies == 0 then
		reply:check()
	end
	return reply:body()
end

--- pop3:top(n, lines) → body
-- The header of message n and so many lines (0) of what follows (RFC 1939 7).
function M:top(n, lines)
	check_number(self, "top", n)
	if lines ~= nil and (math.type(lines) ~= "integer" or lines < 0) then
		errors.argument("top", "lines", "a number from 0 on expected")
	end
	return body_of(self:send("TOP", tostring(n), tostring(lines or 0)))
end

--- pop3:retr(n) → body
-- Message n (RFC 1939 5), with lines that end in CRLF.
function M:retr(n)
	check_number(self, "retr", n)
	return body_of(self:send("RETR", tostring(n)))
end

--- pop3:dele(n) → reply
-- Marks message n; the server removes it at QUIT (RFC 1939 5).
function M:dele(n)
	check_number(self, "dele", n)
	return self:call("DELE", tostring(n))
end

--- pop3:rset() → reply
-- Takes the marks back (RFC 1939 5).
function M:rset()
	return self:call "RSET"
end

--- pop3:noop() → reply
-- Does nothing; the server answers.
function M:noop()
	return self:call "NOOP"
end

--- pop3:quit() → reply
-- Ends the session; the messages that are marked are removed (RFC 1939 6).  A
-- refusal is raised, for then some may not be.
function M:quit()
	local reply = self:close()
	return reply and errors.check(reply)
end

-- ---- messages ----

local Message = {}
Message.__index = function(self, key)
	if key == "uid" then
		rawset(self, "uid", self.conn:uidl(self.number))
		return self.uid
	end
	return Message[key]
end
Message.__name = "postel.message"

--- m:delete() → reply
-- Marks the message; the server removes it at QUIT.
function Message:delete()
	return self.conn:dele(self.number)
end

-- Waits until the message has begun to come; raises the refusal of RETR.
function Message:begin()
	body_of(self.reply)
end

-- Behind the body: the end of the reply to RETR.
function Message:finish()
	self.reply:wait():release()
end

-- Sends DELE and does not wait for the reply: a command.
function Message:send_delete()
	return self.conn:send("DELE", tostring(self.number))
end

-- The numbers wanted, which must all be there.
local function choose(self, wanted, numbers)
	wanted = wanted == nil and numbers or set.set(wanted)
	local missing = (wanted - numbers):min()
	if missing then
		errors.raise("usage", "%s: there is no message %d", self.name,
			missing)
	end
	return wanted
end

-- LIST and STAT, which are sent together, must agree, or nothing they say can be
-- relied on.
local function sizes_of_all(self)
	local stat, list = self:send "STAT", self:send "LIST"
	local count = counts(self, stat:check())
	local sizes, numbers = sizes_of(self, list)
	if #numbers ~= count then
		error(broken(self, "STAT counts %d messages, LIST %d", count,
			#numbers), 0)
	end
	return sizes, numbers
end

--- pop3:messages(wanted, skip)
-- Iterates over all messages, or those of wanted ("1,3-5", a set or an array);
-- skip(m), if given, says which are left out.  RETR is sent ahead.  Each has
-- number, size, body, and uid, which is asked for when it is first read.  Behind the
-- iterator, returns the sizes of all messages by number.
function M:messages(wanted, skip)
	errors.expect("messages", "skip", skip, "function?")
	local sizes, numbers = sizes_of_all(self)
	numbers = choose(self, wanted, numbers)
	local next_number, at = numbers:each(), 0
	local ahead, first, last, octets = {}, 1, 0, 0
	local function retrieve()
		at = at + 1
		local number = next_number()
		local m = setmetatable({number = number, conn = self,
			size = sizes[number]}, Message)
		if skip and skip(m) then
			return
		end
		m.reply = self:send("RETR", tostring(m.number))
		m.body = m.reply:body()
		last = last + 1
		ahead[last], octets = m, octets + m.size
	end
	local function look_ahead()
		while at < #numbers and (last < first or
			last - first + 1 < WINDOW and octets < WINDOW_OCTETS) do
			retrieve()
		end
	end
	return function()
		if last - first + 1 <= WINDOW // 2 and
			octets <= WINDOW_OCTETS // 2 then
			look_ahead()
		end
		local m = ahead[first]
		if m then
			ahead[first], first = nil, first + 1
			octets = octets - m.size
		end
		return m
	end, sizes
end

return M
