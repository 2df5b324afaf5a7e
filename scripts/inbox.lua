-- inbox: lists the messages of a mailbox, or shows one.

local core = require "postel.core"
local errors = require "postel.errors"
local overview = require "postel.overview"

local o = postel.args(arg, {
	name = "inbox",
	about = core.text("Lists the messages of a POP3 or IMAP mailbox (number, size, " ..
		"date, sender,\nsubject); with N, shows message N."),
	notes = core.text [[
Nothing is changed on the server.  The list shows dates by the clock of this place,
and fits the width of a terminal.  A message is printed octet by octet, or decoded
by --text; on a terminal control characters are made visible.

Exit status: 0 done, 2 no such message, 6 or 7 refused, 9 connection lost.]],
	{"URL", core.text "pop3[s]:// or imap[s]://user@host[/mailbox]"},
	{"[N]", core.text "number of the message to show"},
	{"--text", core.text "show it decoded: header, and the text in it"},
	{"--mailbox=NAME", core.text "this mailbox of an IMAP account; else INBOX"},
	{"--unseen", core.text "list only unread messages (IMAP)"},
	{"--last=COUNT", core.text "list only so many, those with the highest numbers"},
	{"--json", core.text "an object in JSON for each message, a line each"},
	{"-n", "--dry-run", core.text "nothing is changed anyway"},
})

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "inbox", errors.text(format, ...))
end

-- ---- the arguments ----

local function count_of(text)
	local n = text and math.tointeger(tonumber(text:match "^%d+$"))
	return n and n >= 1 and n or nil
end

local url = postel.url(o.URL)
local is_imap, number, last = url.protocol == "imap", count_of(o.N), count_of(o.last)

if not is_imap and url.protocol ~= "pop3" then
	errors.raise("usage", "inbox: %s is no POP3 or IMAP URL", o.URL)
elseif o.N and not number then
	errors.raise("usage", "inbox: %s is no message number", core.vis(o.N))
elseif o.last and not last then
	usage("--last: %s is no number of messages", core.vis(o.last))
elseif number and (o.last or o.unseen) then
	usage("--last and --unseen are for the list, not for message %d", number)
elseif o.text and not number then
	usage("--text wants the number of a message")
elseif not is_imap and (o.mailbox or o.unseen) then
	usage("%s: POP3 has no such thing", o.mailbox and "--mailbox" or "--unseen")
end

-- ---- printing ----

local terminal = core.columns(io.stdout)
local progress <close> = postel.progress(nil, "inbox")
progress.shown = progress.shown and not terminal
progress.due = core.now() + 1 -- most lists are there by then

local function put(...)
	if not io.stdout:write(...) then
		errors.raise("sys", "cannot write to standard output")
	end
end

-- More of a subject helps nobody, and where there is no terminal nothing cuts it.
local LONGEST = 1000

-- A function that prints a row: numbers as wide as the highest of them; the date
-- gives way on a narrow terminal.
local function table_of(highest)
	local digits = math.max(4, #tostring(highest))
	local dated = not terminal or terminal >= 60
	local left = terminal and
		terminal - digits - #" 12345678    " - (dated and 18 or 0)
	local from_width = left and math.max(8, math.min(24, left // 3)) or 24
	return function(entry)
		local date = dated and ("%-16s  "):format(
			overview.local_date(entry.date)) or ""
		local from = overview.cell(overview.sender(entry),
			terminal and from_width or 100, from_width)
		local subject = overview.cell(entry.subject, left and
			math.max(8, left - from_width) or LONGEST)
		local row = ("%" .. digits .. "d %8d  %s%s  %s"):format(
			entry.number, entry.size or 0, date, from, subject)
		put(row:gsub("%s+$", ""), "\n")
	end
end

local function for_json(entry)
	return {number = entry.number, uid = entry.uid, size = entry.size,
		flags = entry.flags, from = entry.from, subject = entry.subject,
		date = overview.iso_date(entry.date, entry.zone)}
end

local function print_json(entry)
	put(postel.json(for_json(entry)), "\n")
end

local function print_list(step, highest)
	local show = o.json and print_json or table_of(highest)
	for entry in step do
		show(entry)
		progress:step(1, 0)
	end
end

-- ---- one message ----

local shown_fields = {"Date", "From", "Sender", "Reply-To", "To", "Cc", "Subject"}

local function attachments(m)
	local list = {}
	for part in m:attachments() do
		list[#list + 1] = {name = part.name, type = part.type}
	end
	return list
end

local function print_decoded(m)
	for _, name in ipairs(shown_fields) do
		local value = m:header(name)
		if value then
			put(name, ": ", core.vis(value), "\n")
		end
	end
	for _, a in ipairs(attachments(m)) do
		put(errors.text("Attached: %s (%s)", core.vis(a.name or "-"),
			core.vis(a.type)), "\n")
	end
	put "\n"
	local text = (m:text() or m:html() or ""):gsub("\r\n", "\n")
	postel.body(text:gsub("([^\n])$", "%1\n")):print()
end

local function print_message_json(m, size)
	local entry = {number = number, size = size, subject = m:header "Subject" or "",
		from = m.from, date = m.date, zone = m.zone}
	local object = for_json(entry)
	object.to, object.cc, object.message_id = m.to, m.cc, m.message_id
	object.text, object.attachments = m:text() or m:html(), attachments(m)
	put(postel.json(object), "\n")
end

local function show(body)
	if not o.text and not o.json then
		return body:print()
	end
	local m <close> = postel.message(body)
	if o.json then
		return print_message_json(m, body.taken)
	end
	return print_decoded(m)
end

local function no_message(conn, count)
	errors.raise("usage", "%s: there is no message %d, for there are %d",
		conn.name, number, count)
end

-- ---- POP3 ----

local function show_pop3(conn)
	local count = conn:stat()
	if number > count then
		no_message(conn, count)
	end
	local reply = conn:send("RETR", tostring(number))
	show(reply:body())
	errors.check(reply:wait())
end

-- ---- IMAP ----

local function show_imap(conn, box)
	if number > box.exists then
		no_message(conn, box.exists)
	end
	local uids = conn:call("UID SEARCH", tostring(number)).data
	local uid = uids[1] and uids[1][1]
	for m in box:messages(uid):fetch "BODY.PEEK[]" do
		show(postel.body(m.body or ""))
		if not m:is_sound() then
			errors.raise("proto", "%s: the server sent another " ..
				"message than was asked for", conn.name)
		end
	end
end

-- The messages to list: all, unread ones, or the last of these.
local function chosen(box)
	local messages = box:search(o.unseen and "UNSEEN" or "ALL")
	if not last or last >= #messages then
		return messages
	end
	local uids, skip = {}, #messages - last
	for uid in messages:each() do
		skip = skip - 1
		uids[#uids + 1] = skip < 0 and uid or nil
	end
	return box:messages(uids)
end

-- ---- either ----

collectgarbage("incremental", 130, 400)
local conn <close> = postel.connect(o.URL, {examine = true})
if is_imap then
	local box = o.mailbox and conn:examine(o.mailbox) or
		conn.mailbox and conn:current() or conn:examine "INBOX"
	if number then
		show_imap(conn, box)
	else
		print_list(overview.imap(chosen(box)), box.exists)
	end
elseif number then
	show_pop3(conn)
else
	local step, _, highest = overview.pop3(conn, last)
	print_list(step, highest)
end
core.sync(io.stdout)
