-- mover: takes messages from where they are to where they go, several at once,
-- and keeps count (postel.job).
--
-- A source is an iterator of messages {key, size, body}; a sink (postel.sink) has
-- put(message), which begins and does not wait, and gives what has wait().  The
-- sink notes in its journal what has come, at the moment at which that is true.

local errors = require "postel.errors"

local M = {}

-- So many messages, and so many octets of them, are under way at a time.
local WINDOW, WINDOW_OCTETS = 32, 4 << 20

-- Waits for the sink's verdict on a message.
local function settle(item, run, progress)
	local ok, e = pcall(item.pending.wait, item.pending)
	local message = item.message
	if not ok and errors.is(e, "refused") then
		run:refuse(message, e.message, e.temporary)
		return
	elseif not ok then
		error(e, 0)
	end
	run.done = run.done + 1
	run.octets = run.octets + item.size
	if progress then
		progress:step(1, item.size)
	end
end

-- Moves all that next_message gives to the sink.
function M.move(next_message, sink, run, progress)
	local window, octets = {}, 0
	run.progress = progress
	local function settle_first()
		local item = table.remove(window, 1)
		octets = octets - item.size
		settle(item, run, progress)
	end
	for message in next_message do
		local size = message.size or 0
		while #window >= WINDOW or
			#window > 0 and octets + size > WINDOW_OCTETS do
			settle_first()
		end
		local ok, pending = pcall(sink.put, sink, message)
		if ok then
			window[#window + 1] = {message = message, size = size,
				pending = pending}
			octets = octets + size
		elseif errors.is(pending, "refused") then
			run:refuse(message, pending.message, pending.temporary)
		else
			error(pending, 0)
		end
	end
	while #window > 0 do
		settle_first()
	end
	if sink.close then
		sink:close()
	end
	if progress then
		progress:clear()
	end
end

return M
