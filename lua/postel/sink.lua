-- sink: where messages can go: a mailbox of an IMAP account, a Maildir, an mbox, a
-- folder of files.  put(message) takes {key, flags, date, body}; the date is
-- IMAP's text or seconds since 1970.  Some have close(), for when all is done.

local core = require "postel.core"
local errors = require "postel.errors"
local source = require "postel.source"

local M = {}

local done = {wait = function() end}

-- A body of what a message has: a body, or a string where it came as one.
local function body_of(message)
	if type(message.body) == "string" then
		return source.body(message.body)
	end
	return message.body
end

-- What is not the message that was asked for must not count as it.
local function check_sound(message)
	if message.is_sound and not message:is_sound() then
		errors.raise("proto", "%s: the server sent something else than " ..
			"the message asked for", message.box.conn.name)
	end
end

local function seconds(date)
	if type(date) == "string" then
		return core.imap_date_of(date)
	end
	return date
end

-- ---- IMAP ----

local Imap, Append = {}, {}
Imap.__index, Append.__index = Imap, Append

-- Flags that the mailbox can keep: of system flags all but \Recent, which only
-- servers set; keywords as PERMANENTFLAGS allows (RFC 9051 7.1).
local function permanent_flags(reply)
	for _, r in ipairs(reply.data) do
		if r.code and tostring(r.code[1]):upper() == "PERMANENTFLAGS" then
			local allowed = {}
			for _, flag in ipairs(r.code[2] or {}) do
				allowed[tostring(flag):lower()] = true
			end
			return allowed
		end
	end
	return {["\\*"] = true}
end

local function flags_for(self, flags)
	local list = {}
	for _, flag in ipairs(flags or {}) do
		local lower = flag:lower()
		if lower ~= "\\recent" and (self.permanent["\\*"] or
			self.permanent[lower] or flag:sub(1, 1) == "\\" and
			lower ~= "\\*") then
			list[#list + 1] = flag
		end
	end
	return list
end

-- A mailbox, by the reply of the SELECT that opened it; what has come is noted
-- in journal as key → UID ("" where the server does not tell, RFC 4315).  While
-- messages are under way "open" is 1: if a run ends so, the server may still be
-- storing some of them (postel.copying).
function M.imap(conn, name, reply, journal)
	return setmetatable({conn = conn, name = name, journal = journal,
		permanent = permanent_flags(reply)}, Imap)
end

function Imap:put(message)
	if not self.marked then
		self.journal:add(" open", "1")
		self.marked = true
	end
	local args = {}
	local flags = flags_for(self, message.flags)
	if #flags > 0 then
		args[1] = "(" .. table.concat(flags, " ") .. ")"
	end
	local date = message.date
	if date then
		args[#args + 1] = core.quote(type(date) == "string" and date or
			core.imap_date(date))
	end
	args[#args + 1] = body_of(message)
	return setmetatable({sink = self, message = message, cmd =
		self.conn:send("APPEND", self.name, table.unpack(args))}, Append)
end

function Imap:close()
	if self.marked then
		self.journal:add(" open", "")
	end
end

-- What the source did is the cause, where it is why the command failed.
function Append:wait()
	local ok, e = pcall(self.cmd.wait, self.cmd)
	if not ok and self.message.reply and
		self.message.reply.state == "failed" then
		self.message.reply:wait()
	elseif not ok then
		error(e, 0)
	end
	errors.check(self.cmd)
	check_sound(self.message)
	local uid = (self.cmd.code or ""):upper():match "^APPENDUID %d+ (%d+)$"
	self.sink.journal:add(self.message.key, uid or "")
end

-- ---- a Maildir ----

local Maildir = {}
Maildir.__index = Maildir

-- What has come is noted in journal as key → base, before the message appears:
-- an entry whose message is not there does not count (postel.archive).
function M.maildir(box, journal)
	return setmetatable({box = box, journal = journal}, Maildir)
end

function Maildir:put(message)
	local body = body_of(message)
	self.box:append(body, {
		flags = message.flags, date = seconds(message.date),
		before = function(base)
			check_sound(message)
			self.journal:add(message.key, base)
		end,
	})
	return done
end

-- ---- an mbox ----

local Mbox = {}
Mbox.__index = Mbox

-- What has come is noted as key → "".  In front of it stands, under the key
-- " begun", where the message begins and which it is: so one that a crash cut
-- short is found, and taken back, by M.mbox.
function M.mbox(box, journal)
	local begun = journal:get " begun"
	local key, offset = (begun or ""):match "^(.*) (%d+)$"
	if key and not journal:get(key) then
		box:take_back(math.tointeger(tonumber(offset)))
	end
	return setmetatable({box = box, journal = journal}, Mbox)
end

function Mbox:put(message)
	self.box:append(body_of(message), {
		date = seconds(message.date),
		begin = function(offset)
			self.journal:add(" begun",
				("%s %d"):format(message.key, offset))
		end,
		before = function() check_sound(message) end,
	})
	self.journal:add(message.key)
	return done
end

-- ---- files ----

local Files = {}
Files.__index = Files

-- A folder in which each message is a file with its exact octets, named by
-- UIDVALIDITY and UID, or by POP3's unique id.  What has come is noted as key → "".
function M.files(path, journal)
	core.mkdirs(path)
	return setmetatable({path = path, journal = journal}, Files)
end

local function file_name(journal, key)
	local validity = journal:get " validity"
	return (validity and validity .. "." or "") ..
		key:gsub("[^%w_.,=@+-]", function(c)
			return ("%%%02X"):format(c:byte())
		end):gsub("^%.", "%%2E") .. ".eml"
end

local BLOCK = 64 * 1024

-- Whether two files hold the same octets.
local function same(one, other)
	local a <close> = io.open(one, "rb")
	local b <close> = io.open(other, "rb")
	while a and b do
		local x, y = a:read(BLOCK), b:read(BLOCK)
		if x ~= y then
			return false
		elseif not x then
			return true
		end
	end
	return false
end

-- A file of that name that holds the same was saved by a run that could not note
-- it.  If it is another message, from a mailbox that has the same numbers, the new
-- one gets a name with a number behind it.
function Files:put(message)
	local path = self.path .. "/" .. file_name(self.journal, message.key)
	local stem, there = path:gsub("%.eml$", ""), {}
	while core.stat(path) do
		there[#there + 1] = path
		path = ("%s-%d.eml"):format(stem, #there + 1)
	end
	body_of(message):save(path, {before = function() check_sound(message) end})
	for _, other in ipairs(there) do
		if same(path, other) then
			core.remove(path)
			break
		end
	end
	self.journal:add(message.key)
	return done
end

return M
