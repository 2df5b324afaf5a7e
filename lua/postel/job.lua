-- job: what the scripts that move mail have in common: names for their journals,
-- counts, and the summary at the end.

local core = require "postel.core"
local errors = require "postel.errors"
local progress = require "postel.progress"
local set = require "postel.set"

local M = {}

-- "host:port" or the path of a socket.
function M.label(url)
	return url.host and url.host .. ":" .. url.port or url.path
end

-- A file's name out of any text, for any two texts another.
function M.file_name(text)
	local name = text:gsub("[^%w_ ,=@+\x80-\xff-]", function(c)
		return ("%%%02X"):format(c:byte())
	end)
	return #name <= 200 and name or core.sha256(text)
end

-- Where the journals of a job are: in the folder that the user has named, or one
-- in the state folder for this job between these accounts.
function M.journal_folder(name, folder, ...)
	if folder then
		return folder:find "^[/.]" and folder or "./" .. folder
	end
	local parts = {}
	for _, url in ipairs {...} do
		parts[#parts + 1] = url.user or ""
		parts[#parts + 1] = M.label(url)
	end
	return name .. "/" .. core.sha256(table.concat(parts, "\n")):sub(1, 16)
end

-- The whole number that an option of the script of that name has.
function M.whole(name, option, text, least, most)
	local n = text:find "^%d+$" and math.tointeger(tonumber(text))
	if not n or n < least or n > most then
		errors.raise("usage", "%s: %s: %s is no number from %d to %d", name,
			option, core.vis(text), least, most)
	end
	return n
end

-- Mailboxes of a hundred thousand messages are to fit into little memory: garbage
-- is collected when it is a tenth of what is kept.  While messages are moved little is
-- added to that, and to collect as often took half of the time; then it may be so
-- many KiB (a sixth of the time of a backup, from 1024 on).  To be called now and then
-- meanwhile.
local GARBAGE = 4096

function M.spare_memory(moving)
	local most = moving and 100 * GARBAGE / collectgarbage "count" or 0
	collectgarbage("incremental",
		100 + math.floor(math.max(10, math.min(300, most))), 1000)
end

local Run = {}
Run.__index = Run

-- The counts of a job: .done messages, .octets of them, .skipped (done by an
-- earlier run), .mailboxes, .flags (messages whose flags were changed); .refused is
-- an array of {mailbox, key, text}; .partly is set where a message was taken for
-- some.  .own has what else the script puts into
-- the JSON object, and .sentence may be a function of the run that gives another
-- line for the end.  name is the script's, options what its arguments say.  how may
-- have .summary, the file for the summary where standard output carries mail.
function M.run(name, options, how)
	M.spare_memory(false)
	return setmetatable({
		name = name, options = options, done = 0, octets = 0,
		skipped = 0, mailboxes = 0, flags = 0, refused = {}, temporary = true,
		wanted = {}, own = {}, out = how and how.summary or io.stdout,
	}, Run)
end

-- Tells something on standard error, above the line of the progress; if it is an
-- error with --quiet, too.
function Run:note(text, is_error)
	if self.progress then
		self.progress:clear()
	end
	if is_error or not postel.options.quiet then
		io.stderr:write("postel: ", core.vis(text), "\n")
	end
end

-- A message that the destination has refused stays where it is.  Without a key: a
-- whole mailbox.
function Run:refuse(message, text, temporary)
	self.temporary = self.temporary and temporary or false
	table.insert(self.refused, {
		mailbox = message.mailbox, key = message.label or message.key,
		text = text,
	})
end

-- Of a dry run: so many messages of a mailbox would be moved.
function Run:would(mailbox, n)
	table.insert(self.wanted, {mailbox = mailbox, messages = n})
	if not self.options.json then
		self.out:write(core.plural("%s: %d message", "%s: %d messages", n)
			:format(core.vis(mailbox), n), "\n")
	end
end

-- The exit status: 0, 10 in part, 6 or 7 nothing.
function Run:status()
	if #self.refused == 0 then
		return 0
	elseif self.done > 0 or self.skipped > 0 or self.partly then
		return 10
	end
	return self.temporary and 7 or 6
end

-- ---- the end ----

-- Refusals in the same words are told once, with the messages they are of.
local function tell_refusals(self)
	local by_text, order = {}, {}
	for _, r in ipairs(self.refused) do
		local text = (r.mailbox and r.mailbox .. ": " or "") .. r.text
		if not r.key then
			io.stderr:write("postel: ", core.vis(text), "\n")
		elseif not by_text[text] then
			by_text[text] = {}
			order[#order + 1] = text
		end
		if r.key then
			table.insert(by_text[text], r.key)
		end
	end
	for _, text in ipairs(order) do
		local keys = by_text[text]
		local numbers = set.parse(table.concat(keys, ","))
		local list = numbers and tostring(numbers):gsub(":", "-")
			:gsub(",", ", ") or table.concat(keys, ", ")
		io.stderr:write("postel: ", core.plural("message %s: %s",
			"messages %s: %s", numbers and #numbers or #keys):format(core.vis(list),
			core.vis(text)), "\n")
	end
end

local function print_json(self, e)
	local object = {
		job = self.name, done = self.done, octets = self.octets,
		skipped = self.skipped, mailboxes = self.mailboxes,
		flags = self.flags > 0 and self.flags or nil,
		refused = #self.refused > 0 and self.refused or nil,
		would = #self.wanted > 0 and self.wanted or nil,
		error = e and tostring(e) or nil,
	}
	for key, value in pairs(self.own) do
		object[key] = value
	end
	self.out:write(postel.json(object), "\n")
end

local function print_summary(self)
	if self.sentence then
		self.out:write(self:sentence(), "\n")
		return
	end
	local skipped = self.skipped > 0 and
		errors.text("; %d were there already", self.skipped) or ""
	local changed = self.flags > 0 and core.plural(
		"; the flags of %d message have changed",
		"; the flags of %d messages have changed", self.flags)
		:format(self.flags) or ""
	self.out:write(core.plural("%d message, %s", "%d messages, %s", self.done)
		:format(self.done, progress.octets(self.octets)) .. skipped ..
		changed, "\n")
end

-- The end of a script, behind pcall(job): tells what was done, and gives the exit
-- status or raises what the job raised.
function Run:finish(ok, e)
	if self.progress then
		self.progress:clear()
	end
	tell_refusals(self)
	if self.options.json then
		print_json(self, not ok and e or nil)
	elseif not postel.options.quiet and not postel.options.dry_run and
		(ok or self.done > 0) then
		print_summary(self)
	end
	if not ok then
		error(e, 0)
	end
	return self:status()
end

return M
