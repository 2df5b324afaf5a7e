-- journal: what is done, in a file that survives a crash.
--
-- One line for each entry: a key and a value, with a tab between, both with
-- odd octets as %XX.  An entry counts when it is on disk.

local core = require "postel.core"
local entries = require "postel.entries"
local errors = require "postel.errors"

local M = {}

local Journal = {}
Journal.__index = Journal
Journal.__name = "postel.journal"

-- A text without control characters, for a field of a line; and that text again.
local function escape(s)
	s = tostring(s)
	return s:find "[%c%%]" and s:gsub("[%c%%]", function(c)
		return ("%%%02X"):format(c:byte())
	end) or s
end

local function unescape(s)
	return (s:gsub("%%(%x%x)", function(hex)
		return string.char(tonumber(hex, 16))
	end))
end

M.escape, M.unescape = escape, unescape

-- Numbers as such: a table of them takes a tenth of the memory.
local function compact(text)
	local n = type(text) == "string" and #text < 19 and
		math.tointeger(tonumber(text))
	return n and tostring(n) == text and n or text
end

-- What stands for a key in memory.
local function place(self, key)
	key = compact(key)
	if self.brief and type(key) == "string" and key:byte() ~= 0x20 then
		return core.digest(key)
	end
	return key
end

-- Keeps an entry in memory.
local function enter(self, key, value)
	local note
	if self.accept then
		value, note = self.accept(key, value)
	end
	self.entries:put(place(self, key), value and compact(value), note)
end

-- Key and value of a line.  One without an end was cut off by a crash: it was never
-- confirmed.
local function parse(line)
	local key, value = line:match "^([^\t\n]+)\t?([^\n]*)\n$"
	if key then
		return unescape(key), unescape(value)
	end
end

-- Reads what is there.  Whether the last line had an end.
local function load(self, file)
	local whole = true
	for line in file:lines "L" do
		whole = line:sub(-1) == "\n"
		local key, value = parse(line)
		if key then
			enter(self, key, value)
		end
	end
	return whole
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

--- postel.journal(path, options) → journal
-- What is done, in a file that survives a crash: a path that begins with "/" or
-- ".", or a name below $XDG_STATE_HOME/postel.  A key that was added is there when
-- the journal is opened again.  The options:
--
--	sync	false: an entry outlives the process, but not a crash of the machine;
--		for what can be found out anew
--	accept	accept(key, value) is called for each entry that is there already or
--		is added, and gives the value to keep in memory, or nil if the entry does
--		not count; and, where that is a number or "", a text that note(key) gives
--	brief	true: of keys that are neither numbers nor begin with a space only a
--		digest is kept in memory, so that each() tells a negative number, and
--		keep() drops them
function M.journal(path, options)
	if type(path) ~= "string" or path == "" then
		errors.argument("journal", "path", "string expected")
	end
	if not path:find "^[/.]" then
		path = state_path(path)
	end
	local self = setmetatable({path = path, entries = entries.new(),
		synced = not options or options.sync ~= false,
		accept = options and options.accept,
		brief = options and options.brief}, Journal)
	local file = io.open(path, "rb")
	self.whole = true
	if file then
		self.whole = load(self, file)
		file:close()
	end
	return self
end

--- journal:get(key) → value
-- The value of a key that is done ("" if it was added without), or nil.
function Journal:get(key)
	errors.expect("get", "key", key, "string|number")
	local value = self.entries:get(place(self, key))
	return value and tostring(value)
end

--- journal:note(key) → text
-- What accept has given besides.
function Journal:note(key)
	errors.expect("note", "key", key, "string|number")
	return (select(2, self.entries:get(place(self, key))))
end

-- A file to append to, which is made for the user alone, with the folders above it.
function M.open(path)
	core.mkdirs(path:match "^(.*)/" or ".")
	core.create(path)
	local file, why = io.open(path, "ab")
	if not file then
		errors.raise("sys", "%s", why)
	end
	core.sync_folder(path)
	return file
end

local function open(self)
	local file = M.open(self.path)
	if not self.whole then
		file:write "\n"
		self.whole = true
	end
	return file
end

--- journal:sync()
-- Waits until all entries are on disk.
function Journal:sync()
	if self.file and self.unsynced then
		core.sync(self.file)
		self.unsynced = false
	end
end

--- journal:add(key, value, options)
-- Adds an entry, two strings or numbers; it is on disk when this returns, unless
-- the journal was opened otherwise, or options has later = true: then it only has to
-- outlive the process until the next entry, or journal:sync().  Raises "sys" if it
-- cannot be written.
function Journal:add(key, value, options)
	errors.expect("add", "key", key, "string|number")
	errors.expect("add", "value", value, "string|number?")
	return self:add_all({key, value or ""}, options)
end

-- Writes lines; on disk, unless that is said.
local function write(self, text, later)
	self.file = self.file or open(self)
	assert(self.file:write(text))
	self.unsynced = true
	if self.synced and not later then
		self:sync()
	else
		assert(self.file:flush())
	end
end

--- journal:add_all(list, options)
-- The same for many entries at once, an array in which each key has its value behind
-- it.
function Journal:add_all(list, options)
	errors.expect("add_all", "list", list, "table")
	local lines = {}
	for i, field in ipairs(list) do
		lines[2 * i - 1] = escape(field)
		lines[2 * i] = i % 2 == 1 and "\t" or "\n"
	end
	local ok, e = pcall(write, self, table.concat(lines),
		options and options.later)
	if not ok and errors.is(e, "cancel") then
		error(e, 0)
	elseif not ok then
		errors.raise("sys", "%s: %s", self.path, tostring(e))
	end
	for i = 1, #list, 2 do
		enter(self, list[i], list[i + 1])
	end
	return self
end

--- journal:each()
-- Iterates over keys and values, in no order.  What is written as a number is one.
function Journal:each()
	return self.entries:each()
end

--- journal:lines()
-- Iterates over keys and values as they stand in the file, all that a key has had.
function Journal:lines()
	local file = io.open(self.path, "rb")
	return function()
		local line = file and file:read "L"
		while line do
			local key, value = parse(line)
			if key then
				return key, value
			end
			line = file:read "L"
		end
	end
end

--- journal:close()
-- Closes the file, as the end of a <close> variable does; the next entry opens it
-- again.
function Journal:close()
	if self.file then
		self.file:close()
		self.file = nil
	end
end

--- journal:keep(fn)
-- Keeps only the entries for which fn(key) is true; without any, the file goes.
function Journal:keep(fn)
	errors.expect("keep", "fn", fn, "function")
	local lines = {}
	for key, value in self.entries:each() do
		if not (self.brief and math.type(key) == "integer" and key < 0) and
			fn(tostring(key)) then
			lines[#lines + 1] = escape(key) .. "\t" ..
				escape(value) .. "\n"
		else
			self.entries:put(key, nil)
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

-- ---- a journal that is forgotten ----

local Memory = {}
Memory.__index = Memory

function Memory:get(key)
	local value = self.entries:get(compact(key))
	return value and tostring(value)
end

function Memory:add(key, value)
	self.entries:put(compact(key), compact(value))
end

function Memory:each()
	return self.entries:each()
end

function Memory:add_all(list)
	for i = 1, #list, 2 do
		self:add(list[i], list[i + 1])
	end
end

function Memory:keep(fn)
	for key in self.entries:each() do
		if not fn(tostring(key)) then
			self.entries:put(key, nil)
		end
	end
end

function Memory:sync() end

function Memory:close() end

-- What a journal is for as long as the run takes, for those that want none: keys and
-- values are texts.
function M.memory()
	return setmetatable({entries = entries.new()}, Memory)
end

return M
