-- maildir: a Maildir (https://cr.yp.to/proto/maildir.html) on this machine, to
-- read and to append to.

local core = require "postel.core"
local errors = require "postel.errors"
local source = require "postel.source"

local M = {}

local Maildir, Message = {}, {}
Maildir.__index = Maildir
Maildir.__name = "postel.maildir"
Message.__name = "postel.message"

-- The names of the messages in "new" or "cur".
local function names(self, folder)
	local list = core.list(self.path .. "/" .. folder)
	for i = #list, 1, -1 do
		if list[i]:byte() == 0x2e then -- "."
			list[i] = list[#list]
			list[#list] = nil
		end
	end
	return list
end

-- The file of a message, which another program may have given other flags, or
-- moved from new to cur, since it was listed.
local function find(self)
	if core.stat(self.path) then
		return self.path
	end
	for _, folder in ipairs {"new", "cur"} do
		for _, name in ipairs(names(self.box, folder)) do
			if core.maildir_name(name) == self.base then
				self.path = self.box.path .. "/" .. folder ..
					"/" .. name
				return self.path
			end
		end
	end
	errors.raise("sys", "%s: the message is gone", self.path)
end

local computed = {
	size = function(self) return core.stat(find(self)).size end,
	date = function(self) return core.stat(find(self)).time end,
	body = function(self) return source.file(find(self)) end,
}

function Message.__index(self, key)
	local compute = computed[key]
	if compute then
		local value = compute(self)
		rawset(self, key, value)
		return value
	end
	return Message[key]
end

--- m:delete()
-- Removes the message's file, wherever another program has moved it in the
-- Maildir.
function Message:delete()
	core.remove(find(self))
end

--- box:messages()
-- Iterates over the messages, in the order of their names, which is about that of
-- their coming; behind the iterator, returns how many there are.  Each has base (its
-- name, which stays when flags change), path, flags (as IMAP calls them), size and
-- date (of the file: octets, seconds since 1970) and body, whose lines end in LF.
function Maildir:messages()
	local new, cur, i, j = names(self, "new"), names(self, "cur"), 1, 1
	table.sort(new)
	table.sort(cur)
	return function()
		local folder, name = "cur", cur[j]
		if new[i] and not (name and name < new[i]) then
			folder, name = "new", new[i]
			i, new[i] = i + 1, false
		elseif name then
			j, cur[j] = j + 1, false
		else
			return nil
		end
		local base, flags = core.maildir_name(name)
		return setmetatable({
			box = self, base = base, flags = flags,
			path = self.path .. "/" .. folder .. "/" .. name,
		}, Message)
	end, #new + #cur
end

--- box:append(from, options) → base
-- Appends what postel.body() takes.  It is on disk then.  Raises "sys".  The
-- options:
--
--	flags	an array of IMAP's names; system flags and $Forwarded are kept
--	date	what IMAP calls the internal date, in seconds since 1970
--	sync	false: it is on disk behind box:sync()
--	before	before(base) is called when all is written and before it appears
function Maildir:append(from, options)
	options = errors.expect("append", "options", options, "table?") or {}
	errors.expect("append", "flags", options.flags, "table?")
	errors.expect("append", "date", options.date, "number?")
	local batch <close> = self.folder:batch()
	local body = source.body(from)
	body:pour(batch.take, batch, body)
	local base = batch:seal(options.flags, options.date)
	if options.sync ~= false then
		batch:sync()
	end
	if options.before then
		options.before(base)
	end
	batch:commit(options.sync == false)
	return base
end

--- box:sync()
-- All that was appended is on disk.
function Maildir:sync()
	core.syncfs(self.path)
end

--- box:close()
-- Closes the folder, as the end of a <close> variable does.
function Maildir:close()
	self.folder:close()
end

Maildir.__close = Maildir.close

function Maildir:__len()
	return #names(self, "new") + #names(self, "cur")
end

--- postel.maildir(path, options) → box
-- A Maildir on this machine; options.create makes it.  #box is how many messages it
-- has.
function M.maildir(path, options)
	if type(path) ~= "string" or path == "" then
		errors.argument("maildir", "path", "string expected")
	end
	errors.expect("maildir", "options", options, "table?")
	path = path:gsub("(.)/+$", "%1")
	return setmetatable({
		path = path,
		folder = core.maildir(path, options and options.create),
	}, Maildir)
end

return M
