-- send.lua URL FROM TO FILE: sends a text file as a mail, over SMTP.
-- Each reply is shown on standard error and checked, before the next command.
--
--	postel lua/send.lua smtp://127.0.0.1:1025 asterix@gaul.test \
--	        obelix@gaul.test letter.txt

local url, from, to, file = ...
if not file then
	io.stderr:write("usage: postel lua/send.lua URL FROM TO FILE\n")
	return 2
end

-- Looks the host up, connects, reads the greeting, and says EHLO.  The port
-- comes from the URL: smtp:// is 25, submission:// 587, smtps:// 465 in TLS.
local smtp <close> = postel.connect(url)

-- A reply may have any number of lines: "250-…" goes on, "250 …" is the last.
-- postel reads them to their end; there is no buffer to be made long enough.
local function say(line, body)
	local reply = smtp:line(line, body):wait()
	for _, text in ipairs(reply.lines) do
		io.stderr:write("S: ", text, "\n")
	end
	-- 2xx and 3xx are positive; 4xx and 5xx raise an error here.
	return reply:check()
end

local body = postel.file(file)
if body:facts().long_line then
	io.stderr:write("a line has more than 998 characters (RFC 5322 2.1.1)\n")
	return 1
end

say("MAIL FROM:<" .. from .. ">")
say("RCPT TO:<" .. to .. ">")
-- The message is sent when 354 has come.  Dots at the beginning of lines are
-- doubled, line ends become CR LF, and a lone dot ends it.
say("DATA", body)
