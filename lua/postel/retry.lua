-- retry: a job goes on when a connection was lost, with longer and longer
-- pauses.

local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- Pauses in seconds, and how many attempts in a row may come to nothing.
local FIRST, LONGEST, ATTEMPTS = 1, 60, 10

-- Calls fn() until it returns.  After an error that says that a connection was
-- lost or could not be made again, it is called anew behind a pause: it has to
-- know by itself what is done.  run.done and run.skipped say whether an attempt
-- came to anything; before the first connection there was (run.connected), and
-- after ten attempts in a row that came to nothing, the error is raised, as is one
-- that has .final.
function M.retry(run, fn)
	local pause, failures, before = FIRST, 0, -1
	while true do
		local ok, e = pcall(fn)
		if ok then
			return
		elseif not run.connected or type(e) == "table" and e.final or
			not errors.is(e, "closed", "timeout", "connect", "dns") then
			error(e, 0)
		end
		local count = run.done + run.skipped
		if count > before then
			pause, failures, before = FIRST, 0, count
		end
		failures = failures + 1
		if failures > ATTEMPTS then
			error(e, 0)
		end
		io.stderr:write("postel: ", errors.text("%s; again in %d s",
			tostring(e), pause), "\n")
		task.sleep(pause)
		pause = math.min(2 * pause, LONGEST)
	end
end

return M
