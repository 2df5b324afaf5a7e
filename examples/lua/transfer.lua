-- transfer.lua SOURCE DESTINATION FROM TO [NUMBERS]: messages of a POP3 account
-- go to an address, over SMTP: those of NUMBERS ("1,3-5"), or all.
--
--	postel lua/transfer.lua pop3://asterix@127.0.0.1:1110 \
--	        smtp://127.0.0.1:1025 asterix@gaul.test obelix@gaul.test 1,3-5

local source, destination, from, to, numbers = ...
if not to then
	io.stderr:write("usage: postel lua/transfer.lua SOURCE DESTINATION ",
		"FROM TO [NUMBERS]\n")
	return 2
end

local pop <close> = postel.connect(source)
local smtp <close> = postel.connect(destination)

-- messages() sends STAT, LIST and, some ahead, RETR.  A message is not kept
-- anywhere in between: it goes on to the other server as it comes.
for m in pop:messages(numbers) do
	local result = smtp:mail {from = from, to = to, body = m.body}
	local lines = result.reply.lines        -- the last one is the verdict
	print(("message %d: %s"):format(m.number, lines[#lines]))
	-- Whoever wants to move the mail writes m:delete() here and nowhere
	-- before: smtp:mail has come back, so the server has taken the message.
end
