-- Programs that run while tasks go on.

local core = require "postel.core"
local spec = dofile "tests/lua/lib/spec.lua"

local function output(argv, options)
	local out <close> = io.tmpfile()
	options = options or {}
	options.files = options.files or {}
	options.files[1] = out
	local status = postel.run(argv, options)
	out:seek "set"
	return out:read "a", status
end

spec.test("a program's output and its exit status", function()
	local text, status = output {"sh", "-c", "echo a; exit 3"}
	spec.same(text, "a\n")
	spec.same(status, 3)
end)

spec.test("a string is a command for the shell", function()
	spec.same(output "echo $((1 + 1))", "2\n")
end)

spec.test("words stay what they are", function()
	spec.same(output {"printf", "%s|", "a b", "$HOME", "", "'"},
		"a b|$HOME||'|")
end)

spec.test("a body and a secret come by descriptors", function()
	local text = output("cat; cat <&3", {files = {
		[0] = postel.body "one\n", [3] = postel.secret "two\n"}})
	spec.same(text, "one\ntwo\n")
end)

spec.test("a secret is a file for its reader alone, and can be read anew",
	function()
		local text = output("stat -L -c %a /dev/fd/3; cat /dev/fd/3; " ..
			"cat /dev/fd/3", {files = {[3] = postel.secret "x\n"}})
		spec.same(text, "600\nx\nx\n")
	end)

spec.test("standard input is empty, if nothing else is said", function()
	spec.same(output "cat", "")
end)

spec.test("the environment is ours, but for what is given", function()
	spec.same(output("echo $HOME $NEW ${NEWER:-none}",
		{env = {HOME = "/h", NEW = "n"}}), "/h n none\n")
end)

spec.test("other files of ours are closed", function()
	local file <close> = io.open("README.md")
	local text = output "ls /proc/self/fd | wc -l"
	spec.same(tonumber(text), 4) -- 0, 1, 2 and that of ls
	spec.same(file:read(1), "#")
end)

spec.test("other tasks run meanwhile", function()
	local order = {}
	local t = postel.spawn(function()
		postel.run "sleep 0.2"
		order[#order + 1] = "process"
	end)
	postel.sleep(0.05)
	order[#order + 1] = "sleep"
	t:join()
	spec.list(order, {"sleep", "process"})
end)

spec.test("many at once, each with its own status", function()
	local list, got = {}, {}
	for i = 1, 40 do
		list[i] = i
	end
	postel.each(list, 8, function(i)
		got[i] = postel.run("exit " .. i)
	end)
	spec.list(got, list)
end)

spec.test("a signal reaches all that it has started", function()
	local out <close> = io.tmpfile()
	local p <close> = postel.start("sleep 60 & echo $!; wait",
		{files = {[1] = out}})
	while out:seek "end" == 0 do
		postel.sleep(0.01)
	end
	p:signal "TERM"
	spec.same(p:wait(), 128 + 15)
	out:seek "set"
	local pid = out:read "n"
	postel.sleep(0.05)
	local stat = io.open("/proc/" .. pid .. "/stat")
	local state = stat and stat:read "a":match "%) (%a)"
	spec.same(state == nil or state == "Z", true)
end)

spec.test("at the end of its block it is ended", function()
	local began = os.time()
	do
		local p <close> = postel.start "exec sleep 60"
		spec.same(p:status(), nil)
	end
	spec.same(os.time() - began < 5, true)
end)

spec.test("what it writes into pipes is read while it runs", function()
	local p <close> = postel.start("echo one; sleep 0.2; echo two; echo no >&2",
		{files = {[1] = "pipe", [2] = "pipe"}})
	spec.same(p:read(1), "one\n")
	spec.same(p:read(1), "two\n")
	spec.same(p:read(1), nil)
	spec.same(p:read(1), nil)
	spec.same(p:read(2), "no\n")
	spec.same(p:read(2), nil)
	spec.same(p:read(3), nil)
	spec.same(p:wait(), 0)
	spec.fails("no descriptor of it", p.read, p, 8)
end)

spec.test("a pipe that nobody reads holds the process up, and not us", function()
	local p <close> = postel.start("yes", {files = {[1] = "pipe"}})
	local began = os.clock()
	postel.sleep(0.3)
	spec.same(os.clock() - began < 0.2, true)
	spec.same(p:status(), nil)
	spec.same(#p:read(1) > 1000, true)
end)

spec.test("all of a pipe is read, and what outlives the process holds up nobody",
	function()
		local p <close> = postel.start("head -c 300000 /dev/zero; sleep 60 &",
			{files = {[1] = "pipe"}})
		local n, chunk = 0, p:read(1)
		while chunk do
			n, chunk = n + #chunk, p:read(1)
		end
		spec.same(n, 300000)
		spec.same(p:wait(), 0)
		p:signal "KILL"
	end)

spec.test("it has no terminal to ask at", function()
	local text, status = output("ps -o tty= -p $$; cat /dev/tty")
	spec.same(text:match "%S+", "?")
	spec.same(status ~= 0, true)
end)

spec.test("it does not outlive us, killed or not", function()
	local out <close> = io.tmpfile()
	local p <close> = postel.start({core.executable(), "-e", [[
		local p = postel.start {"sleep", "60"}
		postel.run "ps -o pid= --ppid $PPID | head -1; sleep 0.1; kill -9 $PPID"
	]]}, {files = {[1] = out}})
	p:wait()
	out:seek "set"
	local pid = out:read "n"
	for _ = 1, 100 do
		local stat = io.open("/proc/" .. pid .. "/stat")
		local state = stat and stat:read "a":match "%) (%a)"
		if state == nil or state == "Z" then
			return
		end
		postel.sleep(0.02)
	end
	error "it runs still"
end)

spec.test("what cannot be started is an error", function()
	spec.fails("/nonexistent: No such file", postel.run, {"/nonexistent"})
	spec.fails("argv", postel.run, 1)
	spec.fails("argv", postel.run, {})
	spec.fails("holds a NUL", postel.run, {"a\0b"})
	spec.fails("strings expected", postel.run, {"echo", {}})
end)

return spec.done()
