-- init.lua: run by postel each time it starts.  To begin with, copy it:
--
--	mkdir -p ~/.config/postel && cp init.lua ~/.config/postel/
--
-- What is defined here can be used at the prompt and in scripts; conn is the
-- connection that the prompt names.  `postel --norc` leaves this file out.
-- man 7 postel-lua describes all of it.

-- luacheck: globals subjects unread

-- ---- accounts: `postel work`, `:open work`, postel.connect "work" ----

-- Nothing is connected, and no password is fetched, before you ask for it.
-- A password itself has no place in this file.
postel.account {
	name = "work",
	url = "imaps://alice@mx.example.org/INBOX",
	password_command = "pass show mail/work",
}

-- The desktop's keyring; to store the password there:
--	secret-tool store --label=home service pop.example.org user alice
postel.account {
	name = "home",
	protocol = "pop3s", host = "pop.example.org", user = "alice",
	keyring = true,
}

-- ~/.netrc is asked if nothing else is said, and then you are.
postel.account {
	name = "out",
	url = "submission://alice@mx.example.org",
	from = "alice@example.org",
}

-- ---- aliases: what stands behind the name goes behind the line ----

postel.alias("new", "SEARCH UNSEEN")
postel.alias("head", "FETCH $1 BODY.PEEK[HEADER]")
postel.alias("peek", "TOP $1 10")

-- ---- functions: =subjects(conn), or as commands: :subjects ----

-- Prints number and subject of each message.
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

-- How many messages of the mailbox nobody has read.
function unread(c)
	return #c:current():search {unseen = true}
end

-- A command gets its words, and the connection or nil.
postel.command("subjects", function(_, c)
	if not c then
		error("nothing is open", 0)
	end
	subjects(c)
end, "Prints the subject of each message.")

-- ---- settings and hooks; take the dashes away to use them ----

-- postel.set { timeout = 20, color = "off" }

-- Each reply that was a refusal is written down.
-- postel.on("reply", function(c, reply)
--	if not reply.ok then
--		local log <close> = io.open(os.getenv "HOME" .. "/refused", "a")
--		log:write(c.name, ": ", reply.sent, ": ", reply.text, "\n")
--	end
-- end)
