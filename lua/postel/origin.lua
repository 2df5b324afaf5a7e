-- origin: where messages come from: a POP3 account, a mailbox of an IMAP account, a
-- Maildir on this machine.
--
--	local origin = origins.place("pop3://asterix@mail.example.org"):open()
--	for m in origin:messages {unseen = true} do … origin:remove(m) … end
--	origin:commit()
--
-- A message has key (the same in each session), label (for people), size and body;
-- flags and date where the source has them.  begin() waits until it has begun to come
-- and raises a refusal, finish() waits for what stands behind its body, is_sound()
-- says whether it is what was asked for; each may be missing.

local core = require "postel.core"
local errors = require "postel.errors"
local job = require "postel.job"
local maildir = require "postel.maildir"
local set = require "postel.set"
local sink = require "postel.sink"

local M = {}

local Place = {}
Place.__index = Place

-- ---- places ----

local function is_maildir(path)
	local cur = core.stat(path .. "/cur")
	return cur ~= nil and cur.kind == "folder"
end

-- What a text names: an account of init.lua, a URL or the path of a Maildir.  It has
-- kind ("pop3", "imap", "maildir"), label, target, what messages' keys are keys of,
-- and address, whose mail it is, or "".  nil if it is none of these.
function M.place(text)
	local ok, url = pcall(postel.url, text)
	if ok and (url.protocol == "pop3" or url.protocol == "imap") then
		local mailbox = url.protocol == "imap" and
			(url.mailbox or "INBOX") or nil
		local target = {url.protocol, url.user or "", mailbox}
		return setmetatable({kind = url.protocol, text = text, url = url,
			mailbox = mailbox, label = job.label(url),
			target = table.concat(target, " "),
			address = M.address(url.user or "", url.host)}, Place)
	elseif not ok and is_maildir(text) then
		local path = text:gsub("(.)/+$", "%1")
		return setmetatable({kind = "maildir", label = path, path = path,
			target = "maildir", address = M.address(
				os.getenv "LOGNAME" or os.getenv "USER" or "")},
			Place)
	elseif not ok and (text:find "://" or not text:find "/") then
		error(url, 0)
	end
	return nil
end

-- The mail address of a user at a host, "" if there is none.  An address of numbers or
-- a socket has no domain: then this machine's name.
function M.address(user, host)
	if user == "" or user:find "@" then
		return user
	elseif not (host or ""):find "%a" or host:find ":" then
		host = core.hostname() or ""
	end
	local address = user .. "@" .. host
	return core.smtp_address(address) and host ~= "" and address or ""
end

local kinds = {}

-- Opens it: options {writes = true} if messages are to be removed.  Raises what
-- connecting raises.
function Place:open(options)
	local origin = setmetatable({place = self, writes = options and
		options.writes or false}, kinds[self.kind])
	origin:open()
	return origin
end

-- A choice of messages is {numbers =, unseen =, search =}, all optional: a text
-- "1,3-5", which are IMAP's UIDs; only those without \Seen; only those that IMAP's
-- SEARCH finds.  What the numbers of POP3 and of a Maildir stand for is kept in it,
-- since in the next session they may stand for others.

local function no_message(origin, number)
	errors.raise("usage", "%s: there is no message %d", origin.place.label,
		number)
end

-- ---- POP3 ----

local Pop3 = {}
Pop3.__index = Pop3
kinds.pop3 = Pop3

-- So many DELE are sent before their replies are waited for.
local DELE_WINDOW = 256

function Pop3:open()
	self.conn = postel.connect(self.place.text, {name = self.place.label})
	self.dele, self.gone = {}, {}
	self:read_uids()
end

-- UIDL, without which no message is known again (RFC 1939 7): then keys are good for
-- this session only, and .lasting is false.  Of a hundred thousand messages the texts
-- would take too much memory.
function Pop3:read_uids()
	local seen = core.pairs()
	self.uids = core.pairs()
	local ok, e = pcall(self.conn.each_uid, self.conn, function(number, uid)
		local hash = core.hash(uid)
		-- Two messages with one unique id could not be told apart.
		if seen:get(hash) then
			errors.raise("proto", "%s: two messages have the same " ..
				"unique id", self.place.label)
		end
		seen:put(hash, number)
		self.uids:put(number, hash)
	end)
	if not ok and not errors.is(e, "refused") then
		error(e, 0)
	end
	self.lasting = ok
end

local function chosen_numbers(self, choice)
	if not choice.numbers then
		return nil
	end
	local numbers = choice.uids and {} or set.set(choice.numbers)
	for number, uid in self.uids:each() do
		if choice.uids and choice.uids[uid] then
			numbers[#numbers + 1] = number
		end
	end
	choice.uids = choice.uids or {}
	for number in set.set(numbers):each() do
		choice.uids[self.uids:get(number) or 0] = true
	end
	return set.set(numbers)
end

-- A unique id may come again when its message is gone: so with the size.
local function pop3_key(self, number, size)
	local uid = self.uids:get(number)
	return uid and ("%x %d"):format(uid, size) or "#" .. number
end

-- Iterates over the messages of a choice but those for which skip(m) is true; behind
-- the iterator, returns how many there are.
function Pop3:messages(choice, skip)
	local numbers = chosen_numbers(self, choice or {})
	local step
	step, self.sizes = self.conn:messages(numbers, function(m)
		m.key = pop3_key(self, m.number, m.size)
		m.label = tostring(m.number)
		return skip and skip(m)
	end)
	local count = 0
	for _ in pairs(numbers and {} or self.sizes) do
		count = count + 1
	end
	return step, numbers and #numbers or count
end

local function settle_dele(self, cmd)
	cmd:wait()
	if not cmd.ok and not self.refusal then
		self.refusal = errors.refusal(cmd)
	end
	cmd:release()
end

-- Marks a message; commit() removes it.
function Pop3:remove(m)
	local dele = self.dele
	dele[#dele + 1] = m:send_delete()
	self.gone[m.number] = true
	while #dele > DELE_WINDOW or dele[1] and dele[1].state == "done" do
		settle_dele(self, table.remove(dele, 1))
	end
end

-- QUIT, behind which the marked messages are gone (RFC 1939 6).
function Pop3:commit()
	for _, cmd in ipairs(self.dele) do
		settle_dele(self, cmd)
	end
	self.dele = {}
	self.conn:quit()
	if self.refusal then
		error(self.refusal, 0)
	end
end

-- Iterates over the keys of the messages that are still there behind commit().
function Pop3:left()
	local number, size
	return function()
		repeat
			number, size = next(self.sizes, number)
		until not number or not self.gone[number]
		return number and pop3_key(self, number, size)
	end
end

-- Behind an error.  What was marked was taken: QUIT removes it all the same.
function Pop3:abandon()
	self.conn:abandon()
end

-- ---- IMAP ----

local Imap = {}
Imap.__index = Imap
kinds.imap = Imap

-- Messages in one FETCH.
local CHUNK = 250

function Imap:open()
	local place = self.place
	self.conn = postel.connect(place.text, {name = place.label,
		mailbox = place.mailbox, examine = not self.writes})
	self.box = self.conn:current()
	self.validity, self.lasting = tostring(self.box.uidvalidity), true
	self.removed = set.new()
	if self.writes and self.box.read_only then
		errors.raise("use", "%s: mailbox %s is read-only", place.label,
			place.mailbox)
	end
end

local function chosen_uids(self, choice)
	local box = self.box
	local found = box:search(choice.search)
	if choice.unseen then
		found = found * box:search {unseen = true}
	end
	local numbers = choice.numbers and box:messages(choice.numbers)
	if numbers and not choice.checked then
		for uid in (numbers - box:search()):each() do
			no_message(self, uid)
		end
		choice.checked = true
	end
	return numbers and found * numbers or found
end

local function imap_message(uid)
	return {key = tostring(uid), label = tostring(uid), uid = uid}
end

-- The set without those that are skipped.
local function without_skipped(chunk, skip)
	local uids = set.new()
	for uid in chunk:each() do
		if not (skip and skip(imap_message(uid))) then
			uids:add(uid)
		end
	end
	return uids
end

-- Iterates over those that a FETCH has not given though they are there; others have
-- only been expunged meanwhile (RFC 2180 4.1).  They begin with a refusal, e.
local function not_given(self, missing, e)
	local there = #missing > 0 and
		self.box:search("UID " .. tostring(missing)) * missing
	local next_uid = there and there:each() or function() end
	return function()
		local uid = next_uid()
		local m = uid and imap_message(uid)
		if m then
			m.begin = function() error(e or errors.new("refused",
				"%s: the server does not give this message",
				self.place.label), 0) end
		end
		return m
	end
end

-- The next message that has a body; nil, or nil and the refusal, at the end.
local function next_fetched(step)
	local ok, m
	repeat
		ok, m = pcall(step)
	until not ok or not m or m.body
	if not ok and not errors.is(m, "refused") then
		error(m, 0)
	end
	return ok and m or nil, not ok and m or nil
end

-- Iterates over the messages of one FETCH.
local function fetched(self, uids)
	local step = self.box:messages(uids):fetch(sink.ITEMS)
	local given, missing = {}, nil
	return function()
		local m, e
		if not missing then
			m, e = next_fetched(step)
		end
		if not m then
			missing = missing or not_given(self, uids - set.set(given), e)
			return missing()
		elseif given[-m.uid] then
			errors.raise("proto", "%s: the server sent message %d twice",
				self.place.label, m.uid)
		end
		given[#given + 1], given[-m.uid] = m.uid, true
		m.key, m.label = tostring(m.uid), tostring(m.uid)
		m.date = m.internaldate
		return m
	end
end

function Imap:messages(choice, skip)
	local found = chosen_uids(self, choice or {})
	local chunks, step = found.uids:chunks(CHUNK), nil
	return function()
		while true do
			local m = step and step()
			if m then
				return m
			end
			local chunk = chunks()
			if not chunk then
				return nil
			end
			local uids = without_skipped(chunk, skip)
			step = #uids > 0 and fetched(self, uids) or nil
		end
	end, #found
end

-- Remembers a message; commit() removes it.
function Imap:remove(m)
	self.removed:add(m.uid)
end

-- Removes just these, by UID.
function Imap:commit()
	self.box:messages(self.removed):delete()
	self.remaining = self.writes and self.box:search() or nil
	self.conn:close()
end

function Imap:left()
	local next_uid = self.remaining:each()
	return function()
		local uid = next_uid()
		return uid and tostring(uid)
	end
end

function Imap:abandon()
	self.conn:abandon()
end

-- ---- a Maildir ----

local Maildir = {}
Maildir.__index = Maildir
kinds.maildir = Maildir

function Maildir:open()
	self.box = maildir.maildir(self.place.path)
	self.lasting = true
end

local function has_flag(m, wanted)
	for _, flag in ipairs(m.flags) do
		if flag == wanted then
			return true
		end
	end
	return false
end

-- Whether the file is there, and its key; another program may have removed it
-- meanwhile.  A base that is there twice is of two messages if their sizes differ.
local function maildir_key(m)
	local ok, size = pcall(function() return m.size end)
	if not ok and core.stat(m.path) then
		error(size, 0)
	end
	return ok and m.base .. " " .. size or nil
end

-- The bases of messages by number.
local function chosen_bases(self, choice)
	if not choice.numbers or choice.bases then
		return choice.bases
	end
	local numbers, bases, n = set.set(choice.numbers), {}, 0
	for m in self.box:messages() do
		n = n + 1
		bases[m.base] = numbers:has(n) or nil
	end
	if (numbers:max() or 0) > n then
		no_message(self, numbers:max())
	end
	choice.bases = bases
	return bases
end

function Maildir:messages(choice, skip)
	choice = choice or {}
	local bases = chosen_bases(self, choice)
	local step, count = self.box:messages()
	local function is_wanted(m)
		m.key, m.label = maildir_key(m), m.base
		return m.key and not (bases and not bases[m.base] or
			choice.unseen and has_flag(m, "\\Seen") or
			skip and skip(m))
	end
	return function()
		local m = step()
		while m and not is_wanted(m) do
			m = step()
		end
		return m
	end, choice.numbers and #set.set(choice.numbers) or count
end

-- Removes its file; one that is gone already is no error.
function Maildir:remove(m)
	local ok, e = pcall(m.delete, m)
	if not ok and core.stat(m.path) then
		error(e, 0)
	end
	self.removed = true
end

-- What was removed is so on disk.
function Maildir:commit()
	if self.removed then
		core.sync_folder(self.place.path .. "/new/.")
		core.sync_folder(self.place.path .. "/cur/.")
	end
end

function Maildir:left()
	local step = self.box:messages()
	return function()
		local m = step()
		return m and (maildir_key(m) or m.base)
	end
end

function Maildir:abandon()
	self.box:close()
end

return M
