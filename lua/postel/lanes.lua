-- lanes: the connections to one server that messages go over, each of them in a row
-- of its own.
--
-- There is one where the way is short, or no message has to wait for a reply
-- (CHUNKING); else each message costs a round trip, so some more are opened while the
-- first one works.  One that the server refuses is done without.

local task = require "postel.task"

local M = {}

-- From so many seconds for a round trip on further connections are worth it; so many
-- there are at most, each for so many messages at least: to open one takes the time
-- of three.
local FAR, MOST, SHARE = 0.005, 10, 4

local Lanes = {}
Lanes.__index = Lanes

-- Whether a reply is long in coming, by the one to EHLO.
function M.is_far(conn)
	return (conn.round_trip or 0) >= FAR
end

-- The lanes over conn, and further connections to the same server.  options:
-- connect(), which opens one; jobs, so many at most, where somebody has said that;
-- expected, the number of messages; chunks(conn), whether they will go by BDAT;
-- depth(lane), how many a lane takes at a time; changed(), called when there are more
-- lanes or fewer; sink.  A lane has conn, items, an array in the order of sending,
-- lanes, all of them, sink, and what else its user keeps in it.
function M.lanes(conn, options)
	local self = setmetatable({list = {}, opening = {}, options = options},
		Lanes)
	self:add(conn)
	for _ = 2, self:wanted(conn) do
		self.opening[#self.opening + 1] = task.spawn(function()
			local ok, other = pcall(options.connect)
			if ok then
				self:add(other).further = true
				options.changed()
			end
		end)
	end
	return self
end

function Lanes:wanted(conn)
	local options = self.options
	if not options.connect then
		return 1
	elseif options.jobs then
		return math.min(options.jobs, options.expected or math.huge)
	elseif options.chunks(conn) or not M.is_far(conn) or not conn.port then
		return 1 -- nor of a command that is the server
	end
	return math.min(MOST, (options.expected or 0) // SHARE)
end

function Lanes:add(conn)
	local lane = {conn = conn, items = {}, lanes = self,
		sink = self.options.sink}
	table.insert(self.list, lane)
	return lane
end

-- The one that takes the most messages more; nil if all are about to end.
function Lanes:emptiest()
	local only, best, most = self.list[1], nil, nil
	if #self.list == 1 and not only.leaving then
		return only
	end
	for _, lane in ipairs(self.list) do
		local room = self.options.depth(lane) - #lane.items
		if not lane.leaving and (not best or room > most) then
			best, most = lane, room
		end
	end
	return best
end

-- How many messages all of them take at a time.
function Lanes:window()
	local window = 0
	for _, lane in ipairs(self.list) do
		window = window + self.options.depth(lane)
	end
	return math.max(1, window)
end

-- A lane takes no more messages; its connection ends when it has none under way.
function Lanes:leave(lane)
	lane.leaving = true
	self.options.changed()
end

function Lanes:end_if_left(lane)
	if not lane.leaving or #lane.items > 0 then
		return
	end
	for i, other in ipairs(self.list) do
		if other == lane then
			table.remove(self.list, i)
		end
	end
	lane.conn:drop()
end

-- A lane in place of one that leaves; raises what connecting raises.
function Lanes:replace(lane)
	if not lane.successor then
		local ok, conn = pcall(self.options.connect)
		if not ok then
			error(conn, 0)
		end
		lane.successor = lane.successor or self:add(conn)
		self.options.changed()
	end
	return lane.successor
end

local function stop_opening(self)
	for _, opening in ipairs(self.opening) do
		if not opening.done then
			opening:cancel()
		end
	end
	self.opening = {}
end

-- All is acknowledged, whatever QUIT says, which is said everywhere before the first
-- answer is waited for.
function Lanes:close()
	stop_opening(self)
	for _, lane in ipairs(self.list) do
		pcall(lane.conn.part, lane.conn)
	end
	for _, lane in ipairs(self.list) do
		pcall(lane.conn.close, lane.conn)
	end
end

-- Behind an error.
function Lanes:abandon()
	stop_opening(self)
	for _, lane in ipairs(self.list) do
		lane.conn:abandon()
	end
end

return M
