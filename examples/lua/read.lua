-- read.lua URL [N]: how many messages there are; with N, message N as text: its
-- header fields, the number of its lines, and whether one is too long.
--
--	postel lua/read.lua pop3://asterix@127.0.0.1:1110 2

local url, n = ...
if not url then
	io.stderr:write("usage: postel lua/read.lua URL [N]\n")
	return 2
end

local pop <close> = postel.connect(url)
local count, octets = pop:stat()
print("messages: " .. count .. ", octets: " .. octets)
if not n then
	return 0
end

-- The whole message as one string.  For large ones lines() and read() are
-- better: they do not keep it in memory.
local text = pop:retr(math.tointeger(n)):text()

-- An empty line stands between header and body (RFC 5322 2.1).
local header, body = text:match "^(.-\r\n)\r\n(.*)$"

-- A field may be folded: a line that begins with a space or a tab belongs to
-- the one before it (RFC 5322 2.2.3).  Unfold first, then look.
for name, value in header:gsub("\r\n([ \t])", "%1"):gmatch
	"([%w-]+):[ \t]*([^\r\n]*)\r\n" do
	print(("%-12s| %s"):format(name, value))
end

local lines, longest = 0, 0
for line in body:gmatch "([^\r\n]*)\r\n" do
	lines = lines + 1
	longest = math.max(longest, #line)
end
print(("lines: %d, the longest of %d octets: %s"):format(lines, longest,
	longest <= 998 and "good" or "too long (RFC 5322 2.1.1)"))
