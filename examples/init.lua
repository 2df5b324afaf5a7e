-- init.lua: run by postel each time it starts.  To begin with, copy it:
--
--	mkdir -p ~/.config/postel && cp init.lua ~/.config/postel/
--
-- What is defined here can be used at the prompt, behind "=", and in scripts;
-- conn is the connection that the prompt names.  `postel --norc` leaves this
-- file out.

-- luacheck: globals subjects unread

-- =subjects(conn) prints number and subject of each message.
function subjects(c)
	if c.protocol == "imap" then
		for m in c:current():search():fetch "ENVELOPE" do
			print(m.number, m.envelope.subject)
		end
		return
	end
	for n = 1, c:stat() do
		for line in c:top(n, 0):lines() do
			local subject = line:match "^[Ss]ubject:%s*(.*)$"
			if subject then
				print(n, subject)
			end
		end
	end
end

-- =unread(conn) is how many messages of the mailbox nobody has read.
function unread(c)
	return #c:current():search {unseen = true}
end
