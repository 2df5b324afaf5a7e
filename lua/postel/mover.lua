-- mover: takes messages from where they are to where they go, several at once,
-- and keeps count (postel.job).
--
-- A source is an iterator of messages {key, size, body}; a sink (postel.sink,
-- postel.delivery) has put(message), which begins and does not wait, and gives what
-- has wait().  The sink notes in its journal what has come, at the moment at which
-- that is true.
--
-- A refusal is an error of kind "refused"; {refused =} in it is an array of
-- {text, temporary}, if there are several, and {part = true} says that some have
-- the message all the same.  A sink may have window and window_octets, how many
-- messages and octets it takes at a time, stop(), which says that what has not gone
-- yet is not to go, explain(e), which adds what it knows to the error that has ended it
-- all, and its pending messages concluded(): whether there is a verdict, for which it
-- waits a while.

local errors = require "postel.errors"
local job = require "postel.job"

local M = {}

-- So many messages, and so many octets of them, are under way at a time.
local WINDOW, WINDOW_OCTETS = 32, 4 << 20

-- Behind so many messages memory is looked at.
local MEMORY = 256

local function refuse(run, message, e)
	run.partly = run.partly or e.part
	for _, r in ipairs(e.refused or {{text = e.message,
		temporary = e.temporary}}) do
		run:refuse(message, r.text, r.temporary)
	end
end

-- Waits for the sink's verdict on a message.
local function settle(item, run, progress)
	local ok, e = pcall(item.pending.wait, item.pending)
	local message = item.message
	if not ok and errors.is(e, "refused") then
		refuse(run, message, e)
		return
	elseif not ok then
		error(e, 0)
	end
	run.done = run.done + 1
	if run.done % MEMORY == 0 then
		job.spare_memory(true)
	end
	run.octets = run.octets + item.size
	if progress then
		progress:step(1, item.size)
	end
end

-- Behind an error: what the sink has taken until then counts.
local function conclude(window, sink, run, progress)
	if sink.stop then
		sink:stop()
	end
	for i = window.first, window.last do
		local item = window[i]
		local pending = item.pending
		if pending.concluded and pending:concluded() then
			pcall(settle, item, run, progress)
		end
	end
end

local function move_all(next_message, sink, run, progress, window)
	local octets = 0
	local function settle_first()
		local item = window[window.first]
		settle(item, run, progress)
		octets = octets - item.size
		window[window.first], window.first = nil, window.first + 1
	end
	local function count()
		return window.last - window.first + 1
	end
	for message in next_message do
		local size = message.size or 0
		while count() >= (sink.window or WINDOW) or count() > 0 and
			octets + size > (sink.window_octets or WINDOW_OCTETS) do
			settle_first()
		end
		local ok, pending = pcall(sink.put, sink, message)
		if ok then
			window.last = window.last + 1
			window[window.last] = {message = message, size = size,
				pending = pending}
			octets = octets + size
		elseif errors.is(pending, "refused") then
			refuse(run, message, pending)
		else
			error(pending, 0)
		end
	end
	while count() > 0 do
		settle_first()
	end
end

-- Moves all that next_message gives to the sink.
function M.move(next_message, sink, run, progress)
	local window = {first = 1, last = 0}
	run.progress = progress
	job.spare_memory(true)
	local ok, e = pcall(move_all, next_message, sink, run, progress, window)
	job.spare_memory(false)
	if not ok then
		conclude(window, sink, run, progress)
		if sink.explain then
			sink:explain(e)
		end
		error(e, 0)
	end
	if sink.close then
		sink:close()
	end
	if progress then
		progress:clear()
	end
end

return M
