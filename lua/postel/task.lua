-- task: tasks are coroutines; waiting yields in a task, and else turns the
-- loop, which lets the tasks that are ready run.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

local tasks = {}   -- by coroutine
local waiting = {} -- in the order of their beginning
local failed = {}  -- those whose error nobody may have seen yet
local listeners = setmetatable({}, {__mode = "k"}) -- connections with :on

-- Resumes a task, with what it waited for done.
local function resume(task)
	task.ready = nil
	local ok, value = coroutine.resume(task.co)
	if coroutine.status(task.co) == "suspended" then
		-- A bare yield lets the others run once.
		local wait = type(value) == "table" and value or {}
		task.ready = wait.ready or function() return true end
		task.due = wait.due
		return
	end
	tasks[task.co] = nil
	task.done = true
	if ok then
		task.results = value
		return
	end
	task.failure = value
	failed[#failed + 1] = task
	if postel.options.debug then
		io.stderr:write(debug.traceback(task.co, "in a task:"), "\n")
	end
end

local function is_ready(wait, now)
	return wait.ready() or (wait.due ~= nil and now >= wait.due)
end

-- Runs each task that is ready once; whether there was one.
local function run_ready()
	local ran, now = false, core.now()
	for _, task in ipairs {table.unpack(waiting)} do
		if task.ready and is_ready(task, now) then
			ran = true
			resume(task)
		end
	end
	for i = #waiting, 1, -1 do
		if waiting[i].done or coroutine.status(waiting[i].co) == "dead" then
			table.remove(waiting, i)
		end
	end
	return ran
end

-- The earliest time at which something is due by the clock.
local function next_due(due)
	for _, task in ipairs(waiting) do
		if task.due and (not due or task.due < due) then
			due = task.due
		end
	end
	return due
end

-- Hands what has come unasked so far to those who listen.
local function dispatch()
	for conn, handlers in pairs(listeners) do
		-- A weak key goes later than its finalizer runs.
		local event = conn.event and conn:event()
		while event do
			for _, name in ipairs {event.name, "*"} do
				for _, fn in ipairs(handlers[name] or {}) do
					fn(conn, event)
				end
			end
			event = conn:event()
		end
	end
end

-- Outside of tasks: turns the loop until wait is ready or due.
local function pump(wait)
	while true do
		dispatch()
		if is_ready(wait, core.now()) then
			return
		end
		if not run_ready() then
			local due = next_due(wait.due)
			if not due and not core.busy() then
				errors.raise("use",
					"waiting for what can never come")
			end
			core.turn(due and math.max(0, due - core.now()))
		end
	end
end

-- Waits until ready() is true, or the clock says due (seconds as core.now
-- counts them).  ready() may be called outside of the task: it must not raise.
function M.wait(ready, due)
	if ready() then
		return
	end
	local co = coroutine.running()
	local own = tasks[co]
	if own then
		-- An interrupt may come before resume() learns of it: SIGINT
		-- stops the script outside of its tasks.
		own.ready, own.due = ready, due
		coroutine.yield {ready = ready, due = due}
	else
		pump {ready = ready, due = due}
	end
end

-- Calls step() until it gives something else than false, which is returned,
-- waiting meanwhile; what it raises is raised.
function M.wait_for(step)
	local ok, value
	M.wait(function()
		ok, value = pcall(step)
		return not ok or value ~= false
	end)
	if not ok then
		error(value, 0)
	end
	return value
end

local Task = {}
Task.__index = Task
Task.__name = "postel.task"

--- postel.spawn(fn, ...) → task
-- Starts fn(...) as a task, which runs whenever others wait, from the next wait
-- on.
function M.spawn(fn, ...)
	if type(fn) ~= "function" then
		errors.argument("spawn", "fn", "function expected, got %s",
			type(fn))
	end
	local args = table.pack(...)
	local task = setmetatable({}, Task)
	task.co = coroutine.create(function()
		return table.pack(fn(table.unpack(args, 1, args.n)))
	end)
	task.ready = function() return true end
	tasks[task.co] = task
	waiting[#waiting + 1] = task
	return task
end

--- task:join() → ...
-- Waits for the task: its results, or its error raised again.
function Task:join()
	M.wait(function() return self.done end)
	self.joined = true
	if self.results then
		return table.unpack(self.results, 1, self.results.n)
	end
	error(self.failure, 0)
end

--- task:cancel()
-- Ends the task where it is, with what it holds in <close> variables; nobody wants its
-- error any more.  Who joins it gets one of kind "cancel".
function Task:cancel()
	tasks[self.co], self.ready, self.joined = nil, nil, true
	if not self.done then
		self.done = true
		self.failure = errors.new("cancel", "interrupted")
		coroutine.close(self.co)
	end
end

--- postel.join(task, ...)
-- Waits for all of them; the first error, in their order, is raised.
function M.join(...)
	local list = {...}
	for i = 1, select("#", ...) do
		if getmetatable(list[i]) ~= Task then
			errors.argument("join", "task", "task expected, got %s",
				type(list[i]))
		end
	end
	for _, task in ipairs(list) do
		M.wait(function() return task.done end)
	end
	for _, task in ipairs(list) do
		task:join()
	end
end

--- postel.sleep(seconds)
-- Waits so long, while other tasks run.
function M.sleep(seconds)
	if type(seconds) ~= "number" or seconds < 0 then
		errors.argument("sleep", "seconds",
			"a number from 0 on expected")
	end
	M.wait(function() return false end, core.now() + seconds)
end

--- postel.each(list, n, fn)
-- Calls fn(element, index) for each element of a list, at most n at a time.  The
-- first error stops new calls, and is raised when the others are over.
function M.each(list, n, fn)
	if type(list) ~= "table" then
		errors.argument("each", "list", "table expected")
	end
	if math.type(n) ~= "integer" or n < 1 then
		errors.argument("each", "n", "a number from 1 on expected")
	end
	errors.expect("each", "fn", fn, "function")
	local at, failure = 0, nil
	local function worker()
		while failure == nil and at < #list do
			at = at + 1
			local ok, e = pcall(fn, list[at], at)
			if not ok and failure == nil then
				failure = e
			end
		end
	end
	local workers = {}
	for i = 1, math.min(n, #list) do
		workers[i] = M.spawn(worker)
	end
	M.join(table.unpack(workers))
	if failure ~= nil then
		error(failure, 0)
	end
end

local function unlisten(conn, name, fn)
	local list = listeners[conn][name]
	for i = #list, 1, -1 do
		if list[i] == fn then
			table.remove(list, i)
		end
	end
	listeners[conn][name] = #list > 0 and list or nil
	listeners[conn] = next(listeners[conn]) and listeners[conn] or nil
end

-- Who listens to a connection: {EVENT = {fn, …}}.  What it returns ends that, as a
-- <close> variable.
function M.listen(conn, name, fn)
	local handlers = listeners[conn] or {}
	listeners[conn] = handlers
	handlers[name] = handlers[name] or {}
	table.insert(handlers[name], fn)
	return setmetatable({}, {__close = function()
		unlisten(conn, name, fn)
	end})
end

M.dispatch = dispatch

-- The end of a script: waits for all tasks; an error nobody joined ends it.
function M.finish()
	M.wait(function() return #waiting == 0 end)
	local all = failed
	failed = {}
	for _, task in ipairs(all) do
		if not task.joined then
			error(task.failure, 0)
		end
	end
end

-- After an error: the tasks end where they are.
function M.abandon()
	local all = waiting
	waiting, failed = {}, {}
	for _, task in ipairs(all) do
		tasks[task.co] = nil
		coroutine.close(task.co)
	end
end

return M
