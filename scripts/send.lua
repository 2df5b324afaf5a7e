-- send: a file as a mail, over SMTP or LMTP.

local core = require "postel.core"
local errors = require "postel.errors"

local o = postel.args(arg, {
	name = "send",
	about = core.text "Sends a message, header and all, from a file or standard input.",
	notes = core.text [[
Line ends become CRLF, dots are stuffed, a last line without an end gets one.
A message that the server cannot carry (too large, 8-bit without 8BITMIME, an
address beyond ASCII without SMTPUTF8, NUL) is not begun.

Exit status: 0 taken for all recipients, 10 for some, 6 or 7 for none (refused
for good, for now), 9 connection lost: then nobody knows.]],
	{"URL", core.text "smtp[s]://, submission:// or lmtp://"},
	{"FILE", core.text "the message; - is standard input"},
	{"--from=ADDR", core.text("sender of the envelope; empty: the null sender; " ..
		"else that of an account")},
	{"--to=ADDR", core.text "recipient; several may follow", many = true,
		required = true},
	{"-n", "--dry-run", core.text "ask the server, but send no message"},
})

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "send", errors.text(format, ...))
end

local function check_address(option, address)
	if not core.smtp_address(address, true) then
		usage("%s: %s is no mail address", option, core.vis(address))
	end
end

local target = postel.url(o.URL)
local protocol = target.protocol
if protocol ~= "smtp" and protocol ~= "lmtp" then
	usage("%s is no SMTP or LMTP URL", o.URL)
end
o.from = o.from or target.from
if not o.from then
	usage("--from is missing (--help tells more)")
end
check_address("--from", o.from)
for _, address in ipairs(o.to) do
	check_address("--to", address ~= "" and address or " ")
end

local function warn(format, ...)
	if not postel.options.quiet then
		io.stderr:write("postel: ", errors.text(format, ...), "\n")
	end
end

-- What is odd about the message, before anything is connected.
local function look_at(body, name)
	local facts = body:facts()
	if facts.nul then
		usage("%s holds NUL octets, which SMTP cannot carry", name)
	end
	if facts.bare_cr then
		warn("%s: bare CR octets are sent as line ends", name)
	end
	if facts.long_line then
		warn("%s: lines over 998 octets; some server may cut them", name)
	end
	return facts
end

local name = o.FILE == "-" and core.text "standard input" or o.FILE
local ok, body = pcall(o.FILE == "-" and postel.stdin or postel.file, o.FILE)
if not ok then
	if errors.is(body, "sys") then
		body.status = 2
	end
	error(body, 0)
end
local seekable = body:rewind()
if not seekable then
	-- A pipe by name: it has to be kept, for it is read twice.
	local pipe = body
	body = postel.body(function() return pipe:read() end)
end
local facts = look_at(body, name)

local conn <close> = postel.connect(o.URL)
local result = conn:submit({from = o.from, to = o.to, body = body,
	facts = facts}):wait()

if #result.accepted == 0 then
	error(errors.refusal(result.reply), 0)
elseif #result.refused > 0 then
	local parts = {}
	for i, r in ipairs(result.refused) do
		parts[i] = r.address .. ": " .. r.text
	end
	local e = errors.new("part", "%s: taken for %s, but refused for %s",
		conn.name, table.concat(result.accepted, ", "),
		table.concat(parts, "; "))
	error(e, 0)
end
