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

--- process:read(descriptor) → string, or nil
-- Waits for what the process writes to a descriptor that was given to it as
-- "pipe": some octets, or nil at the end, which is also there when the process
-- has ended and all that it had written is read.
function methods:read(number)
	return task.wait_for(function() return self:take(number) end)
end

return methods
