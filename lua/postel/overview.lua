-- overview: what a list of messages shows of each: number, size, date, sender and
-- subject, of a POP3 account or an IMAP mailbox, many at a time and in little memory.
-- All of it was written by strangers.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- How many TOP commands are sent ahead; what of a header is looked at.
local AHEAD, HEADER_MAX = 32, 64 << 10

local ITEMS = "UID FLAGS INTERNALDATE RFC822.SIZE " ..
	"BODY.PEEK[HEADER.FIELDS (DATE FROM SUBJECT)]"

-- The beginning of a header; the rest is read and let go.
local function beginning(body)
	local parts, size = {}, 0
	for part in function() return body:read() end do
		if size < HEADER_MAX then
			parts[#parts + 1] = part
			size = size + #part
		end
	end
	return table.concat(parts):sub(1, HEADER_MAX)
end

local wanted = {date = true, from = true, subject = true}

-- Takes date, sender and subject out of a header: .date in seconds since 1970 and
-- .zone in minutes east of UTC, both nil where there is none; .from, an array of
-- {name =, address =}; .subject, decoded (RFC 2047), "" where there is none.
function M.read_header(entry, header)
	local values = {}
	for _, f in ipairs(core.header_fields(header)) do
		local key = f.name:lower()
		if wanted[key] and not values[key] then
			values[key] = f.value
		end
	end
	local ok, from = pcall(core.addresses, values.from or "")
	entry.from = ok and from or {}
	entry.subject = core.header_decode(values.subject or "")
	entry.date, entry.zone = core.date_of(values.date or "")
	return entry
end

-- ---- POP3 ----

-- Numbers in their order, and sizes by number.
local function listing(conn, last)
	local sizes, numbers = conn:list(), {}
	for n in pairs(sizes) do
		numbers[#numbers + 1] = n
	end
	table.sort(numbers)
	if last and last < #numbers then
		numbers = table.move(numbers, #numbers - last + 1, #numbers, 1, {})
	end
	return numbers, sizes
end

-- Iterates over {number, size, date, zone, from, subject} of a POP3 account, or of
-- its last messages; also returns how many there are, and the highest number.  A
-- server without TOP (RFC 1939 7) tells sizes only.
function M.pop3(conn, last)
	local numbers, sizes = listing(conn, last)
	local top = conn:capability "TOP" or not conn.capabilities_known
	local replies, sent, at = {}, 0, 0
	local function step()
		at = at + 1
		local n = numbers[at]
		while top and sent < math.min(#numbers, at + AHEAD - 1) do
			sent = sent + 1
			replies[sent] = conn:send("TOP", tostring(numbers[sent]),
				"0")
		end
		local entry, reply = n and {number = n, size = sizes[n]}, replies[at]
		local header = ""
		if reply and reply:wait().ok then
			header = beginning(reply:body())
		end
		if reply then
			replies[at] = nil
			reply:release()
		end
		return entry and M.read_header(entry, header)
	end
	return step, #numbers, numbers[#numbers] or 0
end

-- ---- IMAP ----

-- Iterates over {number, uid, size, flags, date, zone, from, subject} of a set of
-- messages; without a Date that can be read the date is when the server got it.
-- Also returns how many there are.  Raises kind "proto" where the server gives
-- something else than was asked for.
function M.imap(messages)
	local step, box = messages:fetch(ITEMS), messages.box
	return function()
		local m = step()
		if not m then
			return nil
		end
		local header = m.body and beginning(m.body) or ""
		if not messages:has(m:complete().uid or 0) then
			errors.raise("proto", "%s: the server sent another " ..
				"message than was asked for", box.conn.name)
		end
		local entry = M.read_header({number = m.number, uid = m.uid,
			size = m.size, flags = m.flags}, header)
		if not entry.date then
			entry.date = core.imap_date_of(m.internaldate or "")
			entry.zone = entry.date and 0
		end
		return entry
	end, #messages
end

-- ---- for people and programs ----

-- "2026-03-02 10:00" by the clock of this place; "" for no date, or one that no
-- calendar of four digits has.
function M.local_date(seconds)
	local ok, text = pcall(os.date, "%Y-%m-%d %H:%M", seconds or nil)
	return seconds and ok and #text == 16 and text or ""
end

-- RFC 3339, by the clock of who wrote it; nil for such dates.
function M.iso_date(seconds, zone)
	local ok, text = pcall(os.date, "!%Y-%m-%dT%H:%M:%S",
		seconds and seconds + zone * 60)
	if not seconds or not ok or #text ~= 19 then
		return nil
	end
	return text .. ("%s%02d:%02d"):format(zone < 0 and "-" or "+",
		math.abs(zone) // 60, math.abs(zone) % 60)
end

-- Who a message is from, in short: the name of the first of them, or his address.
function M.sender(entry)
	local a = entry.from[1]
	return a and (a.name and a.name:find "%S" and a.name or a.address) or ""
end

-- A text of a stranger for a column: on one line and harmless, at most so many
-- columns wide (nil: as wide as it is), and if fill is set just so many.
function M.cell(text, columns, fill)
	text = core.vis(text):gsub("\t", " ")
	local width = core.width(text)
	if columns and width > columns then
		text = core.width_head(text, columns - 1) .. "…"
		width = core.width(text)
	end
	return fill and text .. (" "):rep(fill - width) or text
end

return M
