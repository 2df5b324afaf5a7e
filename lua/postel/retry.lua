-- retry: a job goes on when a connection was lost, with longer and longer
-- pauses.

local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- Pauses in seconds, and how many attempts in a row may come to nothing.
local FIRST, LONGEST, ATTEMPTS = 1, 60, 10

local function lost(e)
	return errors.is(e, "closed", "timeout", "connect", "dns")
end

-- Whether an error says that a connection was lost or could not be made, or that a
-- server cannot now: the same may do later.
function M.is_lost(e)
	return lost(e) or type(e) == "table" and e.temporary == true
end

-- Longer and longer pauses, from `first` seconds (1) on: next() gives the next one,
-- reset() begins anew, at_longest() says whether they grow no more.
local Pauses = {}
Pauses.__index = Pauses

function M.pauses(first, longest)
	first = first or FIRST
	return setmetatable({first = first, pause = first,
		longest = math.max(first, longest or LONGEST)}, Pauses)
end

function Pauses:next()
	local pause = self.pause
	self.pause = math.min(2 * pause, self.longest)
	return pause
end

function Pauses:at_longest()
	return self.pause == self.longest
end

function Pauses:reset()
	self.pause = self.first
end

-- A server that cannot do with several commands at once hangs up, or says nothing
-- any more, at about the same place again and again.
local FEW = 32

-- Behind an attempt that came to so much the next one sends commands ahead, or not.
local function adapt(came)
	postel.options.pipelining = came >= FEW
end

-- Calls fn() until it returns.  After an error that says that a connection was
-- lost or could not be made again, it is called anew behind a pause: it has to
-- know by itself what is done.  run.done, run.skipped and, if there is one,
-- run.written say whether an attempt came to anything; before the first connection
-- there was (run.connected), and after ten attempts in a row that came to nothing,
-- the error is raised, as is one that has .final.  Behind an attempt that came to
-- little, connections that are made anew send one command at a time.
function M.retry(run, fn)
	local pauses, failures, before = M.pauses(), 0, -1
	while true do
		local ok, e = pcall(fn)
		if ok then
			return
		elseif not run.connected or type(e) == "table" and e.final or
			not lost(e) then
			error(e, 0)
		end
		local count = run.done + run.skipped + (run.written or 0)
		adapt(count - math.max(before, 0))
		if count > before then
			failures, before = 0, count
			pauses:reset()
		end
		failures = failures + 1
		if failures > ATTEMPTS then
			error(e, 0)
		end
		local pause = pauses:next()
		io.stderr:write("postel: ", errors.text("%s; again in %d s",
			tostring(e), pause), "\n")
		task.sleep(pause)
	end
end

return M
