-- progress: one line on a terminal that says how far a long job is.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- So often the line is written anew, in seconds, and so late first: what is done by
-- then needs none.
local EVERY, FIRST = 0.1, 0.5

local Progress = {}
Progress.__index = Progress
Progress.__name = "postel.progress"

-- "1.5 MB": octets for people.
function M.octets(n)
	for _, unit in ipairs {"B", "kB", "MB", "GB"} do
		if n < 1000 then
			return (unit == "B" and "%d %s" or "%.1f %s"):format(n, unit)
		end
		n = n / 1000
	end
	return ("%.1f TB"):format(n)
end

local function seconds(s)
	s = math.floor(s + 0.5)
	return s < 3600 and ("%d:%02d"):format(s // 60, s % 60) or
		("%d:%02d:%02d"):format(s // 3600, s % 3600 // 60, s % 60)
end

local function line(self, now)
	local parts = {self.label}
	local passed = now - self.began
	parts[#parts + 1] = self.total and
		("%d/%d"):format(self.done, self.total) or tostring(self.done)
	local octets = self.octets + self.part_octets
	if octets > 0 then
		parts[#parts + 1] = M.octets(octets)
	end
	if octets > 0 and passed >= 1 then
		parts[#parts + 1] = M.octets(octets / passed) .. "/s"
	end
	if self.total and self.done > 0 and self.done < self.total and
		passed >= 2 then
		parts[#parts + 1] = errors.text("%s left", seconds(
			passed / self.done * (self.total - self.done)))
	end
	return table.concat(parts, "  ")
end

local function draw(self)
	local now = core.now()
	if self.shown and now >= self.due then
		self.due, self.drawn = now + EVERY, true
		io.stderr:write("\r\x1b[K", core.vis(line(self, now)))
	end
end

--- progress:step(n, octets)
-- So many more are done (1), and so many octets of them (0).
function Progress:step(n, octets)
	self.done = self.done + (n or 1)
	self.octets, self.part_octets = self.octets + (octets or 0), 0
	draw(self)
end

--- progress:part(octets)
-- So many octets of the next one are through; step() counts them again.
function Progress:part(octets)
	self.part_octets = octets
	draw(self)
end

--- progress:clear()
-- Takes the line away, as the end of a <close> variable does: for what else is
-- written on the terminal.  The next step shows it again.
function Progress:clear()
	if self.drawn then
		io.stderr:write "\r\x1b[K"
		self.due, self.drawn = self.began, false
	end
end

Progress.__close = Progress.clear

--- postel.progress(total, label) → progress
-- One line on standard error that says how far a long job is, where that is a
-- terminal and nobody has asked for quiet.  total, a number, may be nil; label
-- stands in front.
function M.progress(total, label)
	if total ~= nil and type(total) ~= "number" then
		errors.argument("progress", "total", "number expected, got %s",
			type(total))
	end
	errors.expect("progress", "label", label, "string?")
	local now = core.now()
	return setmetatable({
		total = total, label = label or "", done = 0, octets = 0,
		part_octets = 0,
		began = now, due = now + FIRST,
		shown = not postel.options.quiet and core.isatty(io.stderr),
	}, Progress)
end

return M
