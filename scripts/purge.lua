-- purge: prints the unread mail of a mailbox, then deletes exactly that.
--
-- All is printed before anything is deleted.  If one write fails, nothing is
-- deleted at all: what a pipe holds of earlier messages nobody may ever read.

local core = require "postel.core"
local errors = require "postel.errors"

local o = postel.args(arg, {
	name = "purge",
	about = "Prints every unread message of an IMAP mailbox on standard " ..
		"output, octet by\noctet, then deletes just these.",
	notes = [[
Messages are named by UID.  A message counts as printed when the whole of it has
been written out; if standard output is a file, when it is on disk.  If writing
fails nothing is deleted.  Mail that arrives meanwhile is left alone.  A server
without UIDPLUS can only expunge all that is marked \Deleted: then nothing is
deleted while other messages are marked.

Exit status: 0 done, 10 done in part, 6 or 7 refused, 1 standard output failed,
9 connection lost.]],
	{"URL", "imap[s]://user@host[/mailbox]; INBOX if there is none"},
	{"-n", "--dry-run", "print, but delete nothing"},
})

if postel.url(o.URL).protocol ~= "imap" then
	errors.raise("usage", "purge: %s is no IMAP URL", o.URL)
end

local conn <close> = postel.connect(o.URL)
local box = conn.mailbox and conn:current() or conn:select "INBOX"
if box.read_only and not postel.options.dry_run then
	errors.raise("use", "%s: mailbox %s is read-only", conn.name, box.name)
end

-- ---- printing ----

-- A short message may come as a quoted string and not as a literal.
local function print_part(m)
	m:complete()
	if type(m.part) == "string" then
		m.body = m.part
		local body <close> = postel.body(m.part)
		body:write_to(io.stdout)
	end
end

-- Whether all of the message is out.  One that is gone meanwhile is none of
-- our business; the server's refusal to show one is told and the rest goes on.
local function print_message(m, failures)
	local ok, e = pcall(m.body.write_to, m.body, io.stdout)
	if not ok and errors.is(e, "sys") then
		error(e, 0)
	elseif not ok and m.reply.state == "done" and m.reply.bodies == 0 then
		ok, e = pcall(print_part, m)
	end
	if not ok and not errors.is(e, "refused") then
		error(e, 0)
	end
	local sound = ok and m:is_sound()
	if not ok then
		failures[#failures + 1] = e
	elseif not sound and m.body.taken and m.body.taken > 0 then
		errors.raise("proto", "%s: the server sent another message than " ..
			"UID %d", conn.name, m.uid)
	end
	m.reply:release()
	return sound
end

local function print_all(unread, failures)
	local printed = {}
	for m in unread:fetch "UID BODY.PEEK[]" do
		if print_message(m, failures) then
			printed[#printed + 1] = m.uid
		end
	end
	core.sync(io.stdout)
	return box:messages(printed)
end

local function print_or_explain(unread, failures)
	local ok, result = pcall(print_all, unread, failures)
	if not ok and errors.is(result, "sys") then
		result.message = result.message .. "; nothing was deleted"
	end
	if not ok then
		error(result, 0)
	end
	return result
end

-- ---- all of it ----

local failures = {}
local unread = box:search {unseen = true}
local printed = print_or_explain(unread, failures)

if postel.options.dry_run then
	io.stderr:write(("postel: %d would be deleted: UID %s\n"):format(
		#printed, #printed > 0 and tostring(printed) or "none"))
else
	printed:delete()
end

local first = failures[1]
if not first then
	return 0
end
first.message = ("%s (%d of %d unread messages could not be printed, and " ..
	"stay)"):format(first.message, #failures, #unread)
first.status = #printed > 0 and 10 or nil
error(first, 0)
