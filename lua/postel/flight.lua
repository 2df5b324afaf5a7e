-- flight: what goes out together with a login, since none of it depends on the reply:
-- SELECT or EXAMINE and a search there, or NAMESPACE and LIST.
--
-- A login that is refused makes the server refuse these, too, and nothing is changed
-- by any of them.  RFC 9051 5.5 allows it; yet there are servers, and proxies before
-- them, that hand a connection on behind the login and lose what has come by then.
-- Their connection is made again, and then it is one command at a time.

local core = require "postel.core"
local errors = require "postel.errors"
local mailbox = require "postel.mailbox"
local mailboxes = require "postel.mailboxes"
local task = require "postel.task"

local M = {}

-- Logins that have said all with their first line: a challenge that came yet would be
-- answered by what stands behind it.
local one_step = {PLAIN = true, ["+LOGIN"] = true}

-- So long may a server take for what came with the login before it is asked whether
-- it has lost it, in seconds.
local PATIENCE = 2

-- Places that have lost something.
local losing = {}

local function place(conn)
	return ("%s:%s"):format(conn.host or "", conn.port or conn.path)
end

-- Sends behind the login by mech what spec, a table as connect takes it, wants: a
-- table of commands, or nil if nothing may go out before its reply.
function M.send(conn, mech, spec)
	if conn.protocol ~= "imap" or not one_step[mech] or not conn.private or
		losing[place(conn)] then
		return nil
	end
	local flight, how = {}, conn.send_ahead
	if spec.mailbox then
		flight.opened = how(conn, spec.examine and "EXAMINE" or "SELECT",
			spec.mailbox)
		flight.search = spec.search and
			mailbox.send_search(conn, spec.search, how)
	elseif spec.listing then
		flight = mailboxes.ask(conn, how)
	else
		return nil
	end
	-- Who tells it in the greeting tells it behind the login, too.
	if not (conn.welcome or ""):find "%[CAPABILITY " then
		flight.capability = how(conn, "CAPABILITY")
	end
	return flight
end

-- Marks an error, or makes one, as the reason to connect anew.
local function lost(conn, e)
	losing[place(conn)] = true
	e = e or errors.new("closed", "%s: the server has lost a command",
		conn.name)
	e.anew = true
	error(e, 0)
end

-- What a login has raised.  A server that did not understand it, or hung up, has not
-- refused it: it may have stumbled over what stood behind it.
function M.failed(conn, flight, reply, e)
	if flight and type(e) == "table" and
		(errors.is(e, "closed") or reply.status == "BAD") then
		lost(conn, e)
	end
	error(e, 0)
end

local function all_ready(flight)
	for _, cmd in pairs(flight) do
		if not cmd:ready() then
			return false
		end
	end
	return true
end

-- Waits for the replies, whatever they are.  Replies come in the order of commands
-- whose order matters: so one that comes behind is the proof that one is lost.
function M.land(conn, flight)
	local function over()
		return all_ready(flight)
	end
	task.wait(over, core.now() + PATIENCE)
	if not over() then
		local noop = conn:send_ahead "NOOP"
		task.wait(function() return over() or noop:ready() end)
	end
	if not over() or not conn.is_open then
		lost(conn)
	end
end

return M
