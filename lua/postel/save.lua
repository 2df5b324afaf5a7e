-- save: messages of a connection as files: one file, a file for each, an mbox
-- or a Maildir.  Nothing is marked as read, and no file is overwritten unless
-- that is said.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

local function usage(format, ...)
	errors.raise("usage", format, ...)
end

-- ---- which messages ----

-- "1,3:5,7:*" of a mailbox that has `count` messages, as ranges {first, last}.
local function ranges(text, count)
	local list = {}
	local function number(digits)
		local n = digits == "*" and count or
			math.tointeger(tonumber(digits))
		if not n or n < 1 or n > count then
			usage(core.plural("there is no message %s; there is %d",
				"there is no message %s; there are %d", count),
				digits, count)
		end
		return n
	end
	for part in (text .. ","):gmatch "([^,]*)," do
		local a, b = part:match "^([%d*]+)[:-]([%d*]+)$"
		a = a or part:match "^%d+$" or part:match "^%*$"
		if not a then
			usage("%s is no set of messages: 3, 1:5, 7:* or 1,4",
				core.vis(text))
		end
		a, b = number(a), number(b or a)
		list[#list + 1] = {math.min(a, b), math.max(a, b)}
	end
	return list
end

local function as_numbers(list)
	local numbers, seen = {}, {}
	for _, r in ipairs(list) do
		for n = r[1], r[2] do
			if not seen[n] then
				seen[n] = true
				numbers[#numbers + 1] = n
			end
		end
	end
	return numbers
end

local function as_text(list)
	local parts = {}
	for i, r in ipairs(list) do
		parts[i] = r[1] .. ":" .. r[2]
	end
	return table.concat(parts, ",")
end

-- How many messages there are, and an iterator over {number, flags, body}.
local choose = {}

function choose.pop3(conn, set)
	local numbers = as_numbers(ranges(set, (conn:stat())))
	return #numbers, conn:messages(numbers)
end

-- PEEK sets no \Seen.
function choose.imap(conn, set, by_uid)
	local box = conn:current()
	local wanted = by_uid and "UID " .. set or
		as_text(ranges(set, conn.mailbox.exists))
	if by_uid and not set:find "^[%d:*,]+$" then
		usage("%s is no set of UIDs: 17, 17:20 or 17:*", core.vis(set))
	end
	local messages = box:search(wanted)
	if #messages == 0 then
		usage("there is no message with the UID %s", set)
	end
	local step = messages:fetch "UID FLAGS BODY.PEEK[]"
	return #messages, function()
		local m = step()
		return m and setmetatable({body = m.body}, {
			__index = function(_, key)
				return m[key == "number" and by_uid and "uid" or
					key]
			end,
		})
	end
end

-- ---- where they go ----

local function is_folder(path)
	local f = io.open(path .. "/.", "rb")
	if f then
		f:close()
	end
	return f ~= nil
end

-- Lines that end in LF, as mbox and Maildir have them.
local function unix_lines(body, each)
	local lines = body:lines()
	return function()
		local line = lines()
		return line and (each and each(line) or line) .. "\n"
	end
end

local delivered = 0

-- Names that sort in the order of delivery.
local function unique_name()
	delivered = delivered + 1
	local f <close> = assert(io.open("/dev/urandom", "rb"))
	local random = f:read(8):gsub(".", function(c)
		return ("%02x"):format(c:byte())
	end)
	local host = (core.hostname() or "localhost"):gsub("/", "\\057")
		:gsub(":", "\\072")
	return ("%d.M%06dR%s.%s"):format(os.time(), delivered, random, host)
end

-- Flags as letters (https://cr.yp.to/proto/maildir.html), in ASCII order.
local letters = {
	["\\draft"] = "D", ["\\flagged"] = "F", ["\\answered"] = "R",
	["\\seen"] = "S", ["\\deleted"] = "T",
}

local function flag_letters(flags)
	local found = {}
	for _, flag in ipairs(flags or {}) do
		found[#found + 1] = letters[tostring(flag):lower()]
	end
	table.sort(found)
	return table.concat(found)
end

local function save_maildir(path, messages)
	for _, sub in ipairs {"tmp", "new", "cur"} do
		core.mkdirs(path .. "/" .. sub)
	end
	for m in messages do
		local name = unique_name()
		local text = require("postel.source").body(
			unix_lines(m.body))
		local flags = flag_letters(m.flags)
		text:save(flags == "" and path .. "/new/" .. name or
			path .. "/cur/" .. name .. ":2," .. flags,
			{temporary = path .. "/tmp/" .. name})
	end
end

-- mboxrd: a line that begins like the one between messages gets a ">".
local function save_mbox(path, messages, overwrite)
	local function each(line)
		return line:find "^>*From " and ">" .. line or line
	end
	local lines
	local function next_part()
		local line = lines and lines()
		if line then
			return line
		elseif lines then
			lines = nil
			return "\n"
		end
		local m = messages()
		lines = m and unix_lines(m.body, each)
		return m and os.date(
			"!From MAILER-DAEMON %a %b %d %H:%M:%S %Y\n")
	end
	require("postel.source").body(next_part):save(path,
		{overwrite = overwrite})
end

local function save_files(name_of, messages, overwrite)
	for m in messages do
		m.body:save(name_of(m), {overwrite = overwrite})
	end
end

-- Saves the messages of a set ("3", "1:*") and returns how many and as what.
-- The target is a file for one message; with %d in it a file for each; an mbox
-- if it ends in .mbox; a Maildir if it is one, or ends in "/" and is new; in
-- any other folder each message becomes NUMBER.eml.  {uid = true}: the set is
-- of UIDs; {overwrite = true}: files that are there are replaced.
function M.save(conn, set, target, options)
	options = options or {}
	if type(set) == "number" then
		set = tostring(set)
	end
	if type(set) ~= "string" then
		errors.argument("save", "set", "string expected, got %s",
			type(set))
	elseif type(target) ~= "string" or target == "" then
		errors.argument("save", "target", "a name expected")
	elseif not choose[conn.protocol] then
		usage("there are no messages in %s to save",
			(conn.protocol or core.text "this connection"):upper())
	end
	local path = target:gsub("(.)/+$", "%1")
	local folder = is_folder(path)
	local maildir = folder and is_folder(path .. "/cur") and
		is_folder(path .. "/new") or target:find "/$" and not folder
	local mbox = target:lower():find "%.mbox$" and not folder
	local count, messages = choose[conn.protocol](conn, set, options.uid)
	if count > 1 and not (maildir or mbox or folder or
		target:find("%d", 1, true)) then
		usage("%d messages do not go into one file: put %%d into its " ..
			"name, or let it end in .mbox or /", count)
	end
	if maildir then
		save_maildir(path, messages)
		return count, errors.text("to the Maildir %s", path)
	elseif mbox then
		save_mbox(path, messages, options.overwrite)
	else
		save_files(function(m)
			return folder and path .. "/" .. m.number .. ".eml" or
				(target:gsub("%%d", m.number or 0))
		end, messages, options.overwrite)
	end
	return count, errors.text("to %s", target)
end

return M
