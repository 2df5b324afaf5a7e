-- inbox: lists the messages of a mailbox, or prints one.

local core = require "postel.core"
local errors = require "postel.errors"

local o = postel.args(arg, {
	name = "inbox",
	about = core.text("Lists the messages of a POP3 or IMAP mailbox; with N, prints " ..
		"message N."),
	notes = core.text [[
Nothing is changed on the server.  A message is printed octet by octet; only on
a terminal are control characters made visible.]],
	{"URL", core.text "pop3[s]:// or imap[s]://user@host[/mailbox]"},
	{"[N]", core.text "number of the message to print"},
})

local number = o.N and math.tointeger(tonumber(o.N:match "^%d+$"))
if o.N and (not number or number < 1) then
	errors.raise("usage", "inbox: %s is no message number", core.vis(o.N))
end
local protocol = postel.url(o.URL).protocol
if protocol ~= "pop3" and protocol ~= "imap" then
	errors.raise("usage", "inbox: %s is no POP3 or IMAP URL", o.URL)
end

-- ---- printing ----

local function row(n, size, from, subject)
	local text = ("%5d %9d  %-30s  %s"):format(n, size, core.vis(from),
		core.vis(subject))
	if not io.stdout:write(text:gsub("%s+$", ""), "\n") then
		errors.raise("sys", "cannot write to standard output")
	end
end

-- ---- POP3 ----

-- The fields wanted of a header that comes line by line, unfolded.
local function header_fields(body)
	local fields, last = {}, nil
	for line in body:lines() do
		if line == "" then
			break
		end
		local key, value = line:match "^([%w%-]+)[ \t]*:%s*(.*)$"
		if key then
			last = key:lower()
			fields[last] = fields[last] or value
		elseif last and line:find "^[ \t]" and #fields[last] < 1000 then
			fields[last] = fields[last] .. line
		end
	end
	return fields
end

-- How many TOP commands are sent ahead.
local AHEAD = 32

local function list_pop3(conn)
	local sizes, numbers = conn:list(), {}
	for n in pairs(sizes) do
		numbers[#numbers + 1] = n
	end
	table.sort(numbers)
	local top = conn:capability "TOP" or not conn.capabilities_known
	local replies = {}
	for i, n in ipairs(numbers) do
		for k = i, math.min(#numbers, i + AHEAD - 1) do
			replies[k] = replies[k] or top and
				conn:send("TOP", tostring(numbers[k]), "0")
		end
		local reply, fields = replies[i], {}
		replies[i] = false
		if reply and reply:wait().ok then
			fields = header_fields(reply:body())
		end
		if reply then
			reply:release()
		end
		row(n, sizes[n], fields.from or "", fields.subject or "")
	end
end

local function print_pop3(conn, n)
	local count = conn:stat()
	if n > count then
		errors.raise("usage", "%s: there is no message %d, for there are %d",
			conn.name, n, count)
	end
	local reply = conn:send("RETR", tostring(n))
	reply:body():print()
	errors.check(reply:wait())
end

-- ---- IMAP ----

local function sender(envelope)
	local from = envelope and envelope.from[1]
	return from and (from.name or from.address or from.mailbox) or ""
end

local function list_imap(box)
	for m in box:search():fetch "RFC822.SIZE ENVELOPE" do
		row(m.number, m.size or 0, sender(m.envelope),
			m.envelope and m.envelope.subject or "")
	end
end

local function print_imap(conn, box, n)
	if n > box.exists then
		errors.raise("usage", "%s: there is no message %d, for there are %d",
			conn.name, n, box.exists)
	end
	local uids = conn:call("UID SEARCH", tostring(n)).data
	local uid = uids[1] and uids[1][1]
	for m in box:messages(uid):fetch "BODY.PEEK[]" do
		postel.body(m.body or ""):print()
		if not m:is_sound() then
			errors.raise("proto", "%s: the server sent another " ..
				"message than was asked for", conn.name)
		end
	end
end

-- ---- either ----

local conn <close> = postel.connect(o.URL, {examine = true})
if protocol == "pop3" and number then
	print_pop3(conn, number)
elseif protocol == "pop3" then
	list_pop3(conn)
else
	local box = conn.mailbox and conn:current() or conn:examine "INBOX"
	if number then
		print_imap(conn, box, number)
	else
		list_imap(box)
	end
end
core.sync(io.stdout)
