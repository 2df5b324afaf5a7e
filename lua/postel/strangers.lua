-- strangers: the messages that a mailbox of an archive has (postel.archive) and
-- its journal does not know, for it was lost or cut short, or another program has
-- put them there.

local core = require "postel.core"
local fingerprint = require "postel.fingerprint"
local maildir = require "postel.maildir"
local mbox = require "postel.mbox"
local sink = require "postel.sink"

local M = {}

local Strangers = {}
Strangers.__index = Strangers

local function nothing()
end

-- The names of the messages' files; those of a Maildir without their flags.
local names = {}

function names.maildir(path, fn)
	for _, folder in ipairs {"new", "cur"} do
		for name in core.stat(path .. "/" .. folder) and
			core.names(path .. "/" .. folder) or nothing do
			fn((core.maildir_name(name)))
		end
	end
end

function names.files(path, fn)
	for name in core.stat(path) and core.names(path) or nothing do
		if name:find "%.eml$" then
			fn(name)
		end
	end
end

function names.mbox()
end

-- Those of the mailbox at path, an archive of a kind, before anything of its
-- journal is known: all.  validity is the mailbox's UIDVALIDITY, or nil.
function M.strangers(kind, path, validity)
	local self = setmetatable({kind = kind, path = path,
		validity = validity, names = {}, count = 0}, Strangers)
	names[kind](path, function(name)
		self.names[core.digest(name)] = true
		self.count = self.count + 1
	end)
	return self
end

-- The journal knows the file of this name, or of the one with this digest; whether
-- it is there.
local function known(self, name)
	local digest = name:find "^%-%d+$" and math.tointeger(name) or
		core.digest(name)
	if self.names[digest] then
		self.names[digest] = false
		self.count = self.count - 1
	end
	return self.names[digest] ~= nil
end

-- Takes out the message of an entry of the journal; what is to be kept of its
-- value in memory, or nil if there is no such message.
function Strangers:take_out(key, value)
	if self.kind == "maildir" then
		return known(self, (core.maildir_name(value))) and
			(value:match ":2,(.*)$" or "") or nil
	elseif self.kind == "files" then
		known(self, sink.file_name(self.validity, key))
	end
	return ""
end

-- Whether the message of a key is one of them, by the name of its file.
function Strangers:has(key)
	if self.kind ~= "files" or self.count == 0 then
		return false
	end
	local name = sink.file_name(self.validity, key)
	return self.names[core.digest(name)] and known(self, name) or false
end

-- ---- what they say of themselves ----

local each = {}

function each.maildir(self, fn)
	for m in maildir.maildir(self.path):messages() do
		local digest = core.digest(m.base)
		if self.names[digest] and m.size > 0 then
			fn(m.body, digest)
		end
	end
end

function each.files(self, fn)
	names.files(self.path, function(name)
		if self.names[core.digest(name)] then
			fn(postel.file(self.path .. "/" .. name), name)
		end
	end)
end

-- Those of an mbox: all behind the last one that the journal has begun; if that one
-- is not noted as whole, it and those before that were to be noted with it.
function each.mbox(self, fn, journal)
	local key, offset, group = sink.begun(journal)
	if key and not journal:get(key) then
		offset = group
	end
	local file <close> = io.open(self.path, "rb")
	if not file or not file:seek("set", offset) or
		file:read(5) ~= "From " then
		return
	end
	for m in mbox.mbox(self.path):messages(offset) do
		if m.number > 1 or not key or not journal:get(key) then
			fn(m.body, m.number, true)
		else
			m.body:close()
		end
	end
end

-- A table of their prints (postel.fingerprint) with values for the journal: those of
-- a Maildir are digests of names, which take less memory.  The last to be called.
function Strangers:prints(journal)
	local prints = fingerprint.table()
	if self.count > 0 or self.kind == "mbox" then
		each[self.kind](self, function(body, value, ended)
			prints:add(fingerprint.of_body(body, ended), value)
			body:close()
		end, journal)
	end
	self.names, self.count = {}, 0
	return prints
end

return M
