-- Misuse is told at the place of the call, and names function and argument.

local spec = dofile "tests/lua/lib/spec.lua"

local T = {}

-- Each case is an argument and a call that misuses it.
local function all(cases)
	for i = 1, #cases, 2 do
		local argument, fn = cases[i], cases[i + 1]
		local where = debug.getinfo(fn, "S")
		local ok, e = pcall(fn)
		local line, name = tostring(e):match(
			"^tests/lua/misuse%.lua:(%d+): bad argument '([^']+)' to '")
		line = tonumber(line) or 0
		if ok or name ~= argument or line < where.linedefined or
			line > where.lastlinedefined then
			error(("line %d: '%s' is not told: %s"):format(
				where.linedefined, argument, tostring(e)), 2)
		end
	end
end

spec.test("IMAP", function()
	spec.talk("imap", [[
S: * OK [CAPABILITY IMAP4rev1] hi
C: a1 SELECT INBOX
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7]
S: a1 OK
C: a2 LOGOUT
S: * BYE
S: a2 OK]], function(imap)
		local box = imap:select "INBOX"
		local set = box:messages "1:3"
		all {
			"mailbox", function() imap:select() end,
			"mailbox", function() imap:examine(T) end,
			"mailbox", function() imap:status(T) end,
			"items", function() imap:status("a", T) end,
			"pattern", function() imap:list(T) end,
			"reference", function() imap:list("*", T) end,
			"mailbox", function() imap:create() end,
			"mailbox", function() imap:delete() end,
			"mailbox", function() imap:rename "a" end,
			"message", function() imap:append("a", 5) end,
			"options", function() imap:append("a", "x", 5) end,
			"flags", function()
				imap:append("a", "x", {flags = "x"}) end,
			"flags", function()
				imap:append("a", "x", {flags = {T}}) end,
			"date", function()
				imap:append("a", "x", {date = T}) end,
			"flag", function()
				imap:append("a", "x", {flag = {}}) end,
			"seconds", function() imap:idle "x" end,
			"fields", function() imap:id "x" end,
			"name", function() imap:id {name = T} end,
			"name", function() imap:enable() end,
			"name", function() imap:enable(T) end,
			"criteria", function() box:search(5) end,
			"criteria", function() box:search {"UNSEEN"} end,
			"nonsense", function() box:search {nonsense = 1} end,
			"from", function() box:search {from = T} end,
			"from", function() box:search {from = true} end,
			"unseen", function() box:search {unseen = "x"} end,
			"before", function() box:search {before = T} end,
			"larger", function() box:search {larger = "x"} end,
			"header", function() box:search {header = "x"} end,
			"header", function() box:search {header = {"x"}} end,
			"not", function() box:search {["not"] = "x"} end,
			"not", function() box:search {["not"] = {}} end,
			"or", function() box:search {["or"] = {T}} end,
			"or", function()
				box:search {["or"] = {{seen = true}}} end,
			"uid", function() box:search {uid = true} end,
			"how", function() set:store "x" end,
			"flag", function() set:store("+", {"x"}) end,
			"mailbox", function() set:copy() end,
			"mailbox", function() set:move(T) end,
			"mailbox", function() box:copy("1", nil) end,
			"items", function() set:fetch() end,
			"numbers", function() box:fetch("x", "UID") end,
			"messages", function() return set + T.x end,
			"numbers", function() return set * "x" end,
		}
	end)
end)

spec.test("what all connections have", function()
	spec.talk("pop3", [[
S: +OK hi
C: CAPA
S: -ERR
C: QUIT
S: +OK]], function(pop)
		all {
			"verb", function() pop:call() end,
			"argument", function() pop:call("TOP", nil, "1") end,
			"options", function() pop:login(5) end,
			"name", function() pop:on(5, print) end,
			"fn", function() pop:on("x", 5) end,
			"n", function() pop:list "x" end,
			"n", function() pop:uidl(0) end,
			"n", function() pop:retr() end,
			"n", function() pop:dele "1" end,
			"n", function() pop:top() end,
			"lines", function() pop:top(1, "x") end,
			"lines", function() pop:top(1, -1) end,
			"skip", function() pop:messages(nil, 5) end,
		}
	end)
end)

spec.test("SMTP", function()
	spec.talk("smtp", [[
S: 220 hi
C: EHLO client.test
S: 250 hi
C: QUIT
S: 221 bye]], function(smtp)
		all {
			"message", function() smtp:mail() end,
			"to", function() smtp:mail {from = "", body = "x"} end,
			"body", function()
				smtp:mail {from = "", to = "a@b.test"} end,
			"argument", function() smtp:vrfy() end,
			"argument", function() smtp:expn(T) end,
			"argument", function() smtp:help(T) end,
		}
	end, {ehlo = "client.test"})
end)

spec.test("bodies and mail on this machine", function()
	local folder = spec.folder()
	local box = postel.maildir(folder .. "/maildir", {create = true})
	local mbox = postel.mbox(folder .. "/mbox")
	local body = postel.body "x"
	all {
		"from", function() postel.body(T) end,
		"path", function() postel.file() end,
		"n", function() body:read "x" end,
		"limit", function() body:text "x" end,
		"path", function() body:save() end,
		"options", function() body:save("/dev/null/x", 5) end,
		"file", function() body:write_to "x" end,
		"path", function() postel.maildir() end,
		"options", function() postel.maildir(folder, 5) end,
		"from", function() box:append() end,
		"options", function() box:append("x", 5) end,
		"flags", function() box:append("x", {flags = "x"}) end,
		"date", function() box:append("x", {date = "x"}) end,
		"path", function() postel.mbox() end,
		"from", function() mbox:append() end,
		"options", function() mbox:append("x", 5) end,
		"date", function() mbox:append("x", {date = "x"}) end,
	}
	spec.same(#box, 0)
	spec.same(spec.read(folder .. "/mbox"), nil)
	spec.remove(folder)
end)

spec.test("tasks and what else there is", function()
	local path = os.tmpname()
	local journal = postel.journal(path)
	all {
		"fn", function() postel.spawn() end,
		"task", function() postel.join(5) end,
		"task", function() postel.join(nil) end,
		"task", function() postel.join(postel.spawn(print), T) end,
		"list", function() postel.each(5, 1, print) end,
		"n", function() postel.each({}, 0, print) end,
		"fn", function() postel.each({1}, 1) end,
		"seconds", function() postel.sleep "x" end,
		"total", function() postel.progress "x" end,
		"label", function() postel.progress(1, T) end,
		"path", function() postel.journal() end,
		"key", function() journal:get() end,
		"key", function() journal:add(T) end,
		"value", function() journal:add("x", T) end,
		"fn", function() journal:keep() end,
		"list, spec", function() postel.args() end,
		"numbers", function() postel.set(true) end,
		"n", function() postel.set "1":has "x" end,
		"n", function() postel.set "1":chunks() end,
		"text", function() postel.url() end,
		"url", function() postel.connect() end,
		"options", function() postel.connect("imap://h", 5) end,
	}
	os.remove(path)
end)

return spec.done()
