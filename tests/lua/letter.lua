-- Files as the mails that are sent, and what lists of mails show.

local spec = dofile "tests/lua/lib/spec.lua"
local compose = require "postel.compose"
local letters = require "postel.letter"
local overview = require "postel.overview"

local function letter(text, options)
	return letters.letter("file", postel.body(text), options or {})
end

local function built(text, options, eight_bit)
	options.complete = options.complete ~= false
	return letter(text, options):build({from = "a@x.test",
		to = {"b@x.test", "c@x.test"}}, eight_bit):text()
end

spec.test("nothing asked for: the file as it is", function()
	for _, text in ipairs {"", "x", "Subject: x\n\ny", "Bcc: b@x.test\n\n\xff"} do
		local l = letter(text)
		spec.same(l:is_built() or false, false)
		spec.same(l:build({to = {}}):text(), text)
	end
end)

spec.test("what is missing is added, and only that", function()
	local text = built("Subject: x\n y\n\nbody\n.\n", {})
	spec.same(text:match "^Subject: x\n y\r\nDate: [^\r\n]+\r\nFrom: a@x.test\r\n" ~=
		nil, true)
	spec.same(text:find("\r\nTo: b@x.test, c@x.test\r\n", 1, true) ~= nil, true)
	spec.same(text:find "\r\nMessage%-ID: <[%w.]+@x.test>\r\n" ~= nil, true)
	spec.same(text:match "\r\n\r\n(.*)$", "body\n.\n")
	local all = "Date: d\nFrom: f@x.test\nTo: t@x.test\nMessage-ID: <i>\n" ..
		"MIME-Version: 1.0\nContent-Type: text/plain\n"
	spec.same(built(all .. "\nx\n", {}), all:gsub("\n", "\r\n") .. "\r\nx\n")
	-- Copies alone are recipients enough.
	spec.same(built("Cc: c@x.test\n\nx", {}):find "\nTo:", nil)
end)

spec.test("where the header ends", function()
	local function parsed(...)
		local l = letter(...)
		l:sender() -- reads it
		return l
	end
	local cases = {
		{"", "", 0}, {"\nx", "", 1}, {"\r\nx", "", 2},
		{"A: b\n\nx", "A: b\n", 6}, {"A: b\r\n\r\nx", "A: b\r\n", 8},
		{"A: b\n", "A: b\n", 5}, {"A: b", "A: b", 4},
		{"Dear B,\nA: b\n\nx", "", 0}, {"A: b\nno field\n\nx", "", 0},
		{" A: b\n\nx", "", 0}, {"A b: c\n\n", "", 0},
		{"A: b\n c\n\td\n\nx", "A: b\n c\n\td\n", 12},
	}
	for _, case in ipairs(cases) do
		local l = parsed(case[1])
		spec.same(l.header, case[2])
		spec.same(l.skip, case[3])
	end
	-- However large it is, and wherever the parts of the body end.
	local long = ("X: %s\n"):format(("y"):rep(1000)):rep(200)
	spec.same(parsed(long .. "\nz").skip, #long + 1)
	spec.same(parsed(("X: y\n"):rep(300000) .. "\nz").skip, 0)
	spec.same(parsed("A: b\n\nx", {text = true}).skip, 0)
end)

spec.test("8-bit and quoted-printable", function()
	local text = "Subject: x\n\nGr\xc3\xbc\xc3\x9fe\n"
	local eight = built(text, {}, true)
	spec.same(eight:find("Content-Transfer-Encoding: 8bit", 1, true) ~= nil, true)
	spec.same(eight:match "\r\n\r\n(.*)$", "Gr\xc3\xbc\xc3\x9fe\n")
	local seven = built(text, {}, false)
	spec.same(seven:find "[\x80-\xff]", nil)
	spec.same(seven:match "\r\n\r\n(.*)$", "Gr=C3=BC=C3=9Fe\r\n")
	spec.same(built("x\n" .. ("y"):rep(999), {}, true):find(
		"quoted-printable", 1, true) ~= nil, true)
	-- A character may lie across the ends of what is read at a time.
	built(("x"):rep(65535) .. "\xc3\xbc\n", {text = true}, true)
	built(("x"):rep(65534) .. "\xf0\x9f\x98\x80\n", {text = true}, true)
	for _, bad in ipairs {"\xff", "\xc3", "a\xc3(", "\xed\xa0\x80"} do
		spec.raises("usage", "no UTF%-8", built, "A: b\n\n" .. bad, {})
		spec.raises("usage", "header is no UTF%-8", built,
			"A: " .. bad .. "\n\nx", {})
	end
	spec.same(built("x\xff\n", {charset = "iso-8859-15"}, true):find(
		"charset=iso-8859-15\r\n", 1, true) ~= nil, true)
end)

spec.test("recipients and sender of the header", function()
	local l = letter("To: \"A, b\" <a@x.test>, g: b@x.test, c@x.test;\n" ..
		"cc: a@x.test,\n d@x.test\nBCC: e@x.test\nFrom: f@x.test, g@x.test\n" ..
		"Reply-To: no@x.test\n\n", {read_recipients = true})
	spec.list(l:recipients(), {"a@x.test", "b@x.test", "c@x.test", "d@x.test",
		"e@x.test"})
	spec.same(l:sender(), "f@x.test")
	spec.same(l:build({to = {}}):text():find "e@x", nil)
	l = letter("To: a@x.test\nResent-Bcc: b@x.test\nSender: s@x.test\n" ..
		"From: f@x.test\nResent-From: r@x.test\n\n")
	spec.list(l:recipients(), {"b@x.test"})
	spec.same(l:sender(), "r@x.test")
	spec.list(letter("To: undisclosed-recipients:;\n\n"):recipients(), {})
	spec.same(letter("Subject: x\n\n"):sender(), nil)
end)

spec.test("what cannot be built", function()
	local function fails(pattern, text, options)
		options.complete = true
		spec.raises("usage", pattern, letter, text, options)
	end
	fails("NUL", "a\0b", {})
	fails("nothing can be attached", "Content-Type: text/html\n\nx",
		{attach = {"x"}})
	for _, field in ipairs {"x", "a b: c", "X: a\nb", "X: \xff", ":", "X\n: y"} do
		fails("no field", "x", {header = {field}})
	end
	spec.raises("usage", "nobody is there for From", function()
		letter("x", {complete = true}):build({from = "", to = {}}, true)
	end)
end)

spec.test("texts of any size, with files, in the composer", function()
	local body = postel.compose {header = "X-First: 1\r\n", text = postel.body(
		("line\n"):rep(1000)), headers = {{"X-A", "1"}, {"X-A", "2"}},
		attach = {{body = "data", name = "a.pdf"}}}
	local text = body:text()
	spec.same(text:find("X-First: 1\r\nX-A: 1\r\nX-A: 2\r\n", 1, true), 1)
	spec.same(text:find "\nDate:", nil)
	local m <close> = postel.message(text)
	spec.same(m:text():gsub("\r\n", "\n"), ("line\n"):rep(1000))
	spec.same(m:attachments()():body():text(), "data")
	spec.same(postel.compose {header = "", text = "\xfc", charset = "latin1",
		eight_bit = true}:text():find("8bit\r\n\r\n\xfc", 1, true) ~= nil, true)
	spec.fails("UTF%-8", postel.compose, {from = "a@x.test",
		text = postel.body "a\0b"})
	spec.same(compose.fields {{"Subject", "\xc3\xbc"}, {"X", "y"}}:find(
		"^Subject: =%?[^\r]+%?=\r\nX: y\r\n$"), 1)
end)

-- ---- lists ----

spec.test("what a list shows of a header", function()
	local e = overview.read_header({}, "FROM: =?utf-8?q?Z=C3=B6?= <z@x.test>\r\n" ..
		"Date: Mon, 2 Mar 2026 10:00:00 -0130\r\nSubject: a\r\n\tb\r\n" ..
		"Subject: second\r\n\r\n")
	spec.same(overview.sender(e), "Zö")
	spec.same(e.subject, "a\tb")
	spec.same(overview.iso_date(e.date, e.zone), "2026-03-02T10:00:00-01:30")
	e = overview.read_header({}, "")
	spec.same(overview.sender(e), "")
	spec.same(e.subject, "")
	spec.same(overview.local_date(e.date), "")
	spec.same(overview.iso_date(e.date, e.zone), nil)
	for _, seconds in ipairs {1 << 62, -(1 << 62), 253402300800 * 10} do
		spec.same(overview.local_date(seconds), "")
		spec.same(overview.iso_date(seconds, 0), nil)
	end
	e = overview.read_header({}, "From: " .. ("a@x.test, "):rep(100000))
	spec.same(type(e.from), "table")
end)

spec.test("columns of a list", function()
	spec.same(overview.cell("abc", 5, 5), "abc  ")
	spec.same(overview.cell("abcdef", 5, 5), "abcd…")
	spec.same(overview.cell("日本語", 5, 5), "日本…")
	spec.same(overview.cell("日本語", 4, 4), "日… ")
	spec.same(overview.cell("a\tb\27[2J\u{202e}"), "a b^[[2J<U+202E>")
	spec.same(overview.cell("a\nb", 2), "a…")
	spec.same(overview.cell("日本", 4, 5), "日本 ")
	spec.same(overview.cell("é", 1, 2), "é ")
end)

return spec.done()
