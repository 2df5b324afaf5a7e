-- check-pop3.lua URL [--delete]: does a POP3 server do what RFC 1939 wants?
-- The account must have two messages or more.  They are left as they are, but
-- with --delete the first one goes.
--
--	postel lua/check-pop3.lua pop3://asterix:gaul@127.0.0.1:1110

local o = postel.args(arg, {
	name = "check-pop3",
	about = "Checks a POP3 server, command by command.",
	{"URL", "pop3://user:password@host:port"},
	{"--delete", "delete message 1, to see whether it is gone then"},
})
local url = postel.url(o.URL)
if not url.user or not url.password then
	io.stderr:write("user and password must stand in the URL\n")
	return 2
end
local failed = 0

local function check(good, what)
	failed = failed + (good and 0 or 1)
	print((good and "ok      " or "NOT OK  ") .. what)
end

-- ---- a session ----

local pop

-- Connects and reads the greeting; nobody is logged in.
local function open()
	pop = postel.connect(o.URL, {login = false, starttls = "no"})
end

-- Whether the line is answered by +OK.
local function ok(line)
	return pop:line(line):wait().ok
end

-- The password of a URL is a secret: it can be sent, and not be looked at.
local function pass()
	return pop:send("PASS", url.password):wait().ok
end

local function log_in()
	open()
	return ok("USER " .. url.user) and pass()
end

-- The octets of a message, or of the part that TOP gives.
local function text(line)
	local reply = pop:line(line):wait()
	return reply.ok and reply:body():text()
end

-- ---- the authorization state ----

open()
check(true, "the greeting is +OK")
check(not ok "STAT", "STAT before the login is refused")
check(not pass(), "PASS before USER is refused")
check(ok "QUIT", "QUIT is answered")
open()
check(not (ok("USER " .. url.user) and ok "PASS not the password"),
	"a wrong password is refused")
pop:drop()
check(log_in(), "USER and PASS log in")

-- ---- the transaction state ----

local count, octets = pop:stat()
local sizes, sum, rows = pop:list(), 0, 0
for _, size in pairs(sizes) do
	sum, rows = sum + size, rows + 1
end
if count < 2 then
	io.stderr:write("the account must have two messages or more\n")
	return 2
end
check(rows == count and sum == octets, "LIST and STAT agree")
check(pop:list(2) == sizes[2], "LIST 2 is the second row of LIST")
check(not ok("LIST " .. count + 1), "a number too many is refused")
check(not ok "RETR 0", "there is no message 0")

local message = text "RETR 1"
check(message and #message == sizes[1], "RETR 1 has as many octets as LIST says")
local top = text "TOP 1 0"
check(top and message and top == message:match "^.-\r\n\r\n",
	"TOP 1 0 is the header and the empty line behind it")
check(ok "noop", "a verb in small letters will do")
check(not ok "XYZZY", "an unknown command is refused")
check(ok "NOOP", "and the session goes on")

check(ok "DELE 1", "DELE 1 marks the message")
check(not ok "RETR 1", "RETR of a marked message is refused")
check((pop:stat()) == count - 1, "STAT does not count it")
check(not pop:list()[1] and pop:list()[2] == sizes[2],
	"LIST leaves it out, and the others keep their numbers")
check(ok "RSET" and (pop:stat()) == count, "RSET takes the mark back")

-- ---- the update state ----

ok "DELE 1"
pop:drop()      -- hangs up, without QUIT
check(log_in() and (pop:stat()) == count, "without QUIT nothing is deleted")
check(ok "QUIT", "QUIT is answered")

if o.delete then
	log_in()
	ok "DELE 1"
	ok "QUIT"
	check(log_in() and (pop:stat()) == count - 1, "DELE and QUIT delete")
	ok "QUIT"
end

print(failed == 0 and "all is well" or failed .. " checks failed")
return failed == 0 and 0 or 1
