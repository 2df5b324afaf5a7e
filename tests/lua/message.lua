-- Messages read by GMime: decoded, taken apart, saved.

local spec = dofile "tests/lua/lib/spec.lua"

local LETTER = ([[
From: =?utf-8?q?Ren=C3=A9?= <rene@x.test>, "B, b" <b@x.test>
To: friends: c@x.test, d@x.test;, e@x.test
Subject: =?iso-8859-1?Q?caf=E9?=
 au lait
Date: Fri, 27 Nov 2026 10:00:00 +0130
Message-ID: <one@x.test>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=A

--A
Content-Type: multipart/alternative; boundary=B

--B
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

=E9t=E9
--B
Content-Type: text/html; charset=utf-8

<p>été</p>
--B--
--A
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-ID: <pic@x.test>
Content-Disposition: attachment; filename*=utf-8''b%C3%A9b%C3%A9.png

iVBORw0K
--A
Content-Type: message/rfc822

Subject: inner

deep
--A--
]]):gsub("\n", "\r\n")

spec.test("the header", function()
	local m <close> = postel.message(LETTER)
	spec.same(m.subject, "café au lait")
	spec.same(tostring(m.from), "René <rene@x.test>, B, b <b@x.test>")
	spec.same(m.from[1].name, "René")
	spec.same(m.from[2].address, "b@x.test")
	spec.same(tostring(m.to), "c@x.test, d@x.test, e@x.test")
	spec.same(#m.cc, 0)
	spec.same(m.date, 1795768200)
	spec.same(m.zone, 90)
	spec.same(m.message_id, "<one@x.test>")
	spec.same(m.in_reply_to, nil)
	spec.same(m:header "MIME-version", "1.0")
	spec.same(m:header "X-None", nil)
	local names = {}
	for name in m:headers() do
		names[#names + 1] = name
	end
	spec.list(names, {"From", "To", "Subject", "Date", "Message-ID",
		"MIME-Version", "Content-Type"})
end)

spec.test("the parts", function()
	local m <close> = postel.message(LETTER)
	spec.same(m:text():gsub("%s+$", ""), "été")
	spec.same(m:html():gsub("%s+$", ""), "<p>été</p>")
	local types = {}
	for part in m:parts() do
		types[#types + 1] = part.type
	end
	spec.list(types, {"text/plain", "text/html", "image/png",
		"message/rfc822"})
	local attached = {}
	for part in m:attachments() do
		attached[#attached + 1] = part
	end
	spec.same(#attached, 2)
	spec.same(attached[1].name, "bébé.png")
	spec.same(attached[1].id, "pic@x.test")
	spec.same(attached[1]:text(), nil)
	spec.same(attached[1]:body():text(), "\x89PNG\r\n")
	local inner <close> = postel.message(attached[2]:body())
	spec.same(inner.subject, "inner")
	spec.same(inner:text():gsub("%s+$", ""), "deep")
end)

local function named(name)
	return ("Content-Type: text/plain\r\nContent-Disposition: attachment;" ..
		" filename=\"%s\"\r\n\r\nx"):format(name)
end

spec.test("names of strangers stay in the folder", function()
	local folder = spec.folder()
	local cases = {
		["../../etc/passwd"] = "_.._etc_passwd", [".."] = "part-1",
		["/etc/passwd"] = "_etc_passwd", [".bashrc"] = "bashrc",
		["a\\\\b"] = "a_b", ["CON"] = "part-1-CON",
		["nul.txt"] = "part-1-nul.txt", ["x y.txt "] = "x y.txt",
	}
	for name, wanted in pairs(cases) do
		local m <close> = postel.message(named(name))
		local part = m:attachments()()
		spec.same(part:save(folder), folder .. "/" .. wanted)
	end
	local m <close> = postel.message(named("x y.txt"))
	spec.same(m:parts()():save(folder), folder .. "/x y-2.txt")
	local long <close> = postel.message(named(("é"):rep(300) .. ".txt"))
	local path = long:parts()():save(folder)
	spec.same(#path:match "[^/]*$" <= 200, true)
	spec.same(path:sub(-4), ".txt")
	spec.same(utf8.len(path) ~= nil, true)
	spec.remove(folder)
end)

spec.test("a link that waits is not followed", function()
	local folder = spec.folder()
	os.execute(("ln -s %s/target %s/trap.txt"):format(folder, folder))
	local m <close> = postel.message(named("trap.txt"))
	spec.same(m:parts()():save(folder), folder .. "/trap-2.txt")
	spec.same(io.open(folder .. "/target"), nil)
	spec.remove(folder)
end)

spec.test("what is broken is a message all the same", function()
	for _, text in ipairs {"", "\r\n", "no header at all", "Subject: x",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x",
		"Content-Type: text/plain; charset=none\r\n\r\n\xff\xfe",
		"Content-Type: ;;;\r\n\r\n", "\0\0\0", ("a"):rep(1 << 20),
		"Subject: \xff\xfe\r\n\r\nx"} do
		local m <close> = postel.message(text)
		for part in m:parts() do
			part:body():text()
			part:text()
		end
		for _, value in m:headers() do
			spec.same(utf8.len(value) ~= nil, true)
		end
		m:text()
	end
end)

spec.test("nesting without end", function()
	local deep = {}
	for i = 1, 5000 do
		deep[i] = ("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" ..
			"--b%d\r\n"):format(i, i)
	end
	local m <close> = postel.message(table.concat(deep) .. "\r\nend")
	local n = 0
	for _ in m:parts() do
		n = n + 1
	end
	spec.same(n <= 1, true)
	local inner = {}
	for i = 1, 5000 do
		inner[i] = "Content-Type: message/rfc822\r\n\r\n"
	end
	local m2 <close> = postel.message(table.concat(inner) .. "\r\nend")
	spec.same(m2:parts()().type, "message/rfc822")
	m2:parts()():body():close()
end)

spec.test("many parts", function()
	local m <close> = postel.message("Content-Type: multipart/mixed; " ..
		"boundary=x\r\n" .. ("\r\n--x\r\n\r\na"):rep(20000) .. "\r\n--x--\r\n")
	local n = 0
	for _ in m:parts() do
		n = n + 1
	end
	spec.same(n, 10000)
end)

spec.test("a body that was closed", function()
	local m = postel.message "Subject: x\r\n\r\ny"
	m:close()
	spec.fails("closed message", m.text, m)
	m:close()
end)

spec.test("composed", function()
	local path = spec.file("\0\1binary")
	local body = postel.compose {
		from = "Zoë Å <zoe@x.test>",
		to = {"a@x.test", {name = 'Q "q", q', address = "q@x.test"}},
		bcc = "hidden@x.test", subject = ("ünï "):rep(40),
		date = 1795771800, text = "Grüße\n.\nFrom here\n", html = "<p>ü",
		headers = {{"X-Test", "one"}},
		attach = {{path = path, name = "ü.bin"},
			{body = "a,b\n", name = "t.csv"}},
	}
	local text = body:text()
	spec.same(text:find "[\x80-\xff]", nil)
	spec.same(text:gsub("\r\n", ""):find "[\r\n]", nil)
	spec.same(text:find("hidden", 1, true), nil)
	for line in text:gmatch "[^\r\n]+" do
		spec.same(#line <= 78, true)
	end
	local m <close> = postel.message(text)
	spec.same(m.subject, ("ünï "):rep(40):gsub(" $", ""))
	spec.same(tostring(m.from), "Zoë Å <zoe@x.test>")
	spec.same(m.to[2].name, 'Q "q", q')
	spec.same(m.date, 1795771800)
	spec.same(m:header "X-Test", "one")
	spec.same(m.message_id:match "@x.test>$", "@x.test>")
	spec.same(m:text():gsub("\r\n", "\n"), "Grüße\n.\nFrom here\n")
	local files = {}
	for part in m:attachments() do
		files[#files + 1] = part.name .. " " .. part.type
	end
	spec.list(files, {"ü.bin application/octet-stream", "t.csv text/csv"})
	spec.same(m:attachments()():body():text(), "\0\1binary")
	os.remove(path)
end)

spec.test("what cannot be composed", function()
	local cases = {
		{{}, "from"}, {{from = "no address"}, "no mail address"},
		{{from = "a@x.test", subject = "a\r\nBcc: b@x.test"}, "CR, LF"},
		{{from = "a@x.test\nTo: b@x.test"}, "CR, LF"},
		{{from = "a@x.test", to = {name = "x\n", address = "b@x.test"}},
			"CR, LF"},
		{{from = "a@x.test", headers = {{"X: y\nTo", "z"}}}, "no name"},
		{{from = "a@x.test", subject = "\xff"}, "no UTF%-8"},
		{{from = "a@x.test", text = "\xff"}, "UTF%-8"},
		{{from = "a@x.test", tex = "x"}, "no such option"},
		{{from = "a@x.test", attach = {{body = "x",
			type = "multipart/mixed"}}}, "no type"},
	}
	for _, case in ipairs(cases) do
		spec.fails(case[2], postel.compose, case[1])
	end
	spec.raises("sys", "No such file", postel.compose,
		{from = "a@x.test", attach = {"/nowhere/x"}})
end)

return spec.done()
