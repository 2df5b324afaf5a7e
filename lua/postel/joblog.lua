-- joblog: how the jobs of a list have ended, a line for each, as GNU parallel writes
-- one, for people, for awk, and for the next run.
--
-- Fields have tabs between; odd octets of a key and of a command are %XX.  A job that
-- was tried again has more lines, and the last one counts.

local core = require "postel.core"
local errors = require "postel.errors"
local journal = require "postel.journal"
local task = require "postel.task"

local M = {}

local fields = {"seq", "key", "start", "seconds", "status", "done", "octets",
	"refused", "command"}
local header = table.concat(fields, "\t") .. "\n"

local Joblog = {}
Joblog.__index = Joblog

local escape, unescape = journal.escape, journal.unescape

-- The last status of each key.  A line without an end was cut off by a crash, and
-- its job was not over.  How many octets are whole lines.
local function load(self, file)
	local first = file:read "L" or ""
	if first ~= header and header:sub(1, #first) == first then
		return 0
	elseif first ~= header then
		errors.raise("usage", "%s is no job log: its first line is not %s",
			self.path, header:gsub("\n", ""):gsub("\t", " "))
	end
	local size = #first
	for line in file:lines "L" do
		local key, status = line:match "^%d+\t([^\t]*)\t[^\t]*\t[^\t]*\t(%d+)\t"
		if line:sub(-1) == "\n" then
			size = size + #line
			self.last[unescape(key or "")] =
				math.tointeger(tonumber(status))
		end
	end
	return size
end

-- Waits until no other process has the log; the jobs of one that was killed may
-- still be ending, and they hold it as well.  False if stopped() says so before.
local function lock(self, stopped, tell)
	while not pcall(core.lock, self.file) do
		if tell then
			tell(errors.text("%s is in use by another process; waiting",
				self.path))
			tell = nil
		end
		task.sleep(0.2)
		if stopped() then
			return false
		end
	end
	return true
end

-- Writes text; it is on disk when this returns.
local function write(self, text)
	local ok, e = pcall(function()
		assert(self.file:write(text))
		core.sync(self.file)
	end)
	if not ok then
		errors.raise("sys", "%s: %s", self.path, tostring(e))
	end
end

local function read(self)
	local file = io.open(self.path, "rb")
	if not file then
		return 0
	end
	local size <const> = load(self, file)
	file:close()
	return size
end

-- Opens a log, which is made if it is not there, for this process and those that
-- get .file alone, and reads it: .last is the exit status by key.  how:
--
--	readonly	only reads it
--	stopped		a function: true ends the wait for another process
--	tell		a function that is told that we wait
--
-- Returns nil if it was stopped.  Raises "usage" for a file that is no job log, "sys"
-- for one that cannot be written.
function M.joblog(path, how)
	local self = setmetatable({path = path, last = {}}, Joblog)
	if how.readonly then
		read(self)
		return self
	end
	self.file = journal.open(self.path)
	if not lock(self, how.stopped, how.tell) then
		self.file:close()
		return nil
	end
	local size = read(self)
	core.truncate(self.file, size)
	if size == 0 then
		write(self, header)
	end
	return self
end

-- Adds a line: entry has a value for each of seq, key, start (seconds since 1970),
-- seconds, status, done, octets, refused and command.  It is on disk when this
-- returns.
function Joblog:add(entry)
	local line = {}
	for i, name in ipairs(fields) do
		local value = entry[name]
		line[i] = type(value) == "string" and escape(value) or
			math.type(value) == "float" and ("%.3f"):format(value) or
			tostring(value)
	end
	write(self, table.concat(line, "\t") .. "\n")
end

function Joblog:close()
	if self.file then
		self.file:close()
		self.file = nil
	end
end

Joblog.__close = Joblog.close

return M
