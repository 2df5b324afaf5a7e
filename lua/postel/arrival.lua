-- arrival: a message that has come, in words for people and for programs.
--
-- Each is a table: uid, size (octets), date (of its arrival, seconds since 1970),
-- subject and from (decoded, as its writer has them), message_id, and envelope as
-- FETCH gives it; and file, a temporary one with its octets, if somebody has made one.
-- As a <close> variable it closes that.

local core = require "postel.core"

local M = {}

-- What FETCH is asked for.
M.ITEMS = "UID INTERNALDATE RFC822.SIZE ENVELOPE"

-- What a program gets of a text is no longer than that, in octets.
local TEXT_MAX = 1000

-- "Asterix <asterix@gaul.example>".
local function sender(envelope)
	local a = envelope and envelope.from[1]
	if not a then
		return ""
	end
	local address = a.address or a.mailbox or ""
	local name = a.name and core.header_decode(a.name) or ""
	return name ~= "" and name .. " <" .. address .. ">" or address
end

local Arrival = {__close = function(self)
	if self.file then
		self.file:close()
	end
end}

-- Of what FETCH gave for the items above.
function M.arrival(m)
	local envelope = m.envelope or nil
	return setmetatable({
		uid = m.uid, size = m.size or 0, envelope = envelope,
		date = core.imap_date_of(m.internaldate or ""),
		from = sender(envelope),
		subject = core.header_decode(envelope and envelope.subject or ""),
		message_id = envelope and envelope.message_id,
	}, Arrival)
end

-- Visible, in one line, and not too long.
local function plain(text)
	text = core.vis(text or ""):gsub("[\t\n]", " ")
	if #text <= TEXT_MAX then
		return text
	end
	local cut = utf8.offset(text, 0, TEXT_MAX + 1) or TEXT_MAX + 1
	return text:sub(1, cut - 1)
end

local function iso(date)
	return date and os.date("!%Y-%m-%dT%H:%M:%SZ", date) or nil
end

-- A line for people: date, where, from, subject.
function M.line(arrival, where)
	local date = arrival.date and os.date("%Y-%m-%d %H:%M", arrival.date) or ""
	return (("%-16s  %-12s  %-30s  %s"):format(date, plain(where),
		plain(arrival.from), plain(arrival.subject)):gsub("%s+$", ""))
end

-- Names and values for the environment of a program.  place has url, account, mailbox
-- and uidvalidity.
function M.environment(arrival, place)
	return {
		POSTEL_URL = plain(place.url),
		POSTEL_ACCOUNT = plain(place.account),
		POSTEL_MAILBOX = plain(place.mailbox),
		POSTEL_UIDVALIDITY = place.uidvalidity,
		POSTEL_UID = arrival.uid,
		POSTEL_FROM = plain(arrival.from),
		POSTEL_SUBJECT = plain(arrival.subject),
		POSTEL_MESSAGE_ID = plain(arrival.message_id),
		POSTEL_DATE = iso(arrival.date) or "",
		POSTEL_SIZE = arrival.size,
	}
end

-- The same as an object for JSON.
function M.object(arrival, place)
	return {
		account = place.account, mailbox = place.mailbox,
		uidvalidity = place.uidvalidity, uid = arrival.uid,
		from = arrival.from, subject = arrival.subject,
		message_id = arrival.message_id, date = iso(arrival.date),
		size = arrival.size,
	}
end

return M
