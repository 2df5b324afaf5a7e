-- sink: where messages can go: a Maildir, an mbox, a folder of files; a mailbox of an
-- IMAP account is in postel.appending.  put(message) takes {key, flags, date, body};
-- the date is IMAP's text or seconds since 1970.  Some have close(), for when all is
-- done.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- What to fetch of a message for a sink.
M.ITEMS = "UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]"

-- What is not the message that was asked for must not count as it.
function M.check_sound(message)
	if message.is_sound and not message:is_sound() then
		errors.raise("proto", "%s: the server sent something else than " ..
			"the message asked for", message.box.conn.name)
	end
end

local function seconds(date)
	if type(date) == "string" then
		return core.imap_date_of(date)
	end
	return date
end

-- ---- what waits for the disk together ----

-- So many messages, and so many octets of them, come together: for them the disk
-- is waited for once.  What is there and not whole in number comes so many seconds
-- later, when the source pauses.
local GROUP, GROUP_OCTETS, PATIENCE = 256, 16 << 20, 1

local Group, Grouped = {}, {}
Group.__index, Grouped.__index = Group, Grouped

-- What is pending: the messages that come together.  What one waits for is there for
-- all of them, or for none.
function Group:wait()
	if not self.over then
		self.sink:settle_group()
	end
	if self.failure then
		error(self.failure, 0)
	end
end

function Group:concluded()
	return self.over and not self.failure
end

local function new_group(sink)
	return setmetatable({sink = sink, count = 0, octets = 0, entries = {}},
		Group)
end

-- Puts what has waited for long where it belongs, while the source pauses.  What
-- goes wrong is told to who waits next.
local function look_after(sink)
	while not sink.stopped do
		task.wait(function() return sink.stopped end,
			core.now() + PATIENCE)
		local group = sink.group
		if group.count > 0 and not sink.busy and
			core.now() >= group.began + PATIENCE then
			pcall(sink.settle_group, sink)
		end
	end
end

-- A kind of sink whose messages come in groups.  It has write(message), which returns
-- its octets when it is whole, come(group), behind which all of the group is on disk and
-- noted (when that raises, none of it is there), and finish().
local function new_kind()
	local kind = setmetatable({}, Grouped)
	kind.__index = kind
	return kind
end

-- A sink of a kind.
local function grouped(kind, sink)
	sink.window, sink.window_octets = GROUP, GROUP_OCTETS
	sink.group = new_group(sink)
	return setmetatable(sink, kind)
end

function Grouped:put(message)
	if self.failure then
		error(self.failure, 0)
	end
	self.keeper = self.keeper or task.spawn(look_after, self)
	local size = self:write(message)
	local group = self.group
	if group.count == 0 then
		group.began = core.now()
	end
	group.count, group.octets = group.count + 1, group.octets + size
	if group.count >= GROUP or group.octets >= GROUP_OCTETS then
		self:settle_group()
	end
	return group
end

-- An interrupt may come in the middle: then stop() does it again.
function Grouped:settle_group()
	local group = self.group
	local ok, e = pcall(self.come, self, group)
	if not ok and errors.is(e, "cancel") then
		error(e, 0)
	end
	group.over, self.group = true, new_group(self)
	if not ok then
		group.failure, self.failure = e, e
		error(e, 0)
	end
end

-- Nothing more will come; what has come whole is to count.
function Grouped:stop()
	self.stopped = true
	if self.group.count > 0 and not self.failure then
		self:settle_group()
	end
	self:finish()
end

Grouped.close = Grouped.stop

function Grouped:finish() end

-- ---- a Maildir ----

local Maildir = new_kind()

-- What has come is noted in journal as key → the name that its file has with these
-- flags, before the message appears: an entry whose message is not there does not
-- count (postel.archive).
function M.maildir(box, journal)
	return grouped(Maildir, {batch = box.folder:batch(), journal = journal})
end

local function seal(self, message)
	message.body:pour(self.batch.take, self.batch, message.body)
	M.check_sound(message)
	local _, name = self.batch:seal(message.flags, seconds(message.date))
	return name
end

function Maildir:write(message)
	local ok, name = pcall(seal, self, message)
	if not ok then
		self.batch:drop()
		error(name, 0)
	end
	local entries = self.group.entries
	entries[#entries + 1], entries[#entries + 2] = message.key, name
	return message.body.taken
end

function Maildir:come(group)
	self.batch:sync()
	self.journal:add_all(group.entries)
	self.batch:commit()
end

function Maildir:finish()
	self.batch:close()
end

-- ---- an mbox ----

local Mbox = new_kind()

-- The key of the message that a journal has begun last in an mbox, where it begins,
-- and where those begin that were to be synced with it; nil, 0 and 0 where there is
-- none.
function M.begun(journal)
	local key, offset, group =
		(journal:get " begun" or ""):match "^(.*) (%d+) (%d+)$"
	return key, math.tointeger(tonumber(offset)) or 0,
		math.tointeger(tonumber(group)) or 0
end

-- What has come is noted as key → "".  In front of it stands, under the key
-- " begun", where the message begins, which it is, and where its group begins: so one
-- that a crash cut short is found, and taken back, by M.mbox, and others that have
-- come and are not noted (postel.strangers).
function M.mbox(box, journal)
	local key, offset, group = M.begun(journal)
	if key and not journal:get(key) then
		box:take_back(offset, group)
	end
	return grouped(Mbox, {box = box, journal = journal})
end

local function note_begun(self, key, offset, first)
	self.journal:add(" begun", ("%s %d %d"):format(key, offset, first))
end

function Mbox:write(message)
	self.writer, self.busy = self.writer or self.box:writer(), true
	local group, offset = self.group, self.writer.size
	local ok, e = pcall(self.writer.add, self.writer, message.body, {
		date = seconds(message.date),
		begin = function()
			note_begun(self, message.key, offset,
				group.first or offset)
		end,
		before = function() M.check_sound(message) end,
	})
	self.busy = false
	if not ok then
		error(e, 0)
	end
	group.first, group.last = group.first or offset, offset
	group.entries[#group.entries + 1] = message.key
	group.entries[#group.entries + 1] = ""
	return message.body.taken
end

-- Between two groups the file is not locked.
function Mbox:come(group)
	local writer = self.writer
	local ok, e = pcall(writer.sync, writer)
	if not ok then
		if not errors.is(e, "cancel") then
			writer:take_back(group.first)
		end
		error(e, 0)
	end
	local entries = group.entries
	self.journal:add_all(entries)
	note_begun(self, entries[#entries - 1], group.last, group.last)
	writer:close()
	self.writer = nil
end

function Mbox:finish()
	if self.writer then
		self.writer:close()
	end
end

-- ---- files ----

local Files = new_kind()

-- So many files are synced each by itself, as in a Maildir (store/batch.c), and more
-- by syncfs(2).
local FEW = 16

-- A folder in which each message is a file with its exact octets, named by
-- UIDVALIDITY and UID, or by POP3's unique id.  What has come is noted as key → "".
function M.files(path, journal)
	core.mkdirs(path)
	return grouped(Files, {path = path, journal = journal})
end

-- The name of the file for a key; validity is the mailbox's UIDVALIDITY, or nil.
function M.file_name(validity, key)
	return (validity and validity .. "." or "") ..
		key:gsub("[^%w_.,=@+-]", function(c)
			return ("%%%02X"):format(c:byte())
		end):gsub("^%.", "%%2E") .. ".eml"
end

local BLOCK = 64 * 1024

-- Whether two files hold the same octets.
local function same(one, other)
	local a <close> = io.open(one, "rb")
	local b <close> = io.open(other, "rb")
	while a and b do
		local x, y = a:read(BLOCK), b:read(BLOCK)
		if x ~= y then
			return false
		elseif not x then
			return true
		end
	end
	return false
end

local function save(saver, message)
	message.body:pour(saver.take, saver, message.body)
	M.check_sound(message)
end

function Files:write(message)
	local path = self.path .. "/" ..
		M.file_name(self.journal:get " validity", message.key)
	local stem, there = path:gsub("%.eml$", ""), {}
	while core.stat(path) do
		there[#there + 1] = path
		path = ("%s-%d.eml"):format(stem, #there + 1)
	end
	local saver = core.saver(path)
	local ok, e = pcall(save, saver, message)
	if not ok then
		saver:close()
		error(e, 0)
	end
	local group = self.group
	if group.count >= FEW then
		saver:leave()
	end
	group[#group + 1] = {saver = saver, path = path, there = there}
	table.move({message.key, ""}, 1, 2, #group.entries + 1, group.entries)
	return message.body.taken
end

-- A file of that name that holds the same was saved by a run that could not note
-- it.  If it is another message, from a mailbox that has the same numbers, the new
-- one gets a name with a number behind it.
local function give_name(item)
	local temporary = item.saver:sync()
	for _, other in ipairs(temporary and item.there or {}) do
		if same(temporary, other) then
			item.saver:close()
			return
		end
	end
	if temporary then
		item.saver:commit(false, true)
		item.named = true
	end
end

-- One that has its name keeps it when an interrupt comes.
function Files:come(group)
	if group.count > FEW then
		core.syncfs(self.path)
	end
	for _, item in ipairs(group) do
		local ok, e = pcall(give_name, item)
		if not ok and not errors.is(e, "cancel") then
			for _, other in ipairs(group) do
				if other.named then
					core.remove(other.path)
				end
			end
		end
		if not ok then
			error(e, 0)
		end
	end
	core.sync_folder(self.path .. "/.")
	self.journal:add_all(group.entries)
end

function Files:finish()
	for _, item in ipairs(self.group) do
		item.saver:close()
	end
end

-- ---- standard output ----

local Output = new_kind()

-- An open file that is no terminal: message behind message, octet by octet.  What has
-- come is flushed.
function M.output(file)
	return grouped(Output, {file = file})
end

function Output:write(message)
	local body = message.body
	body:pour(body.drain, body, self.file, true)
	M.check_sound(message)
	return body.taken
end

function Output:come()
	core.flush(self.file)
end

return M
