-- purge: prints the unread mail of a mailbox, then deletes exactly that.
--
-- All is printed before anything is deleted.  If one write fails, nothing is
-- deleted at all: what a pipe holds of earlier messages nobody may ever read.

local core = require "postel.core"
local errors = require "postel.errors"

local o = postel.args(arg, {
	name = "purge",
	about = core.text("Prints every unread message of an IMAP mailbox on standard " ..
		"output, octet by\noctet, then deletes just these."),
	notes = core.text [[
Messages are named by UID.  A message counts as printed when the whole of it has
been written out; if standard output is a file, when it is on disk.  Only on a
terminal are control characters made visible.  If writing fails nothing is
deleted.  Mail that arrives meanwhile is left alone.  A server without UIDPLUS
can only expunge all that is marked \Deleted: then nothing is deleted while other
messages are marked.

Exit status: 0 done, 10 done in part, 6 or 7 refused, 1 standard output failed,
9 connection lost.]],
	{"URL", core.text "imap[s]://user@host[/mailbox]; INBOX if there is none"},
	{"-n", "--dry-run", core.text "print, but delete nothing"},
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

-- All of a message, which may have come as a quoted string.
local function print_message(m)
	local body = m.body
	if type(body) == "string" then
		body = postel.body(body)
	elseif not body then
		return false
	end
	body:print()
	if not m:is_sound() then
		errors.raise("proto", "%s: the server sent something else than " ..
			"the message asked for", conn.name)
	end
	return true
end

-- One that is gone meanwhile, or that the server has no text of, is not
-- printed, and stays.  When the server refuses in the middle, what was
-- printed until then counts; failure is the refusal.
local function print_all(unread)
	local printed, failure = {}, nil
	local ok, e = pcall(function()
		for m in unread:fetch "UID BODY.PEEK[]" do
			if print_message(m) then
				printed[#printed + 1] = m.uid
			end
		end
	end)
	if not ok and not errors.is(e, "refused") then
		error(e, 0)
	elseif not ok then
		failure = e
	end
	core.sync(io.stdout)
	return {uids = box:messages(printed), failure = failure}
end

local function print_or_explain(unread)
	local ok, result = pcall(print_all, unread)
	if not ok and errors.is(result, "sys") then
		result.message = errors.text("%s; nothing was deleted",
			result.message)
	end
	if not ok then
		error(result, 0)
	end
	return result
end

-- ---- all of it ----

local unread = box:search {unseen = true}
local result = print_or_explain(unread)
local printed, failure = result.uids, result.failure

if postel.options.dry_run then
	io.stderr:write("postel: ", errors.text("%d would be deleted: UID %s",
		#printed, #printed > 0 and tostring(printed) or
		core.text "none"), "\n")
else
	printed:delete()
end
if failure then
	failure.message = errors.text(
		"%s (%d of %d unread messages were printed)", failure.message,
		#printed, #unread)
	failure.status = #printed > 0 and 10 or nil
	error(failure, 0)
end
