-- mbox: many messages in one file (RFC 4155), in the form called mboxrd: a line
-- ">From " of any number of ">" has one more of them in the file, so what comes
-- out is what went in.

local core = require "postel.core"
local errors = require "postel.errors"
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
	local lines, begun = body:lines(), false
	return function()
		if not begun then
			begun = true
			return separator(date)
		elseif not lines then
			return nil
		end
		local line = lines()
		if not line then
			lines = nil
			return "\n"
		end
		return (line:find "^>*From " and ">" or "") .. line .. "\n"
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
	local file <close>, size = open_end(self)
	local ok, e = pcall(function()
		if options.begin then
			options.begin(size)
		end
		for part in M.parts(body, options.date) do
			local written, why = file:write(part)
			if not written then
				errors.raise("sys", "%s: %s", self.path, why)
			end
		end
		if options.before then
			options.before()
		end
		if options.sync ~= false then
			core.sync(file)
		else
			file:flush()
		end
	end)
	if not ok then
		core.truncate(file, size)
		error(e, 0)
	end
end

--- box:take_back(offset)
-- Takes back a message that was begun at this octet and may not be whole.  Raises
-- "use" if it is not the last one.
function Mbox:take_back(offset)
	local file <close> = io.open(self.path, "r+b")
	local size = file and file:seek "end" or 0
	if size <= offset then
		return
	end
	core.lock(file)
	file:seek("set", offset)
	local n = 0
	for line in file:lines() do
		n = line:find "^From " and n + 1 or n
	end
	if n > 1 then
		errors.raise("use", "%s: something was appended behind a message " ..
			"that may not be whole (octet %d)", self.path, offset)
	end
	core.truncate(file, offset)
end

-- ---- reading ----

-- "From someone Fri Nov 27 10:00:00 2026": seconds since 1970, or nil.
local function separator_date(line)
	local month, day, time, year =
		line:match "%a%a%a (%a%a%a) +(%d+) (%d+:%d+:%d+) .-(%d%d%d%d)%s*$"
	return month and (core.date_of(("%s %s %s %s +0000"):format(day, month,
		year, time))) or nil
end

--- box:messages()
-- Iterates over the messages.  Each has number, date (from the line between
-- messages, or nil) and body; the file must not change meanwhile.
function Mbox:messages()
	local file, why = io.open(self.path, "rb")
	if not file then
		errors.raise("sys", "%s", why)
	end
	local number, line = 0, file:read "L"
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
		local date, spool = separator_date(line), core.spool()
		local held = ""
		line = file:read "L"
		while line and not (held ~= "" and line:find "^From ") do
			spool:add(held)
			held = line:find "^\r?\n$" and line or ""
			if held == "" then
				spool:add((line:gsub("^>(>*From )", "%1")))
			end
			line = file:read "L"
		end
		number = number + 1
		return {number = number, date = date, body = spool:body()}
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
