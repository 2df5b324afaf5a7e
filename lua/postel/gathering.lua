-- gathering: what is known of a message before it is sent on.

local core = require "postel.core"
local task = require "postel.task"

local M = {}

-- What is larger is sent as it comes.
M.SMALL = 256 << 10

-- Waits until the held body of a message is there, or is known to be large.  Whether all
-- of it is there.  Raises what has ended the reply that it is of.
function M.wait_for(message, body)
	if (#message.body or message.size or 0) > M.SMALL then
		return false
	end
	local whole = false
	task.wait(function()
		local done
		done, whole = body:gather(M.SMALL)
		return done
	end)
	local reply = message.reply
	if not whole and reply and reply.state == "failed" then
		reply:raise()
	end
	return whole
end

-- The body of a message behind a prefix; whether all of it is there, as that of a
-- small one is; and, if it is or can be read twice, its facts (body:facts(), or
-- message.facts).  facts.relayed says that it comes from another server: it goes on as
-- it came.
function M.gather(message, prefix)
	local body = core.held_body(prefix, message.body)
	local relayed = message.body.source ~= nil
	local whole = M.wait_for(message, body)
	if relayed and not whole then
		return body, false
	end
	local facts = message.facts or body:facts()
	facts.relayed = relayed
	return body, whole, facts
end

return M
