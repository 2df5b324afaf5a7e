-- template: words of a command with {column} in them, filled in for each row.

local core = require "postel.core"
local errors = require "postel.errors"
local run = require "postel.run"

local M = {}

-- Values of these options are commands of the shell.
local commands = {["--password-command"] = true, ["--token-command"] = true}

-- RFC 3986 2.3: all that is not unreserved.
local function percent(text)
	return (text:gsub("[^%w%-._~]", function(c)
		return ("%%%02X"):format(c:byte())
	end))
end

-- A host and perhaps a port stand as they are; what could be more does not.
local function host(text)
	return text:find "^[%w%-._:%[%]\x80-\xff]*$" and text or percent(text)
end

local function plain(text)
	return text
end

-- How a value goes into a URL at the octet at of a word: the host stands between
-- "@" (or the beginning) and the first "/" or "?" behind it.
local function in_url(word, at)
	local first = word:match "^[^:]*:/?/?()"
	local last = word:find("[/?]", first) or #word + 1
	local user = word:sub(first, last - 1):find "@[^@]*$"
	local from = user and first + user or first
	return at >= from and at < last and host or percent
end

local function encoder(word, at, before)
	local option, value = word:match "^(%-%-[^=]+)=()"
	if commands[before] or commands[option] and at >= value then
		return run.quote
	elseif core.looks_like_url(word) then
		return in_url(word, at)
	end
	return plain
end

local function check(name, columns, word)
	for _, column in ipairs(columns) do
		if column == name then
			if M.is_secret(name) then
				errors.raise("usage", "%s: {%s} would be seen by " ..
					"all; it gets to the command by itself",
					word, name)
			end
			return
		end
	end
	local near = core.nearest(name, columns)
	if near then
		errors.raise("usage", "%s: there is no column %s; did you mean %s?",
			word, name, near)
	end
	errors.raise("usage", "%s: there is no column %s; there are %s", word,
		name, table.concat(columns, ", "))
end

-- Whether a column holds passwords: password, password2 and so on.
function M.is_secret(name)
	return name:lower():find "^password%d*$" ~= nil
end

-- A word, parsed, as an array of texts and {name, encode}.
local function parse(word, columns, before)
	local parts, at = {}, 1
	while at <= #word do
		local open = word:find("{", at, true) or #word + 1
		parts[#parts + 1] = word:sub(at, open - 1)
		at = open
		if word:sub(at, at + 1) == "{{" then
			parts[#parts + 1] = "{"
			at = at + 2
		elseif at <= #word then
			local name, stop = word:match("^{([^{}]*)}()", at)
			if not name then
				errors.raise("usage", "%s: { without }; {{ " ..
					"stands for a brace", word)
			end
			check(name, columns, word)
			parts[#parts + 1] = {name = name,
				encode = encoder(word, at, before)}
			at = stop
		end
	end
	return parts
end

local Template = {}
Template.__index = Template

-- The words for a row, a table by column.
function Template:fill(row)
	local words = {}
	for i, parts in ipairs(self) do
		local out = {}
		for k, part in ipairs(parts) do
			out[k] = part.name and part.encode(row[part.name]) or part
		end
		words[i] = table.concat(out)
	end
	return words
end

-- Parses words in which {NAME} stands for a column of that name, and {{ for a brace.
-- In a word that is a URL values get percent escapes, in the value of an option that
-- is a command of the shell quotes; everywhere else they stand as they are.
-- columns is an array of names.  Returns a template; its .names are those of the
-- columns that it needs, and fill(row) gives an array of words.  Raises "usage" for a
-- column that there is not, or that holds passwords.
function M.template(words, columns)
	local self, needed = setmetatable({names = {}}, Template), {}
	for i, word in ipairs(words) do
		self[i] = parse(word, columns, words[i - 1])
		for _, part in ipairs(self[i]) do
			if part.name and not needed[part.name] then
				needed[part.name] = true
				table.insert(self.names, part.name)
			end
		end
	end
	return self
end

return M
