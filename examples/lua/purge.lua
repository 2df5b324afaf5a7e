-- purge.lua URL: prints every unread mail of an IMAP mailbox on standard output,
-- then deletes exactly these.
--
--	postel lua/purge.lua imap://asterix@127.0.0.1:1143

local url = ...
if not url then
	io.stderr:write("usage: postel lua/purge.lua URL\n")
	return 2
end

local conn <close> = postel.connect(url)
local box = conn:select "INBOX"

-- A set of messages, by UID: numbers change with each deletion, UIDs do not.
local unread = box:search {unseen = true}

-- BODY.PEEK[] leaves \Seen as it is: if this script dies in the middle, all is
-- still unread.
for m in unread:fetch "BODY.PEEK[]" do
	m.body:print()
end

-- What could not be written must not be deleted: a full disk shows here.
assert(io.stdout:flush())

-- \Deleted, then UID EXPUNGE of just these.  Mail that has come meanwhile
-- stays, and so does what others have marked.
unread:delete()
io.stderr:write(#unread, " messages printed and deleted\n")
