-- What postel watch is made of: which messages are done, and slots.

local spec = dofile "tests/lua/lib/spec.lua"

local handled = require "postel.handled"
local set = require "postel.set"
local slots = require "postel.slots"

-- A mailbox in which these UIDs are; it searches as a server does.
local function box(uids)
	local self = {}
	function self.messages(_, numbers)
		return set.set(numbers)
	end
	function self.search(_, text)
		local from = math.tointeger(text:match "^UID (%d+):%*$")
		local found = {}
		for _, uid in ipairs(uids) do
			if uid >= from or uid == uids[#uids] then
				found[#found + 1] = uid
			end
		end
		return set.set(found)
	end
	return self
end

local function todo(h, uids)
	return tostring(h:todo(box(uids)))
end

-- Calls fn(path) with the path of a journal that is not there yet.
local function with_path(fn)
	local folder = spec.folder()
	local ok, e = pcall(fn, folder .. "/a/journal")
	spec.remove(folder)
	if not ok then
		error(e, 0)
	end
end

spec.test("what comes from UIDNEXT on is new, and done once", function()
	local h <close> = handled.handled()
	spec.same(h:begin(1, 5), false)
	spec.same(todo(h, {1, 4}), "")
	spec.same(todo(h, {4, 5, 9}), "5,9")
	h:done(5)
	spec.same(todo(h, {4, 5, 9}), "9")
	h:done(9)
	spec.same(todo(h, {4, 5, 9}), "")
	spec.same(h:begin(1, 12), false)
	spec.same(todo(h, {9, 10}), "10")
end)

spec.test("what was left is for the next run", function()
	with_path(function(path)
		do
			local h <close> = handled.handled(path)
			h:begin(7, 1)
			h:done(1)
			h:leave(2)
			h:done(3)
			spec.same(todo(h, {1, 2, 3}), "")
		end
		for _ = 1, 2 do
			local h <close> = handled.handled(path)
			h:begin(7, 9)
			spec.same(todo(h, {1, 2, 3, 4}), "2,4")
		end
		do
			local h <close> = handled.handled(path)
			h:begin(7, 9)
			h:done(2)
		end
		local h <close> = handled.handled(path)
		h:begin(7, 9)
		spec.same(todo(h, {1, 2, 3, 4}), "4")
	end)
end)

spec.test("earlier messages, each once", function()
	with_path(function(path)
		do
			local h <close> = handled.handled(path)
			h:begin(7, 10)
			h:also({uids = set.set "2-4,11"})
			spec.same(todo(h, {2, 3, 4, 11}), "2:4,11")
			h:done(2)
			h:leave(3)
			h:done(11)
		end
		local h <close> = handled.handled(path)
		h:begin(7, 12)
		spec.same(todo(h, {11}), "3")
		h:also({uids = set.set "2-4,11"})
		spec.same(todo(h, {11}), "3:4")
	end)
end)

spec.test("another UIDVALIDITY: nothing holds any more", function()
	with_path(function(path)
		do
			local h <close> = handled.handled(path)
			h:begin(7, 10)
			h:leave(10)
		end
		local h <close> = handled.handled(path)
		spec.same(h:begin(8, 3), true)
		spec.same(todo(h, {1, 2, 3, 10}), "3,10")
		spec.same(h:begin(8, 3), false)
	end)
end)

spec.test("the last UID that there can be", function()
	local h <close> = handled.handled()
	h:begin(1, 4294967295)
	spec.same(todo(h, {4294967294}), "")
	spec.same(todo(h, {4294967295}), "4294967295")
	h:done(4294967295)
	spec.same(todo(h, {4294967295}), "")
end)

spec.test("a journal does not grow for ever", function()
	with_path(function(path)
		local h <close> = handled.handled(path)
		h.journal.synced = false
		h:begin(1, 1)
		for uid = 1, 10500 do
			h:done(uid)
		end
		h.journal:close()
		local _, lines = spec.read(path):gsub("\n", "\n")
		spec.same(lines < 1000, true)
		spec.same(todo(h, {10500, 10501}), "10501")
	end)
end)

spec.test("one program at a time, and a dry run writes nothing", function()
	with_path(function(path)
		local dry <close> = handled.handled(path, true)
		dry:begin(1, 1)
		dry:done(1)
		spec.same(spec.read(path), nil)
		local h <close> = handled.handled(path)
		h:begin(1, 1)
		h:done(2)
		spec.raises("use", "in use by another", handled.handled, path)
		local other <close> = handled.handled(path, true)
		other:begin(1, 9)
		spec.same(todo(other, {2, 3}), "3")
		h:close()
		handled.handled(path):close()
	end)
end)

spec.test("slots: so many at a time, first come, first served", function()
	local s, order, busy, most = slots.slots(2), {}, 0, 0
	local function never() return false end
	local tasks = {}
	for i = 1, 5 do
		tasks[i] = postel.spawn(function()
			for _ = 1, 2 do
				local _ <close> = s:take(never)
				busy = busy + 1
				most = math.max(most, busy)
				order[#order + 1] = i
				postel.sleep(0.01)
				busy = busy - 1
			end
		end)
	end
	postel.join(table.unpack(tasks))
	spec.same(most, 2)
	spec.list(order, {1, 2, 3, 4, 5, 1, 2, 3, 4, 5})
	spec.same(s.free, 2)
end)

spec.test("slots: who is woken has none", function()
	local s, over = slots.slots(1), false
	local held <close> = s:take(function() return false end)
	local t = postel.spawn(function()
		return s:take(function() return over end)
	end)
	postel.sleep(0.02)
	over = true
	spec.same(t:join(), nil)
	held:release()
	held:release()
	spec.same(s.free, 1)
	spec.same(#s.row, 0)
end)

return spec.done()
