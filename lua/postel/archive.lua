-- archive: mailboxes as files on this machine, to back up to and to restore from.
--
--	maildir	the folder is INBOX, a Maildir; "Work/2026" is ".Work.2026" in it, as
--		posteld and Dovecot have it
--	mbox	INBOX.mbox, Work.2026.mbox
--	files	INBOX/17.eml, Work.2026/3.eml

local core = require "postel.core"
local errors = require "postel.errors"
local fingerprint = require "postel.fingerprint"
local maildir = require "postel.maildir"
local mbox = require "postel.mbox"
local sink = require "postel.sink"
local strangers = require "postel.strangers"

local M = {}

M.kinds = {maildir = true, mbox = true, files = true}

local Archive = {}
Archive.__index = Archive

-- The archive at path, of one of the kinds.
function M.archive(path, kind)
	return setmetatable({path = path:gsub("(.)/+$", "%1"), kind = kind},
		Archive)
end

-- ---- names ----

-- Levels as one name, for any levels another: dots divide them.
local function join(levels)
	local out = {}
	for i, level in ipairs(levels) do
		out[i] = level:gsub("[%%./%c]", function(c)
			return ("%%%02X"):format(c:byte())
		end)
	end
	local name = table.concat(out, ".")
	if #name > 240 then
		errors.raise("use", "%s: the name is too long for a file",
			core.vis(table.concat(levels, "/")))
	end
	return name
end

local function split(name)
	local levels = {}
	for level in (name .. "."):gmatch "([^.]*)%." do
		levels[#levels + 1] = level:gsub("%%(%x%x)", function(hex)
			return string.char(tonumber(hex, 16))
		end)
	end
	return levels
end

local function place(self, levels)
	local name = join(levels)
	if self.kind == "maildir" then
		return name == "INBOX" and self.path or
			self.path .. "/." .. name
	end
	return self.path .. "/" .. name ..
		(self.kind == "mbox" and ".mbox" or "")
end

-- ---- one mailbox ----

-- Where the journal of a mailbox is: beside its messages, so that it goes where
-- they go.  One for another job than backup has that in its name.
local function journal_path(self, levels, job)
	local path = place(self, levels)
	if self.kind == "mbox" then
		path = path:gsub("([^/]*)%.mbox$", ".%1." .. (job or "journal"))
	else
		path = path .. "/postel-" .. (job or "backup")
	end
	return path:find "^[/.]" and path or "./" .. path
end

-- The journal of a mailbox, and what to do with what it does not know
-- (postel.strangers).  An entry of a Maildir's message that is not there does not
-- count, nor does any if the mailbox has another UIDVALIDITY now.
function Archive:journal(levels, validity, job)
	local others = strangers.strangers(self.kind, place(self, levels),
		validity)
	local changed, loaded = false, false
	local function accept(key, value)
		if key == " validity" then
			changed = not loaded and validity ~= nil and
				value ~= validity
			return value
		elseif changed and not loaded then
			return nil
		elseif key:byte() == 0x20 then
			return value
		elseif loaded then
			return value:match ":2,(.*)$" or ""
		end
		return others:take_out(key, value)
	end
	local journal = postel.journal(journal_path(self, levels, job),
		{sync = false, brief = true, accept = accept})
	loaded = true
	return journal, others
end

local open = {}

function open.maildir(path, journal)
	return sink.maildir(maildir.maildir(path, {create = true}), journal)
end

function open.mbox(path, journal)
	return sink.mbox(mbox.mbox(path), journal)
end

function open.files(path, journal)
	return sink.files(path, journal)
end

-- Opens a mailbox to be added to, which is made if it is not there: a sink.
function Archive:open(levels, journal)
	core.mkdirs(self.path)
	return open[self.kind](place(self, levels), journal)
end

-- ---- all mailboxes ----

local messages = {}

function messages.maildir(path)
	return maildir.maildir(path):messages()
end

-- Numbers change when a mail program deletes messages: the key is what a message
-- says of itself, and which of those it is that say the same.
function messages.mbox(path)
	local step, seen = mbox.mbox(path):messages(), {}
	return function()
		local m = step()
		if m then
			local print = fingerprint.of_body(m.body)[1]
			seen[print] = (seen[print] or 0) + 1
			m.base = print .. "." .. seen[print]
		end
		return m
	end
end

function messages.files(path)
	local list, i = {}, 0
	for _, name in ipairs(core.list(path)) do
		if name:find "%.eml$" then
			list[#list + 1] = name
		end
	end
	table.sort(list)
	return function()
		i = i + 1
		local file = list[i] and path .. "/" .. list[i]
		return file and {base = list[i], body = postel.file(file),
			date = core.stat(file).time}
	end
end

-- What kind of archive lies at path; nil if none does.  One that a killed run has
-- begun may have no more than a folder of its own yet: only a Maildir's begin with a
-- dot, and an empty tmp or new is no mailbox.
function M.kind(path)
	if core.stat(path .. "/cur") then
		return "maildir"
	end
	local stat = core.stat(path)
	for _, name in ipairs(stat and stat.kind == "folder" and
		core.list(path) or {}) do
		local inner = path .. "/" .. name
		local what = core.stat(inner).kind
		if name:find "%.mbox$" and what == "file" then
			return "mbox"
		elseif what == "folder" and name:find "^%.[^.]" then
			return "maildir"
		elseif what == "folder" and not ((name == "tmp" or name == "new")
			and #core.list(inner) == 0) then
			return "files"
		end
	end
	return nil
end

local function name_in(self, file)
	if self.kind == "maildir" then
		return file:match "^%.([^.].*)$"
	elseif self.kind == "mbox" then
		return file:match "^([^.].*)%.mbox$"
	end
	return file:match "^[^.].*$"
end

-- The mailboxes of the archive: {levels, text, messages} each, sorted; messages()
-- iterates over {base, flags, date, body}.
function Archive:mailboxes()
	local list = {}
	local function add(levels)
		local path = place(self, levels)
		list[#list + 1] = {levels = levels,
			text = table.concat(levels, "/"), path = path,
			messages = function() return messages[self.kind](path) end}
	end
	if self.kind == "maildir" and core.stat(self.path .. "/cur") then
		add {"INBOX"}
	end
	for _, file in ipairs(core.list(self.path)) do
		local name = name_in(self, file)
		local is_box = name and (self.kind == "mbox" or
			core.stat(self.path .. "/" .. file).kind == "folder")
		if is_box then
			add(split(name))
		end
	end
	table.sort(list, function(a, b) return a.text < b.text end)
	return list
end

return M
