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

local function save_maildir(path, messages)
	local box <close> = require("postel.maildir").maildir(path,
		{create = true})
	for m in messages do
		box:append(m.body, {flags = m.flags})
	end
end

local function save_mbox(path, messages, overwrite)
	local mbox = require "postel.mbox"
	local parts
	local function next_part()
		local part = parts and parts()
		if part then
			return part
		end
		local m = messages()
		parts = m and mbox.parts(m.body)
		return parts and parts()
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
