-- message: a mail as people see it: its header decoded, its parts, and what is
-- attached.  Everything in it was written by a stranger: what goes to a
-- terminal passes postel.visible first.

local core = require "postel.core"
local errors = require "postel.errors"
local source = require "postel.source"

local M = {}

local Message, Part = {}, {}
Message.__name = "postel.message"
Part.__name = "postel.part"
Part.__index = Part

-- An array of {name =, address =}; as a text "Name <address>, …".
local Addresses = {
	__name = "postel.addresses",
	__tostring = function(list)
		local out = {}
		for i, a in ipairs(list) do
			out[i] = a.name and a.name ~= "" and
				a.name .. " <" .. a.address .. ">" or a.address
		end
		return table.concat(out, ", ")
	end,
}

-- ---- the header ----

-- The value of the first field of that name as it stands in the header.
local function raw(self, name)
	name = name:lower()
	for _, field in ipairs(self.fields) do
		if field[1]:lower() == name then
			return field[2]
		end
	end
	return nil
end

-- What a field of a message is; each is found out when it is first read.
local computed = {
	fields = function(self) return self.mime:headers() end,
	subject = function(self) return self:header "Subject" end,
	message_id = function(self) return self:header "Message-ID" end,
	in_reply_to = function(self) return self:header "In-Reply-To" end,
	date = function(self) return (core.date_of(raw(self, "Date") or "")) end,
	zone = function(self)
		return select(2, core.date_of(raw(self, "Date") or ""))
	end,
}
for _, name in ipairs {"From", "Sender", "Reply-To", "To", "Cc", "Bcc"} do
	computed[name:lower():gsub("-", "_")] = function(self)
		return setmetatable(core.addresses(raw(self, name) or ""),
			Addresses)
	end
end

function Message.__index(self, key)
	local compute = computed[key]
	if not compute then
		return Message[key]
	end
	local value = compute(self)
	rawset(self, key, value)
	return value
end

--- message:headers()
-- Iterates over name and value of all fields in their order, those that say what
-- the content is last.
function Message:headers()
	local i = 0
	return function()
		i = i + 1
		local field = self.fields[i]
		if field then
			return field[1], core.header_decode(field[2])
		end
	end
end

--- message:header(name) → value
-- The value of the first field of that name, in any case: in UTF-8, unfolded,
-- encoded words decoded (RFC 2047); or nil.
function Message:header(name)
	if type(name) ~= "string" then
		errors.argument("header", "name", "string expected, got %s",
			type(name))
	end
	local value = raw(self, name)
	return value and core.header_decode(value)
end

-- ---- the parts ----

--- part:body() → body
-- What the part holds, without its transfer encoding (RFC 2045 6).
function Part:body()
	return self.mime:content(self.number)
end

--- part:text() → string
-- A text in UTF-8, with line ends as they came; nil if it is no text, or over 16
-- MiB.
function Part:text()
	return self.mime:text(self.number)
end

-- Names that some system takes for a device.
local devices = {con = true, prn = true, aux = true, nul = true}
for i = 0, 9 do
	devices["com" .. i], devices["lpt" .. i] = true, true
end

-- A file name out of what a stranger wrote: one component, visible, and not
-- hidden.
local function safe_name(name, number)
	name = core.vis(name or ""):gsub("[/\\%c]", "_"):gsub("^[%s.]+", "")
		:gsub("[%s.]+$", "")
	if #name > 200 then
		local ending = name:match "%.%w+$" or ""
		local cut = 200 - #ending
		cut = utf8.offset(name, 0, cut + 1) or cut + 1
		name = name:sub(1, cut - 1) .. ending
	end
	if name == "" or devices[name:lower():match "^[^.]*"] then
		return ("part-%d%s"):format(number, name == "" and "" or
			"-" .. name)
	end
	return name
end

--- part:save(folder, options) → path
-- Saves what it holds in a folder, under the name that the message gives it as far
-- as that is harmless, else as part-N, or under options.name; a name that is taken
-- gets a number.
function Part:save(folder, options)
	if type(folder) ~= "string" or folder == "" then
		errors.argument("save", "folder", "string expected")
	end
	local name = options and options.name or safe_name(self.name, self.number)
	local stem, ending = name:match "^(.+)(%.[^.]*)$"
	for i = 1, 1000 do
		local path = folder .. "/" .. (i == 1 and name or
			("%s-%d%s"):format(stem or name, i, ending or ""))
		local body <close> = self:body()
		local ok, e = pcall(body.save, body, path)
		if ok then
			return path
		elseif not core.stat(path) then
			error(e, 0)
		end
	end
	errors.raise("sys", "%s: too many files of that name", folder)
end

--- message:parts()
-- Iterates over the parts that hold no others, in their order (RFC 2046).  A part
-- has number, type ("image/png"), name, charset, disposition ("attachment",
-- "inline" or nil), id (without < and >), and attached.
function Message:parts()
	if not rawget(self, "part_list") then
		self.part_list = self.mime:parts()
		for i, part in ipairs(self.part_list) do
			part.number, part.mime = i, self.mime
			part.attached = part.disposition == "attachment" or
				part.name ~= nil or part.type == "message/rfc822"
			setmetatable(part, Part)
		end
	end
	local list, i = self.part_list, 0
	return function()
		i = i + 1
		return list[i]
	end
end

--- message:attachments()
-- Iterates over the parts that are attached: said to be, or with a name, or a
-- message.
function Message:attachments()
	local parts = self:parts()
	return function()
		local part = parts()
		while part and not part.attached do
			part = parts()
		end
		return part
	end
end

local function first_text(self, wanted)
	for part in self:parts() do
		if part.type == wanted and not part.attached then
			return part:text()
		end
	end
	return nil
end

--- message:text() → string
-- The text that people read, in UTF-8: the first part of type text/plain that is
-- not attached; or nil.
function Message:text()
	return first_text(self, "text/plain")
end

--- message:html() → string
-- The same as HTML: the first part of type text/html.
function Message:html()
	return first_text(self, "text/html")
end

--- message:close()
-- Frees the message before the collector does, as the end of a <close> variable
-- does.
function Message:close()
	self.mime:close()
end

Message.__close = Message.close

--- postel.message(from) → message
-- Reads a mail from what postel.body() takes, to its end; a large one is kept in a
-- temporary file.  Raises what reading raises, and "sys" where GMime, which reads
-- its parts, is not installed.  It has these fields:
--
--	subject, message_id, in_reply_to	texts in UTF-8, or nil
--	from, sender, reply_to, to, cc, bcc	arrays of tables with name and address,
--		those in groups included; tostring() gives "Name <address>, …"
--	date, zone	seconds since 1970, and the minutes east of UTC that the writer's
--		clock showed; or nil
function M.message(from)
	return setmetatable({mime = core.mime(source.spool(from))}, Message)
end

return M
