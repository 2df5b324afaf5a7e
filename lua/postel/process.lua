-- process: a program that was started (postel.run).

local core = require "postel.core"
local task = require "postel.task"

local methods = core.metatable("process").methods

--- process:wait() → status
-- Waits until the process has ended, while other tasks run: its exit status.
function methods:wait()
	task.wait(function() return self:status() ~= nil end)
	return self:status()
end

return methods
