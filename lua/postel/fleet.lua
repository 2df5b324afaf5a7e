-- fleet: the command of one account: its words, its passwords, and what it says.
-- scripts/fleet.lua has many of them under way.

local core = require "postel.core"
local errors = require "postel.errors"
local fromjson = require "postel.fromjson"
local given = require "postel.given"
local login = require "postel.login"
local run = require "postel.run"
local task = require "postel.task"
local template = require "postel.template"

local M = {}

-- Of a line so much is kept together.
local LINE_MAX = 1 << 20

-- Scripts that end with a summary in JSON if they are asked for one, and those whose
-- JSON is what they are run for.
local counting = {copy = true, backup = true, restore = true, transfer = true,
	purge = true, send = true}
local showing = {inbox = true, report = true}

-- What the fleet itself was told of connections, for each command: options with a
-- value, options without, and those that name a secret.
local valued = {"ca", "cert", "key", "fingerprint", "starttls", "auth", "authzid",
	"timeout", "trace", "dns"}
local flags = {"insecure", "quiet", "verbose", "debug", "norc"}
local secret = {"password_file", "password_command", "token_command"}

-- ---- words ----

local function option(name, value)
	return "--" .. name:gsub("_", "-") .. (value and "=" .. value or "")
end

local function inherited(script, json)
	local words = {}
	for _, name in ipairs(valued) do
		if given[name] then
			words[#words + 1] = option(name, tostring(given[name]))
		end
	end
	for _, name in ipairs(flags) do
		if given[name] then
			words[#words + 1] = option(name)
		end
	end
	if given.initial == false then
		words[#words + 1] = "--no-initial"
	end
	if core.type(given.proxy) == "secret" then
		errors.raise("usage", "fleet: a proxy with a password is named by " ..
			"ALL_PROXY in the environment")
	elseif given.proxy then
		words[#words + 1] = option("proxy", given.proxy)
	end
	if postel.options.dry_run then
		words[#words + 1] = "--dry-run"
	end
	words[#words + 1] = script
	if counting[script] or json and showing[script] then
		words[#words + 1] = "--json"
	end
	return words
end

local function secret_options()
	local words = {}
	for _, name in ipairs(secret) do
		if given[name] then
			words[#words + 1] = option(name, given[name])
		end
	end
	return words
end

local Command = {}
Command.__index = Command

-- The command for each account: words as the user gave them, the name of a script
-- first, with {column} for what is in a row; columns, an array of names; json: what a
-- script shows is wanted in JSON.  .needed has the names of the columns in it.  Raises
-- "usage".
function M.command(words, columns, json)
	for i, word in ipairs(words) do
		if core.shows_password(word) then
			errors.raise("usage", "the word %d of the command has a " ..
				"password, which would be seen by all; a column " ..
				"password has those of the accounts", i)
		end
	end
	local self = setmetatable({}, Command)
	self.head = template.template(inherited(words[1], json), columns)
	self.secrets = template.template(secret_options(), columns)
	self.words = template.template(words, columns)
	self.needed = {}
	for _, t in ipairs {self.head, self.secrets, self.words} do
		table.move(t.names, 1, #t.names, #self.needed + 1, self.needed)
	end
	return self
end

-- ---- passwords ----

local function filled(text)
	return text ~= "" and text or nil
end

-- The password in a URL, or that of the n-th URL with a user: it becomes an entry of
-- the netrc file that the command gets.  The URL without it, and n.
local function take_password(word, row, entries, n)
	local url = core.url(word)
	local password = url.password
	if password then
		word = core.url_text(word)
	end
	if url.user then
		n = n + 1
		password = password or
			filled(row["password" .. (n > 1 and n or "")])
	end
	if password and url.host then
		entries[#entries + 1] = {machine = url.host, port = url.port,
			-- DNS tells more of the name than the URL.
			login = not url.service and url.user or nil,
			password = password}
	end
	return word, n
end

-- Takes the passwords out of words, and gives a secret with all of them, or nil.
local function take_passwords(words, row)
	local entries, n, urls = {}, 0, false
	for i, word in ipairs(words) do
		if i > 1 and core.looks_like_url(word) then
			urls = true
			words[i], n = take_password(word, row, entries, n)
		end
		if core.shows_password(words[i]) then
			errors.raise("usage", "a password in the word %d of the " ..
				"command would be seen by all", i)
		end
	end
	if not urls and filled(row.password) then
		entries[1] = {password = row.password}
	end
	return entries[1] and core.netrc_text(entries, login.netrc_path {})
end

-- What there is to be run for a row: {argv =, netrc =, words =}; words are those for
-- people, without any secret.  Raises "usage" if a URL is none.
function Command:prepare(row)
	local words = self.words:fill(row)
	local netrc = take_passwords(words, row)
	local argv = {core.executable()}
	local function add(list, from)
		table.move(list, from, #list, #argv + 1, argv)
	end
	if not netrc then
		add(self.secrets:fill(row), 1)
	end
	add(self.head:fill(row), 1)
	add(words, 2)
	return {argv = argv, netrc = netrc, words = words}
end

-- The words as somebody types them.
function M.shown(words)
	local out = {"postel"}
	for i, word in ipairs(words) do
		out[i + 1] = word:find "^[%w@%%+=:,./_-]+$" and word or
			run.quote(word)
	end
	return table.concat(out, " ")
end

-- ---- what it says ----

-- Calls line for each line that comes from a descriptor.
local function read_lines(process, number, line)
	local rest = ""
	for chunk in function() return process:read(number) end do
		rest = rest .. chunk
		local from, stop = 1, rest:find("\n", 1, true)
		while stop do
			line(rest:sub(from, stop - 1))
			from = stop + 1
			stop = rest:find("\n", from, true)
		end
		rest = rest:sub(from)
		if #rest > LINE_MAX then
			line(rest)
			rest = ""
		end
	end
	if rest ~= "" then
		line(rest)
	end
end

-- A summary is the last line: what looks like one waits for the next.
local function keep_summary(tell)
	local held
	return function(text)
		local before = held
		held = text and text:find "^{" and text or nil
		if before then
			tell(before)
		end
		if text and not held then
			tell(text)
		end
	end, function()
		local value = held and fromjson.fromjson(held)
		if type(value) == "table" and type(value.job) == "string" then
			held = nil
			return value
		end
	end
end

-- Runs what prepare() has made.  how:
--
--	tell(number, line)	is called for each line that comes from descriptor 1
--				or 2, but for the summary
--	started(process)	is called once it runs
--	keep			a file that it holds open as long as it runs, or nil
--
-- Returns its exit status, its summary, a table (nil if it has told none), and the
-- last line that it has said on standard error.  Waits as a task does.
function M.run(prepared, how)
	local process <close> = run.start(prepared.argv, {
		files = {[1] = "pipe", [2] = "pipe", [3] = prepared.netrc,
			[4] = how.keep},
		env = prepared.netrc and {NETRC = "/dev/fd/3"},
	})
	how.started(process)
	local last
	local out, out_summary = keep_summary(function(text) how.tell(1, text) end)
	local err, err_summary = keep_summary(function(text)
		last = text
		how.tell(2, text)
	end)
	local readers = {task.spawn(read_lines, process, 1, out),
		task.spawn(read_lines, process, 2, err)}
	local status = process:wait()
	task.join(table.unpack(readers))
	-- Where standard output carries mail, its last line is a stranger's.
	local summary = err_summary() or out_summary()
	out()
	err()
	return status, summary, last
end

return M
