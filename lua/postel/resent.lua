-- resent: the fields that say who sent a message on, to whom and when (RFC 5322
-- 3.6.6).

local compose = require "postel.compose"
local core = require "postel.core"

local M = {}

-- The block that goes in front of a message's header, its lines ended by CRLF: from
-- is an address, to an array of them.  Each call makes another Resent-Message-ID.
function M.header(from, to)
	return table.concat {
		"Resent-Date: ", core.date(os.time()), "\r\n",
		"Resent-From: ", from, "\r\n",
		"Resent-To: ", table.concat(to, ",\r\n "), "\r\n",
		"Resent-Message-ID: ", compose.message_id(from), "\r\n",
	}
end

return M
