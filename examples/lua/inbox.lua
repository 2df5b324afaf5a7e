-- inbox.lua URL [N]: lists the messages of a POP3 account, or shows message N.
-- Each reply of the server is shown on standard error, as the sheet wants it.
--
--	postel lua/inbox.lua pop3://asterix@127.0.0.1:1110
--	postel lua/inbox.lua pop3://asterix@127.0.0.1:1110 3

local url, number = ...
if not url then
	io.stderr:write("usage: postel lua/inbox.lua URL [N]\n")
	return 2        -- the exit status
end

-- Connects, and logs in as the user of the URL; a password that does not stand
-- there is asked for.  With <close> the connection ends when the script does,
-- by QUIT, whatever happens.
local pop <close> = postel.connect(url)

-- Sends a command, shows the first line of the reply, and stops the script if
-- it is -ERR: check() raises an error that becomes the exit status.
local function ask(...)
	local reply = pop:send(...):wait()
	io.stderr:write("S: ", reply.lines[1], "\n")
	return reply:check()
end

if number then
	-- The body is the message alone, without the lone dot at its end, and with
	-- the dots that were doubled on the way made single again.
	for line in ask("RETR", number):body():lines() do
		print(line)
	end
else
	ask("STAT")
	for line in ask("LIST"):body():lines() do
		local n, size = line:match "^(%d+) (%d+)"
		print(("message %d: %d octets"):format(n, size))
	end
end
