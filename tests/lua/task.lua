-- Tasks.

local spec = dofile "tests/lua/lib/spec.lua"
local task = require "postel.task"

spec.test("tasks run while others wait", function()
	local order = {}
	local function sleeper(name, seconds)
		return function()
			postel.sleep(seconds)
			order[#order + 1] = name
			return name
		end
	end
	local slow = postel.spawn(sleeper("slow", 0.03))
	local quick = postel.spawn(sleeper("quick", 0.01))
	spec.same(slow:join(), "slow")
	spec.same(quick:join(), "quick")
	spec.list(order, {"quick", "slow"})
end)

spec.test("join gives all results, nil among them", function()
	local t = postel.spawn(function(...) return ..., nil, 3 end, 1)
	spec.same(select("#", t:join()), 3)
	spec.same(select(3, t:join()), 3)
end)

spec.test("a task that is cancelled ends where it is", function()
	local closed, after = false, false
	local t = postel.spawn(function()
		local _ <close> = setmetatable({}, {__close = function()
			closed = true
		end})
		postel.sleep(60)
		after = true
	end)
	postel.sleep(0.01)
	t:cancel()
	t:cancel()
	spec.raises("cancel", "interrupted", t.join, t)
	spec.list({tostring(closed), tostring(after)}, {"true", "false"})
	-- Nobody hears of one that has failed before.
	local failed = postel.spawn(error, "unheard")
	postel.sleep(0.01)
	failed:cancel()
	task.finish()
end)

spec.test("an error reaches join as it is", function()
	local e = {}
	local t = postel.spawn(function() error(e) end)
	local ok, got = pcall(t.join, t)
	spec.same(ok, false)
	spec.same(got, e)
	spec.fails("on purpose", postel.join,
		postel.spawn(function() error "on purpose" end))
end)

spec.test("an error that nobody joined ends the script", function()
	postel.spawn(function() error("unseen", 0) end)
	spec.fails("^unseen$", task.finish)
	task.finish()
end)

spec.test("tasks within tasks", function()
	local t = postel.spawn(function()
		local inner = postel.spawn(function()
			postel.sleep(0.01)
			return 7
		end)
		return inner:join() + 1
	end)
	spec.same(t:join(), 8)
end)

spec.test("a user's coroutine may wait in a task", function()
	local t = postel.spawn(function()
		local gen = coroutine.wrap(function()
			postel.sleep(0.01)
			coroutine.yield(1)
			postel.sleep(0.01)
			coroutine.yield(2)
		end)
		return gen() + gen()
	end)
	spec.same(t:join(), 3)
end)

spec.test("a bare yield lets the others run", function()
	local seen = {}
	local a = postel.spawn(function()
		seen[#seen + 1] = "a1"
		coroutine.yield()
		seen[#seen + 1] = "a2"
	end)
	local b = postel.spawn(function() seen[#seen + 1] = "b" end)
	postel.join(a, b)
	spec.list(seen, {"a1", "b", "a2"})
end)

spec.test("each: at most n at a time", function()
	local now, most, sum = 0, 0, 0
	postel.each({1, 2, 3, 4, 5, 6, 7}, 3, function(x, i)
		spec.same(x, i)
		now = now + 1
		most = math.max(most, now)
		postel.sleep(0.002)
		sum, now = sum + x, now - 1
	end)
	spec.same(most, 3)
	spec.same(sum, 28)
	postel.each({}, 3, error)
end)

spec.test("each: the first error stops new calls", function()
	local calls = 0
	spec.fails("third", postel.each, {1, 2, 3, 4, 5, 6}, 1, function(x)
		calls = calls + 1
		if x == 3 then
			error("third", 0)
		end
	end)
	spec.same(calls, 3)
end)

spec.test("waiting for what cannot come is told", function()
	spec.raises("use", "never", task.wait, function() return false end)
end)

spec.test("misuse names the argument", function()
	spec.fails("task.lua:%d+: bad argument 'fn' to 'spawn'",
		function() postel.spawn(1) end)
	spec.fails("'seconds' to 'sleep'", postel.sleep, -1)
	spec.fails("'seconds' to 'sleep'", postel.sleep, "x")
	spec.fails("'n' to 'each'", postel.each, {1}, 0, print)
	spec.fails("'list' to 'each'", postel.each, 1, 1, print)
end)

spec.test("abandoned tasks close what is theirs", function()
	local closed = false
	postel.spawn(function()
		local _ <close> = setmetatable({},
			{__close = function() closed = true end})
		postel.sleep(60)
	end)
	postel.sleep(0)
	postel.sleep(0.001)
	task.abandon()
	spec.same(closed, true)
end)

return spec.done()
