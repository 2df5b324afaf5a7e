-- csv: lists in text, a line for each row and fields with commas between (RFC 4180),
-- read row by row: a list of any length needs the memory of its longest row.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- A row that is longer lacks a quote somewhere.
local ROW_MAX = 1 << 20

local Reader = {}
Reader.__index = Reader

local function wrong(self, format, ...)
	errors.raise("usage", "%s, line %d: %s", self.name, self.line,
		errors.text(format, ...))
end

-- ---- lines ----

-- More of the text; false at its end.
local function fill(self)
	local chunk = not self.over and self.source()
	if not chunk then
		self.over = true
		return false
	end
	self.text = self.text:sub(self.at) .. chunk
	self.at = 1
	return true
end

-- The next line with its end, or nil.
local function next_line(self)
	local stop = self.text:find("\n", self.at, true)
	while not stop and fill(self) do
		if #self.text > ROW_MAX then
			wrong(self, "the row has no end; is a quote missing?")
		end
		stop = self.text:find("\n", 1, true)
	end
	if self.at > #self.text then
		return nil
	end
	local line = self.text:sub(self.at, stop)
	self.at = self.at + #line
	return line
end

-- ---- fields ----

-- RFC 4180 2.7: a quote in a quoted field is doubled.  The field that begins at
-- from with a quote, and where what follows it is.
local function quoted(self, row, from)
	local stop = row:find('"', from + 1, true)
	while row:byte(stop + 1) == 34 do
		stop = row:find('"', stop + 2, true)
	end
	local behind = row:sub(stop + 1, stop + 1)
	if behind ~= "" and behind ~= self.separator then
		wrong(self, "text behind a quoted field")
	end
	return row:sub(from + 1, stop - 1):gsub('""', '"'), stop + 1
end

-- Fields of a row without its line end, in which the quotes are even.  RFC 4180 2.5:
-- one with a quote or a line end in it is quoted.
local function split(self, row)
	local fields, at = {}, 1
	local separator, odd = self.separator, row:find '["\r]'
	while true do
		local field, stop
		if row:byte(at) == 34 then
			field, stop = quoted(self, row, at)
			stop = stop <= #row and stop or nil
		else
			stop = row:find(separator, at, true)
			field = row:sub(at, (stop or 0) - 1)
			if odd and field:find '["\r]' then
				wrong(self, "a quote or a line end in a field " ..
					"without quotes")
			end
		end
		fields[#fields + 1] = field
		if not stop then
			return fields
		end
		at = stop + 1
	end
end

local function quotes(text)
	return select(2, text:gsub('"', ""))
end

-- The next row that is not empty, as an array, and the number of its first line;
-- nil at the end.
local function next_row(self)
	local row = next_line(self)
	while row == "\n" or row == "\r\n" do
		self.following = self.following + 1
		row = next_line(self)
	end
	if not row then
		return nil
	end
	self.line, self.following = self.following, self.following + 1
	local open = row:find('"', 1, true) and quotes(row) % 2 == 1
	local parts = {row}
	while open do
		local more = next_line(self)
		self.size = (self.size or #row) + (more and #more or 0)
		if not more or self.size > ROW_MAX then
			wrong(self, "the row has no end; is a quote missing?")
		end
		parts[#parts + 1] = more
		self.following = self.following + 1
		open = quotes(more) % 2 == 0
	end
	self.size = nil
	row = table.concat(parts):gsub("\r?\n$", "")
	if row:find("\0", 1, true) then
		wrong(self, "an octet is NUL; UTF-8 is expected")
	end
	return split(self, row), self.line
end

-- ---- the header ----

local function strip_mark(self)
	while #self.text < 3 and fill(self) do end
	local mark = self.text:sub(1, 3)
	if mark == "\xef\xbb\xbf" then
		self.at = 4
	elseif mark:find "^\xff\xfe" or mark:find "^\xfe\xff" then
		wrong(self, "this is UTF-16; UTF-8 is expected")
	end
end

-- Where people write decimals with a comma, programs put a semicolon in place of
-- the comma; a tab is another custom.  What the header has is meant.
local function find_separator(self)
	while not self.text:find("\n", 1, true) and #self.text < ROW_MAX and
		fill(self) do end
	local header = self.text:match("^[^\n]*", self.at):gsub('"[^"]*"', "")
	return header:match "[,;\t]" or ","
end

local function columns_of(self)
	local columns, known = next_row(self) or {}, {}
	for i, name in ipairs(columns) do
		name = name:match "^%s*(.-)%s*$"
		columns[i] = name
		if name == "" then
			wrong(self, "column %d has no name", i)
		elseif known[name] then
			wrong(self, "there are two columns %s", core.vis(name))
		end
		known[name] = true
	end
	if #columns == 0 then
		wrong(self, "there is no line with the names of the columns")
	end
	return columns
end

-- Iterates over the rows: each as a table by the names of the columns, and the number
-- of its first line.  Empty lines are no rows.  Raises "usage" for a row that has too
-- many or too few fields, or is no CSV.
function Reader:rows()
	local columns = self.columns
	return function()
		local fields, line = next_row(self)
		if not fields then
			return nil
		elseif #fields ~= #columns then
			wrong(self, "%d fields, and %d columns", #fields,
				#columns)
		end
		local row = {}
		for i, name in ipairs(columns) do
			row[name] = fields[i]
		end
		return row, line
	end
end

-- Begins to read a list whose first line names the columns.  source is a function
-- that gives the next piece of the text, in any pieces, or nil at its end; name is
-- for messages.  Lines end in CRLF or LF, a mark of UTF-8 in front is passed over,
-- and fields may be separated by semicolons or tabs, if the header's are.
-- Returns a reader: .columns, an array of their names, and :rows().  Raises "usage",
-- with the number of the line.
function M.csv(source, name)
	local self = setmetatable({source = source, name = name, text = "",
		at = 1, line = 1, following = 1, separator = ","}, Reader)
	strip_mark(self)
	self.separator = find_separator(self)
	self.columns = columns_of(self)
	return self
end

return M
