-- sink: where messages can go: a mailbox of an IMAP account, a Maildir, an mbox, a
-- folder of files.  put(message) takes {key, flags, date, body}; the date is
-- IMAP's text or seconds since 1970.  Some have close(), for when all is done.

local core = require "postel.core"
local errors = require "postel.errors"
local flags = require "postel.flags"
local mailbox = require "postel.mailbox"

local M = {}

-- What put() gives where the message has come when it returns.
local done = {
	wait = function() end,
	concluded = function() return true end,
}

-- What to fetch of a message for a sink.
M.ITEMS = "UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]"

-- What is not the message that was asked for must not count as it.
function M.check_sound(message)
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

-- So many messages in a row may be too many for a mailbox's quota.
local OVER_QUOTA = 20

-- A mailbox, by the reply of the SELECT that opened it; what has come is noted
-- in journal as key → "UID/FLAGS" (no UID where the server does not tell, RFC 4315;
-- the flags as the source has them).  While messages are under way " open" is 1: if
-- a run ends so, the server may still be storing some of them (postel.copying).
-- An error with .mailbox = true is one that all messages would meet, one with
-- "changed" says that the mailbox is another one now.
function M.imap(conn, name, reply, journal)
	return setmetatable({conn = conn, name = name, journal = journal,
		validity = tostring(conn.mailbox.uidvalidity), over = 0, last = 0,
		permanent = permanent_flags(reply)}, Imap)
end

function Imap:put(message)
	if not self.marked then
		self.journal:add(" open", "1")
		self.marked = true
	end
	local args = {}
	local kept = self:permitted(message.flags)
	if #kept > 0 then
		args[1] = "(" .. table.concat(kept, " ") .. ")"
	end
	local date = message.date
	if date then
		args[#args + 1] = core.quote(type(date) == "string" and date or
			core.imap_date(date))
	end
	args[#args + 1] = message.body
	return setmetatable({sink = self, message = message, cmd =
		self.conn:send("APPEND", self.name, table.unpack(args))}, Append)
end

function Imap:close()
	if self.marked then
		self.journal:add(" open", "")
	end
end

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

-- Whether the mailbox of an APPENDUID is another one than that of those before: its
-- UIDVALIDITY is, or, for some servers give the same again, its UIDs begin anew.
local function is_another(self, validity, uid)
	if validity ~= self.validity then
		return true
	elseif uid > self.last then
		self.last = uid
		return false
	end
	-- Others give what they have already the UID that it has.
	local uidnext = self.conn:status(self.name, "UIDNEXT").uidnext
	return uidnext ~= nil and uidnext <= self.last
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
	local sink = self.sink
	check_refusal(sink, self.cmd)
	errors.check(self.cmd)
	M.check_sound(self.message)
	local validity, uid = (self.cmd.code or ""):upper()
		:match "^APPENDUID (%d+) (%d+)$"
	if validity and is_another(sink, validity, math.tointeger(uid)) then
		sink.journal:add(" validity", "")
		local changed = errors.new("use", "%s: UIDVALIDITY of %s has " ..
			"changed meanwhile", sink.conn.name, sink.name)
		changed.mailbox = "changed"
		error(changed, 0)
	end
	sink.journal:add(self.message.key, (uid or "") .. "/" ..
		flags.text(self.message.flags))
end

-- Whether the server has said what it thinks, and nothing of the message is still to
-- be looked at.
function Append:concluded()
	local message = self.message
	return self.cmd:ready() and
		(message.is_sound == nil or rawget(message, "whole") == true)
end

-- ---- a Maildir ----

local Maildir = {}
Maildir.__index = Maildir

-- What has come is noted in journal as key → the name that its file has with these
-- flags, before the message appears: an entry whose message is not there does not
-- count (postel.archive).
function M.maildir(box, journal)
	return setmetatable({box = box, journal = journal}, Maildir)
end

function Maildir:put(message)
	local body = message.body
	self.box:append(body, {
		flags = message.flags, date = seconds(message.date),
		before = function(base)
			M.check_sound(message)
			self.journal:add(message.key, core.maildir_file(base,
				message.flags or {}))
		end,
	})
	return done
end

-- ---- an mbox ----

local Mbox = {}
Mbox.__index = Mbox

-- The key of the message that a journal has begun last in an mbox, and where it
-- begins; nil and 0 where there is none.
function M.begun(journal)
	local key, offset = (journal:get " begun" or ""):match "^(.*) (%d+)$"
	return key, math.tointeger(tonumber(offset)) or 0
end

-- What has come is noted as key → "".  In front of it stands, under the key
-- " begun", where the message begins and which it is: so one that a crash cut
-- short is found, and taken back, by M.mbox.
function M.mbox(box, journal)
	local key, offset = M.begun(journal)
	if key and not journal:get(key) then
		box:take_back(offset)
	end
	return setmetatable({box = box, journal = journal}, Mbox)
end

function Mbox:put(message)
	self.box:append(message.body, {
		date = seconds(message.date),
		begin = function(offset)
			self.journal:add(" begun",
				("%s %d"):format(message.key, offset))
		end,
		before = function() M.check_sound(message) end,
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

-- The name of the file for a key; validity is the mailbox's UIDVALIDITY, or nil.
function M.file_name(validity, key)
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
	local path = self.path .. "/" ..
		M.file_name(self.journal:get " validity", message.key)
	local stem, there = path:gsub("%.eml$", ""), {}
	while core.stat(path) do
		there[#there + 1] = path
		path = ("%s-%d.eml"):format(stem, #there + 1)
	end
	message.body:save(path, {before = function() M.check_sound(message) end})
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
