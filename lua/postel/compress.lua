-- compress: COMPRESS=DEFLATE (RFC 4978), for jobs that carry much over a slow link.
--
-- It begins behind the login, so no password is ever in what is compressed together with
-- what others have written.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- A server is far away from so many seconds for a round trip on.
local FAR = 0.01

-- So long does a server that agreed have for its first words, in seconds.
local PATIENCE = 5

-- The option of a script.
M.row = {"--compress=WHEN", core.text("always, never, or auto: IMAP is compressed " ..
	"where the server offers it and is far away"),
	one_of = {auto = true, always = true, never = true}}

-- The login may have taken long for other reasons; the greeting seldom has then.
local function is_far(conn)
	local near = conn.private and not conn.tls -- this machine
	return not near and conn.round_trip ~= nil and
		math.min(conn.round_trip, conn.times.greeting or 0) >= FAR
end

local function is_wanted(conn, when)
	return conn.protocol == "imap" and when ~= "never" and
		conn:capability "COMPRESS=DEFLATE" ~= nil and
		(when == "always" or is_far(conn))
end

-- Compresses, if the server lets us; whether both understand each other then.
local function begin(conn)
	if not conn:send("COMPRESS", "DEFLATE"):wait().ok then
		return true
	end
	local noop = conn:send "NOOP"
	task.wait(function() return noop:ready() end, core.now() + PATIENCE)
	return noop.state == "done"
end

-- Connects as postel.connect does and compresses as `when` (nil: auto) has it.  A
-- server that agrees and then cannot is connected to again, without.
function M.connect(target, options, when)
	local conn = postel.connect(target, options)
	if not is_wanted(conn, when) then
		return conn
	end
	local ok, e = pcall(begin, conn)
	if ok and e then
		return conn
	elseif not ok and errors.is(e, "cancel") then
		error(e, 0)
	end
	conn:drop()
	return postel.connect(target, options)
end

return M
