-- letter: a file as the mail that is sent: as it stands, or with what its header
-- lacks (RFC 5322 3.6, RFC 2045), and with files attached.
--
-- What stands in the file stays octet by octet: fields are put behind its header,
-- and only those beyond ASCII are written anew (RFC 2047).  Bcc goes wherever the
-- header is written (RFC 5322 3.6.3).

local compose = require "postel.compose"
local core = require "postel.core"
local errors = require "postel.errors"
local source = require "postel.source"

local M = {}

-- A header that is longer is none that anybody wrote.
local HEADER_MAX = 1 << 20

local Letter = {}
Letter.__index = Letter
Letter.__name = "postel.letter"

local function wrong(letter, format, ...)
	errors.raise("usage", "%s: %s", core.vis(letter.name),
		errors.text(format, ...))
end

-- ---- header and content ----

-- How long the header at the beginning of text is, and where the content begins;
-- nil if its end has not come yet.
local function header_end(text)
	local first = text:match "^\r?\n()"
	if first then
		return 0, first
	end
	local stop, content = text:match "\n()\r?\n()"
	return stop and stop - 1, content
end

-- Whether each line is one of a field (RFC 5322 2.2), and there is one.
local function is_header(text)
	local inside = false
	for line in text:gmatch "[^\n]+" do
		if line:find "^[!-9;-~]+[ \t]*:" then
			inside = true
		elseif not inside or not line:find "^[ \t]" then
			return false
		end
	end
	return inside or text == ""
end

-- Cuts the header off the front of a body: its text, which ends with its last
-- field, and how many octets of the body stand before the content.
local function split(letter)
	local body, text, stop, content = letter.body, "", nil, nil
	body:rewind()
	if letter.options.text then
		return "", 0
	end
	for part in function() return body:read() end do
		text = text .. part
		stop, content = header_end(text)
		if stop or #text > HEADER_MAX then
			break
		end
	end
	if not stop then -- a header and nothing else, or no header
		stop, content = #text, #text + 1
	end
	local header = text:sub(1, stop)
	if #header > HEADER_MAX or not is_header(header) then
		return "", 0
	end
	return header, content - 1
end

-- What stands behind the header, to be read once from here on.
local function content_of(letter)
	local body, left = letter.body, letter.skip
	body:rewind()
	while left > 0 do
		left = left - #(body:read(math.min(left, 65536)) or
			wrong(letter, "it has become shorter"))
	end
	return body
end

-- Whether a body is UTF-8; characters may lie across the ends of its parts.
local function is_utf8(body)
	local rest = ""
	for part in function() return body:read() end do
		part = rest .. part
		local good, at = utf8.len(part)
		rest = ""
		if not good then
			rest = part:sub(at)
			if #rest > 3 or not rest:find "^[\xc2-\xf4]" then
				return false
			end
		end
	end
	return rest == ""
end

-- ---- fields ----

-- Fields of the header by name, in lower case: an array of values each.
local function by_name(fields)
	local names = {}
	for _, f in ipairs(fields) do
		local key = f.name:lower()
		names[key] = names[key] or {}
		table.insert(names[key], f.value)
	end
	return names
end

-- "Name: value" as an option has it.
local function parse_field(text)
	local name, value = text:match "^([!-9;-~]+)[ \t]*:[ \t]*(.*)$"
	if not name or value:find "[\r\n\0]" or not utf8.len(value) then
		errors.raise("usage", "%s is no field of a header (Name: value)",
			core.vis(text))
	end
	return {name = name, value = value}
end

-- The fields that the options give, which take the place of those in the file.
local function given_fields(o)
	local fields = {}
	for _, text in ipairs(o.header or {}) do
		fields[#fields + 1] = parse_field(text)
	end
	if o.subject then
		fields[#fields + 1] = parse_field("Subject: " .. o.subject)
	end
	return fields
end

-- What the header has: letter.given, of the options, and letter.own, the fields of
-- the file that they do not replace; all of them by name, in letter.names.
local function parse(letter)
	if letter.names then
		return
	end
	letter.header, letter.skip = split(letter)
	letter.given, letter.own = given_fields(letter.options), {}
	local replaced, all = by_name(letter.given), {table.unpack(letter.given)}
	for _, f in ipairs(core.header_fields(letter.header)) do
		if not replaced[f.name:lower()] then
			table.insert(letter.own, f)
			all[#all + 1] = f
		end
	end
	letter.names = by_name(all)
end

-- ---- the envelope ----

local function each_address(letter, name, fn)
	for _, value in ipairs(letter.names[name] or {}) do
		for _, a in ipairs(core.addresses(value)) do
			if not core.smtp_address(a.address, true) then
				wrong(letter, "%s: %s is no mail address", name,
					core.vis(a.address))
			end
			fn(a.address)
		end
	end
end

-- Whom the header names as recipients, each once: To, Cc and Bcc; those of a
-- message that was sent on are in Resent- fields (RFC 5322 3.6.6).
function Letter:recipients()
	parse(self)
	local list, seen = {}, {}
	local again = self.names["resent-to"] or self.names["resent-cc"] or
		self.names["resent-bcc"]
	for _, name in ipairs {"to", "cc", "bcc"} do
		each_address(self, (again and "resent-" or "") .. name,
			function(address)
				if not seen[address] then
					list[#list + 1] = address
				end
				seen[address] = true
			end)
	end
	return list
end

-- Who the header says has sent it: Sender, else the first of From; or nil.
function Letter:sender()
	local sender
	parse(self)
	for _, name in ipairs {"resent-sender", "resent-from", "sender", "from"} do
		each_address(self, name, function(address)
			sender = sender or address
		end)
	end
	return sender
end

-- ---- making it ----

-- Whether the options want another message than what stands in the file.
function Letter:is_built()
	return self.options.complete or self.options.read_recipients
end

-- What is missing, as {name, value} (RFC 5322 3.6); envelope says {from, to}.
local function missing_fields(letter, envelope)
	local o, names, list = letter.options, letter.names, {}
	if not o.complete then
		return list
	end
	local from = envelope.from
	local function add(name, value)
		if not names[name:lower()] and value then
			list[#list + 1] = {name, value}
		end
	end
	if not names.from and (not from or from == "") then
		wrong(letter, "nobody is there for From: --from or --header")
	end
	add("Date", core.date(os.time()))
	add("From", from)
	add("To", not (names.cc or names.bcc) and #envelope.to > 0 and
		table.concat(envelope.to, ", ") or nil)
	add("Message-ID", compose.message_id(letter:sender() or from or ""))
	return list
end

local hidden = {bcc = true, ["resent-bcc"] = true}

-- The header as it begins: fields of the file that are ASCII, as they stand; and
-- an array of {name, value} of all that follow them.
local function header_parts(letter, envelope)
	local kept, fields = {}, {}
	local function add(name, value)
		if not hidden[name:lower()] then
			fields[#fields + 1] = {name, value}
		end
	end
	for _, f in ipairs(letter.own) do
		if letter.options.complete and f.value:find "[\x80-\xff]" then
			add(f.name, (f.value:gsub("%s+", " "):gsub("^ ", "")))
		elseif not hidden[f.name:lower()] then
			kept[#kept + 1] = f.whole:gsub("\r?\n?$", "\r\n", 1)
		end
	end
	for _, f in ipairs(letter.given) do
		add(f.name, f.value)
	end
	for _, field in ipairs(missing_fields(letter, envelope)) do
		add(table.unpack(field))
	end
	return table.concat(kept), fields
end

-- Whether the file says itself what its content is (RFC 2045 3).
local function has_mime(letter)
	for name in pairs(letter.names) do
		if name == "mime-version" or name:find "^content%-" then
			return true
		end
	end
	return false
end

-- The fields that say what the content is, as it stands; nil if it must be encoded
-- for a server that takes no 8-bit octets, or nobody may have such lines.
local function mime_fields(letter, eight_bit)
	local facts = letter.facts
	if facts.long_line or facts.bare_cr or
		facts.eight_bit and not eight_bit then
		return nil
	end
	return ("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=%s\r\n" ..
		"Content-Transfer-Encoding: %s\r\n"):format(
		letter.options.charset or "utf-8",
		facts.eight_bit and "8bit" or "7bit")
end

-- The message as a body, for a server that takes 8-bit octets or does not
-- (8BITMIME); envelope is {from =, to =}.  What was not asked for costs nothing:
-- then it is the file.
function Letter:build(envelope, eight_bit)
	if not self:is_built() then
		self.body:rewind()
		return self.body
	end
	parse(self)
	local o, mime = self.options, ""
	local header, fields = header_parts(self, envelope)
	if o.complete and not has_mime(self) then
		mime = not o.attach and mime_fields(self, eight_bit)
	end
	if not mime then
		local content = content_of(self)
		return compose.compose {header = header, headers = fields,
			text = source.body(function() return content:read() end),
			charset = o.charset, eight_bit = eight_bit,
			attach = o.attach}
	end
	local spool, content = core.spool(), content_of(self)
	spool:add(header)
	spool:add(#fields > 0 and compose.fields(fields) or "")
	spool:add(mime .. "\r\n")
	for part in function() return content:read() end do
		spool:add(part)
	end
	return spool:body()
end

-- ---- opening it ----

-- What the options of building want of a file, before anything is connected.
local function check(letter)
	local o = letter.options
	if letter.facts.nul then
		wrong(letter, "it holds NUL octets, which SMTP cannot carry")
	elseif not o.complete then
		return
	end
	parse(letter)
	if o.attach and has_mime(letter) then
		wrong(letter, "it has a MIME header; nothing can be attached to it")
	elseif not utf8.len(letter.header) then
		wrong(letter, "its header is no UTF-8")
	elseif not o.charset and not has_mime(letter) and
		letter.facts.eight_bit and not is_utf8(content_of(letter)) then
		wrong(letter, "it is no UTF-8; --charset says what it is")
	end
end

-- The letter of that name in a body, which is read to its end.  Options:
--
--	complete	what its header lacks is added: Date, From, To, Message-ID and
--			the MIME fields (true)
--	text		it has no header, whatever its first lines look like
--	header		an array of fields, "Name: value", in place of its own
--	subject		the same, of Subject
--	charset		what its text is in; else UTF-8
--	attach		an array of paths
--	read_recipients	Bcc must go, for letter:recipients() are those it goes to
--
-- Raises kind "usage" for what cannot be sent so.  letter.facts are those of
-- body:facts(), of the file; or facts, if they are known.
function M.letter(name, body, options, facts)
	local letter = setmetatable({name = name, options = options,
		body = source.rewindable(body)}, Letter)
	letter.facts = facts or letter.body:facts()
	check(letter)
	return letter
end

-- Frees what it holds open.
function Letter:close()
	self.body:close()
end

return M
