-- mbox: many messages in one file (RFC 4155), in the form called mboxrd: a line
-- ">From " of any number of ">" has one more of them in the file, so what comes
-- out is what went in.

local core = require "postel.core"
local errors = require "postel.errors"
local pieces = require "postel.pieces"
local source = require "postel.source"

local M = {}

local Mbox = {}
Mbox.__index = Mbox
Mbox.__name = "postel.mbox"

-- ---- writing ----

local function separator(date)
	return os.date("!From MAILER-DAEMON %a %b %d %H:%M:%S %Y\n", date)
end

-- The text of one message in the file, in pieces until nil: each line, ended
-- by LF, and an empty one behind the last.
function M.parts(body, date)
	local step = pieces.pieces(function() return body:read() end)
	local begun, whole = false, true
	return function()
		if not begun then
			begun = true
			return separator(date)
		elseif not step then
			return nil
		end
		local piece, first = step()
		if not piece then
			step = nil
			return whole and "\n" or "\n\n"
		end
		whole = piece:byte(-1) == 0x0a
		return (first and piece:find "^>*From " and ">" or "") ..
			piece:gsub("\r\n$", "\n")
	end
end

-- What is there must end in an empty line.
local function open_end(self)
	core.create(self.path)
	local file, why = io.open(self.path, "r+b")
	if not file then
		errors.raise("sys", "%s", why)
	end
	core.lock(file)
	local size = file:seek "end"
	if size > 0 then
		file:seek("set", math.max(0, size - 2))
		local last = file:read "a"
		file:seek("set", size)
		if last ~= "\n\n" then
			assert(file:write(last:sub(-1) == "\n" and "\n" or
				"\n\n"))
		end
	end
	return file, size
end

-- The file, locked, to append message behind message to.
local Writer = {}
Writer.__index = Writer

function Mbox:writer()
	local file, size = open_end(self)
	return setmetatable({path = self.path, file = file, size = size}, Writer)
end

local function write(self, body, options)
	if options.begin then
		options.begin(self.size)
	end
	for part in M.parts(body, options.date) do
		local written, why = self.file:write(part)
		if not written then
			errors.raise("sys", "%s: %s", self.path, why)
		end
	end
	if options.before then
		options.before()
	end
	core.flush(self.file)
end

-- Writes a body, as box:append does, but for the sync.
function Writer:add(body, options)
	local ok, e = pcall(write, self, body, options)
	if not ok then
		core.truncate(self.file, self.size)
		error(e, 0)
	end
	self.size = self.file:seek "end"
end

-- All that was added is on disk.
function Writer:sync()
	core.sync(self.file)
end

-- Takes back what was added behind this octet.
function Writer:take_back(size)
	core.truncate(self.file, size)
	self.size = size
end

function Writer:close()
	self.file:close()
end

Writer.__close = Writer.close

--- box:append(from, options)
-- Appends what postel.body() takes.  It is on disk then; if it cannot be written
-- whole, the file is as it was before.  The file is locked (fcntl(2)) meanwhile.
-- The options:
--
--	date	when it came, in seconds since 1970
--	sync	false: it need not be on disk
--	begin	begin(offset) is called with the octet at which the message will begin
--	before	before() is called when all is written; what it raises takes the
--		message back
function Mbox:append(from, options)
	options = errors.expect("append", "options", options, "table?") or {}
	errors.expect("append", "date", options.date, "number?")
	local body = source.body(from)
	local writer <close> = self:writer()
	local before = writer.size
	writer:add(body, options)
	if options.sync == false then
		return
	end
	local ok, e = pcall(writer.sync, writer)
	if not ok then
		writer:take_back(before)
		error(e, 0)
	end
end

-- Where the last message begins that stands behind an octet at which one begins, and
-- how many begin there.
local function last_begin(file, offset)
	file:seek("set", offset)
	local at, count, last = offset, 0, offset
	for piece, first in pieces.of_file(file) do
		if first and piece:find "^From " then
			count, last = count + 1, at
		end
		at = at + #piece
	end
	return last, count
end

--- box:take_back(offset, group)
-- Takes back a message that was begun at this octet and may not be whole; if another
-- one stands behind it nothing is taken back.  If the file does not reach so far, for
-- the machine has crashed, the last of the messages is taken back that were begun from
-- the octet `group` on.
function Mbox:take_back(offset, group)
	group = group or offset
	local file <close> = io.open(self.path, "r+b")
	local size = file and file:seek "end" or 0
	if size <= group then
		return
	end
	core.lock(file)
	local last, count = last_begin(file, group)
	if size < offset and count > 0 then
		core.truncate(file, last)
	elseif size > offset and select(2, last_begin(file, offset)) <= 1 then
		core.truncate(file, offset)
	end
end

-- ---- reading ----

-- "From someone Fri Nov 27 10:00:00 2026": seconds since 1970, or nil.
local function separator_date(line)
	local month, day, time, year =
		line:match "%a%a%a (%a%a%a) +(%d+) (%d+:%d+:%d+) .-(%d%d%d%d)%s*$"
	return month and (core.date_of(("%s %s %s %s +0000"):format(day, month,
		year, time))) or nil
end

-- One message, behind its line "From ": a body.  step gives pieces; also the line
-- "From " of the next message, or nil.
local function read_message(step)
	local spool, held = core.spool(), ""
	local piece, first = step()
	while piece and not (held ~= "" and first and piece:find "^From ") do
		spool:add(held)
		held = first and piece:find "^\r?\n$" and piece or ""
		if held == "" then
			spool:add(first and piece:gsub("^>(>*From )", "%1") or
				piece)
		end
		piece, first = step()
	end
	return spool:body(), piece
end

--- box:messages(offset)
-- Iterates over the messages, or those from an octet on where one begins.  Each has
-- number, date (from the line between messages, or nil) and body; the file must not
-- change meanwhile.
function Mbox:messages(offset)
	local file, why = io.open(self.path, "rb")
	if not file then
		errors.raise("sys", "%s", why)
	end
	file:seek("set", offset or 0)
	local step = pieces.of_file(file)
	local number, line = 0, step()
	if line and not line:find "^From " then
		file:close()
		errors.raise("usage", "%s is no mbox: it does not begin with From ",
			self.path)
	end
	return function()
		if not line then
			file:close()
			return nil
		end
		local m = {date = separator_date(line)}
		m.body, line = read_message(step)
		number = number + 1
		m.number = number
		return m
	end
end

--- postel.mbox(path) → box
-- An mbox (RFC 4155) in the form called mboxrd; it need not be there before
-- something is appended.
function M.mbox(path)
	if type(path) ~= "string" or path == "" then
		errors.argument("mbox", "path", "string expected")
	end
	return setmetatable({path = path}, Mbox)
end

return M
