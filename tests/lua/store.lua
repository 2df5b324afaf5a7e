-- Maildirs and mboxes on this machine.

local spec = dofile "tests/lua/lib/spec.lua"

local function read_all(folder)
	local out = {}
	for m in folder:messages() do
		out[#out + 1] = m.body:text()
	end
	return out
end

spec.test("a Maildir takes and gives", function()
	local path = spec.folder() .. "/box"
	spec.raises("use", "no Maildir", postel.maildir, path)
	local box <close> = postel.maildir(path, {create = true})
	spec.same(#box, 0)
	local base = box:append("Subject: a\r\n\r\nb\r\nc", {
		flags = {"\\Seen", "\\FLAGGED", "custom"}, date = 1795771800})
	box:append(postel.body "Subject: new\n\n", {sync = false})
	box:sync()
	spec.same(#box, 2)
	local first = box:messages()()
	spec.same(first.base, base)
	spec.list(first.flags, {"\\Flagged", "\\Seen"})
	spec.same(first.date, 1795771800)
	spec.same(first.size, 15)
	spec.same(first.path:match "/(cur/[^/]*)$", "cur/" .. base .. ":2,FS")
	spec.list(read_all(box), {"Subject: a\n\nb\nc", "Subject: new\n\n"})
	-- Another program has marked it.
	os.rename(first.path, path .. "/cur/" .. base .. ":2,S")
	first:delete()
	spec.same(#box, 1)
	spec.raises("sys", "gone", first.delete, first)
	spec.remove(path:match "^(.*)/")
end)

spec.test("a message that fails midway is not there", function()
	local path = spec.folder() .. "/box"
	local box <close> = postel.maildir(path, {create = true})
	local body = postel.body "x"
	body:close()
	spec.fails("closed body", box.append, box, body)
	collectgarbage()
	for _, folder in ipairs {"tmp", "new", "cur"} do
		local ls <close> = io.popen("ls " .. path .. "/" .. folder)
		spec.same(ls:read "a", "")
	end
	spec.remove(path:match "^(.*)/")
end)

spec.test("an mbox takes and gives", function()
	local folder = spec.folder()
	local path = folder .. "/x.mbox"
	local box = postel.mbox(path)
	local mails = {"Subject: a\n\nFrom me\n>From you\n\nFrom x\n", "\n\n",
		"Subject: b\n\nlast\n"}
	for _, mail in ipairs(mails) do
		box:append(mail, {date = 1795771800})
	end
	spec.list(read_all(box), mails)
	spec.same(spec.read(path):match "^[^\n]*",
		"From MAILER-DAEMON Fri Nov 27 09:30:00 2026")
	for m in box:messages() do
		spec.same(m.date, 1795771800)
	end
	box:append("no end\r\nCR", {sync = false})
	spec.same(read_all(box)[4], "no end\nCR\n")
	spec.remove(folder)
end)

spec.test("a file without an end gets one", function()
	for _, text in ipairs {"From a Fri Nov 27 10:00:00 2026\n\nx",
		"From a Fri Nov 27 10:00:00 2026\n\nx\n",
		"From a Fri Nov 27 10:00:00 2026\n\nx\n\n"} do
		local path = spec.file(text)
		local box = postel.mbox(path)
		box:append "y\n"
		spec.list(read_all(box), {"\nx\n", "y\n"})
		os.remove(path)
	end
end)

spec.test("what is no mbox", function()
	local path = spec.file "Subject: x\n"
	spec.raises("usage", "no mbox", postel.mbox(path).messages,
		postel.mbox(path))
	os.remove(path)
	spec.raises("sys", "No such file", postel.mbox(path).messages,
		postel.mbox(path))
	spec.raises("sys", "Is a directory", postel.mbox("/").append,
		postel.mbox("/"), "x")
end)

spec.test("what cannot be written leaves the file as it was", function()
	local path = spec.file "From a Fri Nov 27 10:00:00 2026\n\nx\n\n"
	local box, before = postel.mbox(path), spec.read(path)
	-- Locked by somebody else meanwhile.
	local file <close> = io.open(path, "r+b")
	require("postel.core").lock(file)
	spec.raises("sys", "locked", box.append, box, "z\n")
	spec.same(spec.read(path), before)
	file:close()
	spec.peer("pop3", [[
S: +OK hello
C: CAPA
S: -ERR
C: RETR 1
S: +OK
S: Subject: half
CLOSE
]]):meets(function(conn)
		spec.raises("closed", "hung up", box.append, box, conn:retr(1))
	end)
	spec.same(spec.read(path), before)
	os.remove(path)
end)

spec.test("lines of any length go into an mbox and out of it", function()
	local path = os.tmpname()
	local box = postel.mbox(path)
	for _, pad in ipairs {65530, 65531, 65535, 65536, 131072, 400000} do
		os.remove(path)
		local text = "Subject: long\n\n" .. ("x"):rep(pad) ..
			"From here\nFrom there\n" .. (">"):rep(pad % 1000) .. "From \n" ..
			("y"):rep(pad) .. "\r\nend\n"
		box:append(text)
		box:append("Subject: next\n\nx\n")
		local got = {}
		for m in box:messages() do
			got[#got + 1] = m.body:text()
		end
		spec.same(#got, 2)
		spec.same(got[1] == text:gsub("\r\n", "\n"), true)
		spec.same(got[2], "Subject: next\n\nx\n")
	end
	os.remove(path)
end)

return spec.done()
