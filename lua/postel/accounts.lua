-- accounts: the list that a fleet works through, a CSV file of any length.

local core = require "postel.core"
local csv = require "postel.csv"
local errors = require "postel.errors"
local template = require "postel.template"

local M = {}

-- A list that comes by a pipe, with its passwords, has to fit into memory.
local LIST_MAX = 16 << 20

local Accounts = {}
Accounts.__index = Accounts

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "fleet", errors.text(format, ...))
end

-- All of a pipe, in pieces.
local function pieces_of(file)
	local pieces, size = {}, 0
	for piece in function() return file:read(65536) end do
		pieces[#pieces + 1] = piece
		size = size + #piece
		if size > LIST_MAX then
			usage("the list is too long for a pipe; name a file")
		end
	end
	return pieces
end

-- A reader of the list from its beginning on.
local function read(self)
	local at = 0
	if not self.pieces then
		self.file:seek "set"
	end
	return csv.csv(function()
		at = at + 1
		if self.pieces then
			return self.pieces[at]
		end
		return self.file:read(65536)
	end, core.vis(self.path == "-" and "stdin" or self.path))
end

-- A list with passwords is nobody else's.
local function check_columns(self)
	local known = false
	for _, name in ipairs(self.columns) do
		known = known or name == self.key
		if template.is_secret(name) and self.path ~= "-" then
			core.warn_mode(self.path)
		end
	end
	if not known then
		usage("--name: there is no column %s; there are %s", self.key,
			table.concat(self.columns, ", "))
	elseif template.is_secret(self.key) then
		usage("the first column has passwords; --name names another one")
	end
end

-- Opens the list at path, or standard input for "-".  key is the column that names an
-- account, else the first one.  The result has .columns, an array of names.  Raises
-- "usage" for a file that is not there, is no CSV or has no such column.
function M.accounts(path, key)
	local file, why = io.stdin, nil
	if path ~= "-" then
		file, why = io.open(path, "rb")
	end
	if not file then
		usage("%s", why)
	end
	local self = setmetatable({path = path, file = file}, Accounts)
	self.pieces = not file:seek "set" and pieces_of(file)
	self.columns = read(self).columns
	self.key = key or self.columns[1]
	check_columns(self)
	return self
end

local function check_row(self, row, line, needed, seen)
	local key = row[self.key]
	if seen[key] then
		usage("%s, line %d: %s is there a second time; --name=COLUMN " ..
			"names what is unique", self.path, line, core.vis(key))
	elseif key == "" then
		usage("%s, line %d: %s is empty", self.path, line, self.key)
	end
	for _, name in ipairs(needed) do
		if row[name] == "" then
			usage("%s, line %d: %s is empty", self.path, line, name)
		end
	end
	seen[key] = true
end

-- Looks at each row: the name is to be there and there once, and so are the fields in
-- needed, an array of columns.  How many is_done(key) is false for, and how many it is
-- true for.  Raises "usage".
function Accounts:check(needed, is_done)
	local todo, done, seen = 0, 0, {}
	for row, line in read(self):rows() do
		check_row(self, row, line, needed, seen)
		if is_done(row[self.key]) then
			done = done + 1
		else
			todo = todo + 1
		end
	end
	return todo, done
end

-- Iterates over the accounts for which is_done(key) is false: {seq, key, row}, where
-- seq is the number in the list and row a table by column.
function Accounts:each(is_done)
	local rows, seq = read(self):rows(), 0
	return function()
		for row in rows do
			seq = seq + 1
			local key = row[self.key]
			if not is_done(key) then
				return {seq = seq, key = key, row = row}
			end
		end
	end
end

return M
