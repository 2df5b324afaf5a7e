-- postel-lua(7): what a script can call stands in it.

local spec = dofile "tests/lua/lib/spec.lua"
local core = require "postel.core"

-- The names above the functions: "postel.connect", "set:has" …
local documented = {}
for name in io.popen("sed -n 's/^--- //p; s/^[/ ]\\*\\*\\* //p' " ..
	"lua/postel/*.lua lua/*.c"):lines() do
	documented[name:match "^[%w]+[.:][%w_]+" or name] = true
end

-- What is there for the library itself.
local private = {
	["conn:abandon"] = "for scripts that end by an error",
	["conn:reset"] = "postel.smtp", ["body:gather"] = "postel.gathering",
	["body:hold"] = "postel.delivery",
	["conn:knows"] = "postel.mechanism", ["conn:has_mailbox"] = "postel.mailbox",
	["conn:authenticate"] = "postel.login",
	["body:pull"] = "postel.body", ["body:drain"] = "postel.body",
	["body:claim"] = "postel.body", ["body:pour"] = "postel.sink",
	["box:writer"] = "postel.sink",
	["body:release"] = "postel.delivery",
	["cmd:raise"] = "postel.cmd", ["cmd:fetched"] = "postel.fetch",
	["cmd:found"] = "postel.mailbox", ["set:add"] = "postel.set",
	["set:either"] = "postel.set", ["set:both"] = "postel.set",
	["set:without"] = "postel.set",
}

-- What an IMAP connection has of the mailbox that is open, and that of the set.
local of_box = {"search", "fetch", "store", "copy", "move", "expunge"}
local of_set = {"fetch", "store", "copy", "move"}

local function all_of(object, methods)
	for name, value in pairs(methods) do
		local full = object .. ":" .. name
		if type(value) == "function" and not name:find "^__" and
			not private[full] then
			spec.same(documented[full] and full or
				full .. " is not documented", full)
		end
	end
end

spec.test("what postel has", function()
	spec.same(postel.type(1), nil) -- the names are there from the first use on
	for name in pairs(getmetatable(postel).__names) do
		local full = "postel." .. name
		spec.same(documented[full] and full or
			full .. " is not documented", full)
	end
end)

spec.test("methods of connections", function()
	for _, protocol in ipairs {"pop3", "smtp", "imap"} do
		local here = {}
		for name, fn in pairs(require("postel." .. protocol)) do
			here[name] = fn
		end
		for _, name in ipairs(protocol == "imap" and of_box or {}) do
			here[name] = nil
		end
		all_of(protocol, here)
	end
end)

spec.test("methods of objects", function()
	postel.run "true"
	postel.body "":close()
	all_of("body", core.metatable("body").methods)
	all_of("process", core.metatable("process").methods)
	all_of("set", core.metatable("set").methods)
	all_of("progress", getmetatable(postel.progress(1)).__index)
	all_of("journal", getmetatable(postel.journal "./none").__index)
	all_of("box", getmetatable(postel.mbox "none").__index)
	all_of("task", getmetatable(postel.spawn(function() end)).__index)
end)

spec.test("methods of a mailbox and its messages", function()
	local box = require("postel.mailbox").new {mailbox = {}}
	local methods = {}
	for name, fn in pairs(getmetatable(box).__index) do
		methods[name] = fn
	end
	for _, name in ipairs(of_set) do
		methods[name] = nil
	end
	all_of("box", methods)
	local messages = getmetatable(box:messages "1")
	all_of("messages", messages.__index)
end)

spec.test("methods of connections, commands and messages, by a server", function()
	local conn <close> = postel.connect {transport = "pipe", path =
		"printf '+OK\\r\\n'; while read x; do printf '+OK\\r\\n.\\r\\n'; done",
		protocol = "pop3"}
	spec.same(conn.protocol, "pop3")
	all_of("conn", core.metatable("conn").methods)
	all_of("cmd", core.metatable("cmd").methods)
	local message <close> = postel.message "Subject: a\n\nb\n"
	for _, name in ipairs {"header", "headers", "text", "html", "parts",
		"attachments", "close"} do
		spec.same(documented["message:" .. name] and
			type(message[name]), "function")
	end
	for part in message:parts() do
		all_of("part", getmetatable(part).__index)
	end
end)

spec.test("and nothing that is not there", function()
	for name in pairs(documented) do
		local key = name:match "^postel%.([%w_]+)$"
		spec.same(key and postel[key] == nil and name, key and false)
	end
end)

return spec.done()
