-- Words with {column} in them.

local core = require "postel.core"
local spec = dofile "tests/lua/lib/spec.lua"
local template = require "postel.template"

local columns = {"user", "host", "src", "new user", "password", "password2"}
local row = {user = "a b@c/d%é'", host = "mail.example.org:993",
	src = "imaps://x@h.example", ["new user"] = "z", password = "xyzzy",
	password2 = "x"}

local function fill(...)
	return table.concat(template.template({...}, columns):fill(row), "|")
end

spec.test("plain words", function()
	spec.same(fill("copy", "j/{new user}", "{user}{host}", "", "x"),
		"copy|j/z|a b@c/d%é'mail.example.org:993||x")
	spec.same(fill("{{user}", "{{{host}}", "}"),
		"{user}|{mail.example.org:993}|}")
end)

spec.test("in a URL a value stays what it is", function()
	local word = fill "imaps://{user}@mail.example.org/{user}?ca={user}"
	spec.same(word:match "[^/]*//([^@]*)", "a%20b%40c%2Fd%25%C3%A9%27")
	local url = core.url(word)
	spec.same(url.user, row.user)
	spec.same(url.mailbox, row.user)
	spec.same(url.ca, row.user)
	spec.same(url.host, "mail.example.org")
end)

spec.test("a host stands as it is, and cannot be more than that", function()
	spec.same(fill("imaps://{user}@{host}/x"):match "@.*",
		"@mail.example.org:993/x")
	spec.same(fill "pop3s://{host}", "pop3s://mail.example.org:993")
	spec.same(core.url(fill("imap:{new user}@example.org/{user}")).mailbox,
		row.user)
	local t = template.template({"imaps://u@{host}/", "imap://{host}"}, columns)
	spec.list(t:fill {host = "[::1]:143"},
		{"imaps://u@[::1]:143/", "imap://[::1]:143"})
	spec.list(t:fill {host = "evil.example/x@"},
		{"imaps://u@evil.example%2Fx%40/", "imap://evil.example%2Fx%40"})
	spec.same(fill "{src}", "imaps://x@h.example")
end)

spec.test("in a command of the shell a value is one word", function()
	local words = template.template({"--password-command=pass {user}",
		"--token-command", "get {user}"}, columns):fill(row)
	spec.same(words[1], [[--password-command=pass 'a b@c/d%é'\''']])
	spec.same(words[3], [[get 'a b@c/d%é'\''']])
end)

spec.test("what cannot be filled in", function()
	local function fails(pattern, word)
		spec.raises("usage", pattern, template.template, {word}, columns)
	end
	fails("imap://{usr}@h: there is no column usr; did you mean user%?",
		"imap://{usr}@h")
	fails("there is no column zzzzzzzz; there are user, host", "{zzzzzzzz}")
	fails("{ without }", "a{b")
	fails("{ without }", "a{user{")
	fails("{password2} would be seen by all", "imap://{user}:{password2}@h")
end)

spec.test("the columns that are needed", function()
	spec.list(template.template({"{user}x{host}", "{user}", "{{src}"},
		columns).names, {"user", "host"})
end)

return spec.done()
