-- compose: a mail out of its parts (RFC 5322, RFC 2045 to 2047, RFC 2231).

local core = require "postel.core"
local errors = require "postel.errors"
local source = require "postel.source"

local M = {}

local function wrong(field, format, ...)
	errors.argument("compose", field, format, ...)
end

-- What may stand in a field of the header.
local function check_value(field, value)
	if type(value) ~= "string" then
		wrong(field, "string expected, got %s", type(value))
	elseif value:find "[\r\n\0]" then
		wrong(field, "CR, LF or NUL in it")
	elseif not utf8.len(value) then
		wrong(field, "it is no UTF-8")
	end
	return value
end

-- "Name <address>" or "address" or {name =, address =}.
local function address(field, value)
	local name
	if type(value) == "table" then
		name, value = value.name, value.address
	end
	check_value(field, value)
	local bare = value:match "<([^<>]*)>%s*$"
	if not core.smtp_address(bare or value, true) or bare and name then
		wrong(field, "%s is no mail address", core.vis(value))
	elseif not name then
		return value
	end
	return core.quote(check_value(field, name)) .. " <" .. value .. ">"
end

local function addresses(field, value)
	if type(value) ~= "table" or value.address then
		value = {value}
	end
	local out = {}
	for i, one in ipairs(value) do
		out[i] = address(field, one)
	end
	return table.concat(out, ", ")
end

-- The fields that have a key of their own, in the order in which they come.
local rows = {
	{"date", "Date"}, {"from", "From", addresses},
	{"sender", "Sender", addresses}, {"reply_to", "Reply-To", addresses},
	{"to", "To", addresses}, {"cc", "Cc", addresses},
	{"subject", "Subject"}, {"message_id", "Message-ID"},
	{"in_reply_to", "In-Reply-To"}, {"references", "References"},
}

local known = {
	bcc = true, headers = true, text = true, html = true, attach = true,
}
for _, row in ipairs(rows) do
	known[row[1]] = true
end

local function check_keys(t)
	if type(t) ~= "table" then
		wrong("message", "table expected, got %s", type(t))
	end
	for key in pairs(t) do
		if not known[key] then
			wrong(tostring(key), "no such option")
		end
	end
	if t.from == nil then
		wrong("from", "it is missing")
	end
end

-- "<1764312345.8f2c…@host>", which nobody else makes; from is an address.
function M.message_id(from)
	local host = from:match "@([^@<>]+)>?%s*$" or core.hostname() or
		"localhost"
	local random <close> = assert(io.open("/dev/urandom", "rb"))
	return ("<%d.%s@%s>"):format(os.time(), random:read(12):gsub(".",
		function(c) return ("%02x"):format(c:byte()) end), host)
end

local function add_header(composer, t)
	for _, row in ipairs(rows) do
		local key, name, format = table.unpack(row)
		local value = t[key]
		if value ~= nil and format then
			value = format(key, value)
		elseif key == "date" and type(value) ~= "string" then
			value = core.date(value or os.time())
		elseif key == "message_id" and value == nil then
			value = M.message_id(addresses("from", t.from))
		end
		if value and value ~= "" then
			composer:header(name, check_value(key, value))
		end
	end
	for _, field in ipairs(t.headers or {}) do
		local name, value = field[1], field[2]
		if type(name) ~= "string" or not name:find "^[!-9;-~]+$" then
			wrong("headers", "%s is no name of a field",
				core.vis(tostring(name)))
		end
		composer:header(name, check_value(name, value))
	end
end

-- ---- what is attached ----

local types = {
	txt = "text/plain", html = "text/html", htm = "text/html",
	csv = "text/csv", ics = "text/calendar", vcf = "text/vcard",
	md = "text/markdown", css = "text/css", lua = "text/x-lua",
	json = "application/json", xml = "application/xml",
	pdf = "application/pdf", zip = "application/zip",
	gz = "application/gzip", tar = "application/x-tar",
	doc = "application/msword",
	docx = "application/vnd.openxmlformats-officedocument" ..
		".wordprocessingml.document",
	xlsx = "application/vnd.openxmlformats-officedocument" ..
		".spreadsheetml.sheet",
	odt = "application/vnd.oasis.opendocument.text",
	ods = "application/vnd.oasis.opendocument.spreadsheet",
	png = "image/png", jpg = "image/jpeg", jpeg = "image/jpeg",
	gif = "image/gif", svg = "image/svg+xml", webp = "image/webp",
	mp3 = "audio/mpeg", ogg = "audio/ogg", mp4 = "video/mp4",
}

-- A message must not be encoded in base64 (RFC 2046 5.2.1), which all other
-- attachments are: it goes as a file.
local function type_of(name)
	local ending = name:lower():match "%.(%w+)$"
	return types[ending] or "application/octet-stream"
end

-- A path, or {path = or body =, name =, type =}.
local function attach(composer, file)
	if type(file) == "string" then
		file = {path = file}
	elseif type(file) ~= "table" or not (file.path or file.body) then
		wrong("attach", "a path, or a table with path or body expected")
	end
	local name = file.name or file.path and file.path:match "[^/]*$"
	check_value("attach", name or "")
	local kind, subtype = check_value("attach", file.type or
		type_of(name or "")):match "^([%w!#$&^_.+-]+)/([%w!#$&^_.+-]+)$"
	if not kind or kind == "multipart" or kind == "message" then
		wrong("attach", "%s is no type of a file", core.vis(file.type))
	end
	local body = file.path and source.file(file.path) or
		source.body(file.body)
	local spool = core.spool()
	for part in function() return body:read() end do
		spool:add(part)
	end
	composer:attach(spool, kind, subtype, name or "")
end

-- ---- all of it ----

-- A body that is a message:
--
--	from, sender, reply_to, to, cc	an address, "Name <address>",
--			{name =, address =}, or an array of these
--	subject, in_reply_to, references	texts in UTF-8
--	date		seconds since 1970, or a text; else now
--	message_id	else a new one
--	headers		an array of {name, value}
--	text, html	what people read; both: two forms of the same
--	attach		an array of paths, or {path = or body =, name =, type =}
--	bcc		is not written: who gets the message says who sends it
--
-- It is in 7-bit, whatever the texts hold, and its lines end in CRLF.  What
-- cannot stand in a header (CR, LF, NUL, octets that are no UTF-8) raises, as
-- do addresses that are none.
function M.compose(t)
	check_keys(t)
	local composer <close> = core.composer()
	add_header(composer, t)
	for _, key in ipairs {"text", "html"} do
		local text = t[key]
		if text ~= nil then
			if type(text) ~= "string" or not utf8.len(text) or
				text:find("\0", 1, true) then
				wrong(key, "text in UTF-8 expected")
			end
			composer:text(key == "text" and "plain" or key, text)
		end
	end
	if t.text == nil and t.html == nil then
		composer:text("plain", "")
	end
	for _, file in ipairs(t.attach or {}) do
		attach(composer, file)
	end
	return composer:finish()
end

return M
