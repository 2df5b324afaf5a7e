-- cmd: waiting for commands; one that is over is its own reply.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local methods = core.metatable("cmd").methods
local shown = setmetatable({}, {__mode = "k"})

-- With -v: what the server said, a line each, once.
local function show(cmd)
	if shown[cmd] then
		return
	end
	shown[cmd] = true
	local label = cmd.conn.name
	for _, line in ipairs(cmd.lines) do
		io.stderr:write(label, " S: ", core.vis(line), "\n")
	end
end

--- cmd:wait() → reply
-- Waits until the reply is there, and returns it whatever it says; or until the
-- server asks for more (cmd.state is "asked").  The failure of a connection is
-- raised.
function methods:wait()
	task.wait(function() return self:ready() end)
	if postel.options.verbose and self.state ~= "asked" then
		show(self)
	end
	self:raise()
	return self
end

--- cmd:check() → reply
-- The same, and raises a refusal.
function methods:check()
	return errors.check(self:wait())
end

return methods
