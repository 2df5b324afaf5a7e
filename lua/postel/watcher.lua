-- watcher: mailboxes that are watched, each by a connection of its own, and what has
-- come dealt with, each message once and one after the other.
--
-- What all watchers of a run have in common is a table `all`:
--
--	run		counts and notes (postel.job); run.connected: somebody has been;
--			run.left: how many messages were given up
--	slots		how many messages are dealt with at a time (postel.slots)
--	connecting	how many connections are being made at a time
--	deal		function(watcher, box, arrival): deals with a message; gives
--			nothing, or what went wrong, as a text
--	stopping	function(): whether all is to end
--	every, pause	seconds: postel.imap idle(), postel.retry pauses()
--	tries		how often a message is tried
--	once, unseen, writable	as the options of scripts/watch.lua
--	trying		how many have never been connected and have not failed yet

local arrivals = require "postel.arrival"
local core = require "postel.core"
local errors = require "postel.errors"
local retry = require "postel.retry"
local set = require "postel.set"
local task = require "postel.task"

local M = {}

-- Headers are asked for so many at a time.
local CHUNK = 50
-- Pauses between attempts grow to so many seconds.
local LONGEST = 300
-- With `once`, so many attempts in a row may come to nothing.
local ATTEMPTS = 10
-- Behind what came more may follow: that is waited for, in seconds, so that a hundred
-- messages are looked for once.
local MORE = 0.1
-- Something is said so often, for a dead connection is found by that only.
local EVERY = 300
-- A connection that held so long begins with the shortest pause again.
local STEADY = 60

-- At the end no more than so many messages that were left are told again.
local TOLD_MOST = 1000

local UID_MAX = 4294967295

-- ---- again and again ----

-- Whether what went wrong may go right the next time.
local function may_pass(attempts, e)
	return retry.is_lost(e) or attempts.connected and
		(errors.is(e, "auth", "tls", "refused", "proto", "limit") or
		errors.is(e, "use") and e.conn ~= nil)
end

-- Whether to go on.  Who has never been connected goes on only if others have: else
-- it may be a mistake in what the user wrote, and waiting would hide it.
local function goes_on(all, attempts, e)
	if not may_pass(attempts, e) then
		return false
	elseif all.once and attempts.failures > ATTEMPTS then
		return false
	elseif not attempts.connected then
		task.wait(function()
			return all.run.connected or all.trying == 0 or
				all.stopping()
		end)
		return all.run.connected
	end
	return true
end

local Attempts = {}
Attempts.__index = Attempts

local function settle(self)
	if not self.settled then
		self.settled = true
		self.all.trying = self.all.trying - 1
	end
end

-- To be called when a connection is there.
function Attempts:up()
	self.connected, self.all.run.connected = true, true
	self.since = core.now()
	settle(self)
	if self.down then
		self.all.run:note(errors.text("%s: connected again", self.label))
	end
	self.down = false
end

-- Begins with short pauses again.
function Attempts:came_to_something()
	self.pauses:reset()
	self.failures = 0
end

-- Once the pauses grow no more, only what is new is told.
local function tell(self, e, pause)
	local text = tostring(e)
	if text ~= self.told or not self.pauses:at_longest() then
		self.told = text
		self.all.run:note(errors.text("%s; again in %g s", text, pause),
			true)
	end
end

-- Calls fn(attempts) until it returns, behind longer and longer pauses where a
-- connection was lost; fn calls attempts:up().  Raises what cannot pass.  The caller
-- has counted this one in all.trying.
function M.persist(all, label, fn)
	local self = setmetatable({all = all, label = label, failures = 0,
		pauses = retry.pauses(all.pause)}, Attempts)
	while not all.stopping() do
		local ok, e = pcall(fn, self)
		settle(self)
		if ok then
			return
		elseif all.stopping() then
			break
		end
		if self.since and core.now() - self.since >= STEADY then
			self:came_to_something()
		end
		self.since, self.down = nil, true
		self.failures = self.failures + 1
		if not goes_on(all, self, e) then
			error(e, 0)
		end
		local pause = self.pauses:next()
		tell(self, e, pause)
		task.wait(all.stopping, core.now() + pause)
	end
	settle(self)
end

-- ---- a mailbox ----

local Watcher = {}
Watcher.__index = Watcher

-- o has all; account: its name for people, url and target (what postel.connect
-- takes) and password (a secret, or nil); mailbox; handled (postel.handled).
function M.watcher(o)
	o.label = o.account .. "/" .. o.mailbox
	return setmetatable(o, Watcher)
end

-- A connection, or nil if all is to end.
function M.open(all, target, options)
	local slot <close> = all.connecting:take(all.stopping)
	return slot and postel.connect(target, options)
end

-- Where a message is, for programs (postel.arrival).
function Watcher:place(box)
	return {url = self.url, account = self.account, mailbox = self.mailbox,
		uidvalidity = box.uidvalidity}
end

-- Waits as task.wait does, and keeps the connection alive meanwhile.  If it is lost,
-- who uses it next is told.
function Watcher:wait(conn, ready, due)
	due = due or math.huge
	local every = self.all.every or EVERY
	while not ready() and core.now() < due do
		task.wait(ready, math.min(due, core.now() + every))
		if not ready() and core.now() < due and conn.is_open then
			pcall(conn.send, conn, "NOOP")
		end
	end
end

-- Some servers do not say UIDNEXT, or what is none.
local function uidnext(box)
	local next_uid = box.conn.mailbox.uidnext
	if math.type(next_uid) == "integer" and next_uid >= 1 and
		next_uid <= UID_MAX then
		return next_uid
	end
	local last = 0
	for uid in box:search():each() do
		last = uid
	end
	return last + 1
end

local function begin(self, box)
	local changed = self.handled:begin(box.uidvalidity, uidnext(box))
	if changed then
		self.all.run:note(errors.text("%s: UIDVALIDITY has changed; what " ..
			"is there now counts as old", self.label), true)
	end
	if self.all.unseen and not self.looked then
		self.handled:also(box:search "UNSEEN")
		self.looked = true
	end
end

-- Adds what is there of these UIDs to by_uid.  If the server refuses them, for one is
-- broken, it is asked for each; of that one nothing is known.
local function look(box, uids, by_uid)
	local ok, e = pcall(function()
		for m in box:messages(uids):fetch(arrivals.ITEMS) do
			by_uid[m.uid] = arrivals.arrival(m)
		end
	end)
	if not ok and not errors.is(e, "refused") then
		error(e, 0)
	elseif not ok and #uids == 1 then
		by_uid[uids:each()()] = arrivals.arrival {uid = uids:each()()}
	elseif not ok then
		for uid in uids:each() do
			look(box, set.set(uid), by_uid)
		end
	end
	return by_uid
end

local function give_up(self, arrival, problem)
	local run = self.all.run
	run:note(errors.text("%s: message %d: %s; left after attempt %d",
		self.label, arrival.uid, problem, self.all.tries), true)
	run.left = run.left + 1
	if run.left <= TOLD_MOST then
		run:refuse({mailbox = self.label, key = tostring(arrival.uid)},
			problem, true)
	end
	self.handled:leave(arrival.uid)
end

-- What all.deal gives.  A message on which the connection is lost again and again, for
-- it or the server is broken, must not keep the others from coming.
local function deal_once(self, box, arrival)
	local ok, problem = pcall(self.all.deal, self, box, arrival)
	if ok then
		return problem
	end
	if self.lost_at ~= arrival.uid then
		self.lost_at, self.losses = arrival.uid, 0
	end
	self.losses = self.losses + 1
	if self.losses >= self.all.tries and not self.all.stopping() then
		give_up(self, arrival, tostring(problem))
	end
	error(problem, 0)
end

-- Deals with a message until that comes to something, but not for ever.  If all is
-- to end before, it counts neither as done nor as left.
local function deal(self, box, arrival)
	local all, pauses = self.all, retry.pauses(self.all.pause, LONGEST)
	for try = 1, all.tries do
		local slot <close> = all.slots:take(all.stopping)
		if not slot then
			return
		end
		local problem = deal_once(self, box, arrival)
		slot:release()
		if not problem then
			all.run.done = all.run.done + 1
			all.run.octets = all.run.octets + arrival.size
			self.handled:done(arrival.uid)
			return
		elseif all.stopping() then
			return
		elseif try < all.tries then
			local pause = pauses:next()
			all.run:note(errors.text("%s: message %d: %s; again in " ..
				"%g s", self.label, arrival.uid, problem, pause),
				true)
			self:wait(box.conn, all.stopping, core.now() + pause)
		else
			give_up(self, arrival, problem)
		end
	end
end

-- Deals with all that there is to be dealt with.
local function work(self, box, attempts)
	local all, todo = self.all, self.handled:todo(box)
	while #todo > 0 do
		for chunk in todo.uids:chunks(CHUNK) do
			local there = look(box, chunk, {})
			for uid in chunk:each() do
				local arrival <close> = there[uid]
				there[uid] = nil
				if all.stopping() then
					return
				elseif arrival then
					deal(self, box, arrival)
				else
					self.handled:done(uid)
				end
				attempts:came_to_something()
			end
		end
		todo = self.handled:todo(box)
	end
end

-- One connection's life.
local function attempt(self, attempts)
	local all = self.all
	local conn <close> = M.open(all, self.target, {name = self.label,
		mailbox = self.mailbox, examine = not all.writable,
		password = self.password})
	if not conn then
		return
	end
	self.conn = conn
	local box = conn:current()
	attempts:up()
	begin(self, box)
	while true do
		work(self, box, attempts)
		if all.once or all.stopping() then
			return
		end
		box:idle(nil, {every = all.every or EVERY,
			wake = all.stopping})
		task.wait(all.stopping, core.now() + MORE)
	end
end

-- Watches until all is to end.  Raises what cannot pass.
function Watcher:watch()
	local _ <close> = self.handled
	M.persist(self.all, self.label, function(attempts)
		attempt(self, attempts)
	end)
end

-- Hangs up, whatever is under way.
function Watcher:drop()
	if self.conn then
		self.conn:drop()
	end
end

return M
