-- journal: what is done, in a file that survives a crash.
--
-- One line for each entry: a key and a value, with a tab between, both with
-- odd octets as %XX.  An entry counts when it is on disk.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

local Journal = {}
Journal.__index = Journal
Journal.__name = "postel.journal"

local function escape(s)
	return (s:gsub("[%c%%]", function(c)
		return ("%%%02X"):format(c:byte())
	end))
end

local function unescape(s)
	return (s:gsub("%%(%x%x)", function(hex)
		return string.char(tonumber(hex, 16))
	end))
end

-- A line without an end was cut off by a crash: it was never confirmed.
local function load(self, file)
	local text = file:read "a" or ""
	for line in text:gmatch "([^\n]*)\n" do
		local key, value = line:match "^([^\t]*)\t?(.*)$"
		if key ~= "" then
			self.entries[unescape(key)] = unescape(value)
		end
	end
	return text == "" or text:sub(-1) == "\n"
end

-- $XDG_STATE_HOME/postel/NAME, ~/.local/state/postel/NAME.
local function state_path(name)
	local base = os.getenv "XDG_STATE_HOME"
	if not base or base:sub(1, 1) ~= "/" then
		local home = os.getenv "HOME"
		if not home then
			errors.raise("use", "neither XDG_STATE_HOME nor HOME is " ..
				"set, so there is no place for %s", name)
		end
		base = home .. "/.local/state"
	end
	return base .. "/postel/" .. name
end

-- Opens a journal: a path that begins with "/" or ".", or a name below the user's
-- state folder.  With
-- {sync = false} an entry outlives the process, but not a crash of the machine:
-- for what can be found out anew.
function M.journal(path, options)
	if type(path) ~= "string" or path == "" then
		errors.argument("journal", "path", "string expected")
	end
	if not path:find "^[/.]" then
		path = state_path(path)
	end
	local self = setmetatable({path = path, entries = {},
		synced = not options or options.sync ~= false}, Journal)
	local file = io.open(path, "rb")
	self.whole = true
	if file then
		self.whole = load(self, file)
		file:close()
	end
	return self
end

-- The value of a key that is done ("" if it was added without), or nil.
function Journal:get(key)
	return self.entries[key]
end

local function open(self)
	core.mkdirs(self.path:match "^(.*)/" or ".")
	core.create(self.path)
	local file, why = io.open(self.path, "ab")
	if not file then
		errors.raise("sys", "%s", why)
	end
	core.sync_folder(self.path)
	if not self.whole then
		file:write "\n"
		self.whole = true
	end
	return file
end

-- Adds an entry; it is on disk when this returns, unless the journal was opened
-- otherwise.
function Journal:add(key, value)
	self.file = self.file or open(self)
	local line = escape(key) .. "\t" .. escape(value or "") .. "\n"
	local ok, e = pcall(function()
		assert(self.file:write(line))
		if self.synced then
			core.sync(self.file)
		else
			assert(self.file:flush())
		end
	end)
	if not ok and errors.is(e, "cancel") then
		error(e, 0)
	elseif not ok then
		errors.raise("sys", "%s: %s", self.path, tostring(e))
	end
	self.entries[key] = value or ""
	return self
end

-- Iterates over keys and values, in no order.
function Journal:each()
	return next, self.entries
end

function Journal:close()
	if self.file then
		self.file:close()
		self.file = nil
	end
end

-- Keeps only the entries for which fn(key) is true; without any, the file
-- goes.
function Journal:keep(fn)
	local lines = {}
	for key, value in pairs(self.entries) do
		if fn(key) then
			lines[#lines + 1] = escape(key) .. "\t" ..
				escape(value) .. "\n"
		else
			self.entries[key] = nil
		end
	end
	self:close()
	if #lines == 0 then
		os.remove(self.path)
	else
		local body <close> = core.string_body(table.concat(lines))
		body:save(self.path, {overwrite = true})
	end
	self.whole = true
end

Journal.__close = Journal.close
Journal.__gc = Journal.close

return M
