-- IMAP methods against a scripted server.

local spec = dofile "tests/lua/lib/spec.lua"

-- Tags count from a1; the server says what it can in its greeting.
local function script(capabilities, text)
	local lines = {"S: * PREAUTH [CAPABILITY IMAP4rev1 " .. capabilities ..
		"] hi"}
	local tag = 0
	for line in (text .. "\nC: @ LOGOUT\nS: * BYE\nS: @ OK\n"):gmatch
		"([^\n]*)\n" do
		if line:find "^C: @" then
			tag = tag + 1
		end
		lines[#lines + 1] = line:gsub("^(.: )@", "%1a" .. tag)
	end
	return table.concat(lines, "\n")
end

local SELECT = [[
C: @ SELECT INBOX
S: * 9 EXISTS
S: * OK [UIDVALIDITY 7] ok
S: * OK [UIDNEXT 99] ok
S: @ OK [READ-WRITE] open
]]

local function talk(text, fn, capabilities)
	spec.talk("imap", script(capabilities or "UIDPLUS", text), fn)
end

local function with_box(text, fn, capabilities)
	talk(SELECT .. text, function(conn)
		fn(conn:select "INBOX", conn)
	end, capabilities)
end

spec.test("values as tables", function()
	talk([[
C: @ NOOP
S: * 4 EXPUNGE
S: * OK [BADCHARSET (UTF-8 "X Y")] text
S: @ OK done
C: @ FETCH 1 ALL
S: * 1 FETCH (A NIL B (1 "q\"" {3}
S: xyz) C () D "5" E 5 F 99999999999999999999)
S: @ OK [HIGHESTMODSEQ 5] done]], function(conn)
		conn:noop()
		local reply = conn:call("FETCH", "1", "ALL")
		spec.same(reply.code, "HIGHESTMODSEQ 5")
		spec.same(reply.text, "done")
		local r = reply.data[1]
		spec.same(r.name, "FETCH")
		spec.same(r.number, 1)
		spec.same(r[1][2], false)
		spec.same(r[1][4][1], 1)
		spec.same(r[1][4][2], 'q"')
		spec.same(r[1][4][3], "xyz")
		spec.same(#r[1][6], 0)
		spec.same(r[1][8], "5")
		spec.same(math.type(r[1][10]), "integer")
		spec.same(reply.data[2].tagged, true)
	end)
end)

spec.test("select, and what it says", function()
	with_box("C: @ UNSELECT\nS: @ OK", function(box, conn)
		spec.same(box.name, "INBOX")
		spec.same(box.exists, 9)
		spec.same(box.uidvalidity, 7)
		spec.same(box.read_only, false)
		box:unselect()
		spec.raises("use", "no mailbox", conn.search, conn, "ALL")
		spec.raises("use", "not open any more", box.search, box, "ALL")
	end)
end)

spec.test("mailboxes in UTF-8", function()
	talk([[
C: @ CREATE Entw&APw-rfe
S: @ OK
C: @ RENAME Entw&APw-rfe "A &- B"
S: @ OK
C: @ LIST "" "*"
S: * LIST (\HasNoChildren) "/" "Entw&APw-rfe"
S: * LIST () NIL 123
S: @ OK
C: @ STATUS Entw&APw-rfe (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)
S: * STATUS Entw&APw-rfe (MESSAGES 3 UNSEEN 1)
S: @ OK
C: @ DELETE x
S: @ OK]], function(conn)
		conn:create "Entwürfe"
		conn:rename("Entwürfe", "A & B")
		local list = conn:list()
		spec.same(list[1].name, "Entwürfe")
		spec.same(list[1].delimiter, "/")
		spec.list(list[1].flags, {"\\HasNoChildren"})
		spec.same(list[2].name, "123")
		spec.same(list[2].delimiter, nil)
		local status = conn:status "Entwürfe"
		spec.same(status.messages, 3)
		spec.same(status.unseen, 1)
		conn:delete "x"
	end)
end)

spec.test("search by table", function()
	local cases = {
		{"UNSEEN", {unseen = true}}, {"UNSEEN", {seen = false}},
		{"ALL", {}}, {"ALL", nil},
		{"BEFORE 1-Jan-2026 FROM \"caesar\" UNSEEN",
			{unseen = true, before = "1-Jan-2026", from = "caesar"}},
		{"BEFORE 5-Jan-2026", {before = "2026-01-05"}},
		{"SINCE 29-Feb-2028", {since = "29-feb-2028"}},
		{"NOT (FROM \"a\" SEEN)", {["not"] = {from = "a", seen = true}}},
		{"OR SEEN LARGER 5", {["or"] = {{seen = true}, {larger = 5}}}},
		{'SUBJECT "a \\" b"', {subject = 'a " b'}},
		{'HEADER "X-Y" "z"', {header = {"X-Y", "z"}}},
		{"UID 2:3,7", {uid = postel.set {7, 2, 3}}},
		{"UID 5:*", {uid = "5:*"}}, {"UID 4", {uid = 4}},
		{"NOT ALL", {uid = {}}},
	}
	local lines = {}
	for _, case in ipairs(cases) do
		lines[#lines + 1] = "C: @ UID SEARCH " .. case[1] ..
			"\nS: * SEARCH\nS: @ OK"
	end
	with_box(table.concat(lines, "\n"), function(box)
		for i = 1, #cases do
			spec.same(#box:search(cases[i][2]), 0)
		end
		spec.fails("'colour' to 'search'", box.search, box, {colour = 1})
		spec.fails("'unseen' to 'search'", box.search, box,
			{unseen = false})
		spec.fails("'criteria' to 'search'", box.search, box, 3)
		for _, day in ipairs {"2026-02-29", "2026-1-1", "x", "1-Foo-2026",
			"2026-13-01", "31-Apr-2026", "1-Jan-2026 ALL"} do
			spec.fails("is no day", box.search, box, {on = day})
		end
	end)
end)

spec.test("search beyond ASCII goes as a literal", function()
	with_box([[
C: @ UID SEARCH CHARSET UTF-8 SEEN SUBJECT {6+}
C: Grüß
S: * SEARCH 4
S: @ OK]], function(box)
		spec.same(tostring(box:search {subject = "Grüß"; seen = true}), "4")
	end, "LITERAL+")
end)

spec.test("search: several literals in one command", function()
	with_box([[
C: @ UID SEARCH CHARSET UTF-8 FROM {6+}
C: Grüß SEEN SUBJECT {6+}
C: Grüß UNDRAFT
S: * SEARCH 4
S: @ OK]], function(box)
		spec.same(tostring(box:search {from = "Grüß", subject = "Grüß",
			seen = true, undraft = true}), "4")
	end, "LITERAL+")
end)

spec.test("sets of messages", function()
	with_box([[
C: @ UID SEARCH UNSEEN
S: * SEARCH 2 3 5
S: * SEARCH 9
S: @ OK
C: @ UID SEARCH SEEN
S: * ESEARCH (TAG "a3") UID ALL 3:4
S: @ OK]], function(box)
		local a, b = box:search "UNSEEN", box:search "SEEN"
		spec.same(tostring(a), "2:3,5,9")
		spec.same(tostring(a * b), "3")
		spec.same(tostring(a + b), "2:5,9")
		spec.same(tostring(a - b), "2,5,9")
		spec.same(#(a - b), 3)
	end)
end)

spec.test("a SEARCH answer that is none", function()
	for answer, message in pairs {
		["SEARCH 0 4294967296"] = "no UID", ["SEARCH -1"] = "no UID",
		["SEARCH 1:*"] = "no UID",
		["ESEARCH (TAG x) UID ALL 1:4294967295"] = "more messages",
	} do
		spec.raises("proto", message, with_box,
			"C: @ UID SEARCH ALL\nS: * " .. answer .. "\nS: @ OK",
			function(box) box:search "ALL" end)
	end
	with_box("C: @ UID SEARCH ALL\nS: * SEARCH 2 (MODSEQ 9)\nS: @ OK",
		function(box) spec.same(tostring(box:search "ALL"), "2") end)
end)

spec.test("fetch without bodies", function()
	with_box([[
C: @ UID FETCH 2:3 (UID FLAGS ENVELOPE)
S: * 1 FETCH (UID 2 FLAGS (\Seen))
S: * 1 FETCH (UID 2 ENVELOPE ("d" "s" (("N" NIL "m" "h")) NIL NIL NIL NIL NIL NIL "<i>"))
S: * 7 FETCH (FLAGS () UID 99)
S: * 2 FETCH (UID 3 FLAGS ())
S: * 2 FETCH (UID 3 ENVELOPE (NIL {2}
S: {} NIL NIL NIL NIL NIL NIL NIL NIL))
S: @ OK]], function(box)
		local got = {}
		for m in box:messages "2-3":fetch "FLAGS ENVELOPE" do
			got[#got + 1] = m
		end
		spec.same(#got, 2)
		spec.same(got[1].number, 1)
		spec.list(got[1].flags, {"\\Seen"})
		spec.same(got[1].envelope.from[1].address, "m@h")
		spec.same(got[1].envelope.from[1].name, "N")
		spec.same(got[1].envelope.message_id, "<i>")
		spec.same(got[2].envelope.subject, "{}")
		spec.same(got[2].envelope.from[1], nil)
	end)
end)

spec.test("fetch with bodies: in order, read or not", function()
	with_box([[
C: @ UID FETCH 2:5 (UID BODY.PEEK[])
S: * 1 FETCH (UID 2 BODY[] {5}
S: one
S: )
S: * 2 FETCH (BODY[] {5}
S: two
S:  UID 3)
S: * 2 FETCH (FLAGS (\Seen))
S: * 3 FETCH (UID 4 BODY[] "quoted")
S: * 4 FETCH (UID 5 BODY[] NIL)
S: @ OK]], function(box)
		local got = {}
		for m in box:messages "2-5":fetch "BODY.PEEK[]" do
			local body = m.body
			if m.uid == 2 or m.uid == 4 then
				body = body:text()
			end
			got[#got + 1] = m.uid .. (type(body) == "userdata" and
				#body or tostring(body))
			spec.same(m:is_sound(), true)
		end
		spec.list(got, {"2one\r\n", "35", "4quoted", "5nil"})
	end)
end)

spec.test("what stands in front of a body is known while it comes", function()
	with_box([[
C: @ UID FETCH 2 (UID FLAGS BODY.PEEK[])
S: * 1 FETCH (UID 2 FLAGS (\Seen) BODY[] {10}
S: one
SLOW
S: two
S:  RFC822.SIZE 10)
S: @ OK]], function(box)
		for m in box:messages "2":fetch "UID FLAGS BODY.PEEK[]" do
			spec.same(m.uid, 2)
			spec.list(m.flags, {"\\Seen"})
			spec.same(rawget(m, "whole"), nil)
			spec.same(m.size, 10)
			spec.same(m.whole, true)
			spec.same(m.body:text(), "one\r\ntwo\r\n")
		end
	end)
end)

spec.test("a body that is still coming is relayed whole", function()
	with_box([[
C: @ UID FETCH 2 (UID BODY.PEEK[])
S: * 1 FETCH (UID 2 BODY[] {10}
S: one
SLOW
S: two
S: )
S: @ OK]], function(box)
		local to = spec.peer("imap", [[
S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hello
C: a1 APPEND x {10+}
C: one
C: two
C:
S: a1 OK
C: a2 LOGOUT
S: * BYE
S: a2 OK]])
		to:meets(function(conn)
			for m in box:messages "2":fetch "UID BODY.PEEK[]" do
				spec.same(m.uid, 2)
				conn:append("x", m.body)
			end
		end)
	end)
end)

spec.test("a message without a last line end stays as it is", function()
	with_box([[
C: @ UID FETCH 2 (UID BODY.PEEK[])
S: * 1 FETCH (UID 2 BODY[] {3}
S: one)
S: @ OK]], function(box)
		spec.peer("imap", [[
S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hello
C: a1 APPEND x {3+}
C: one
S: a1 OK
C: a2 LOGOUT
S: * BYE
S: a2 OK]]):meets(function(conn)
			for m in box:messages "2":fetch "UID BODY.PEEK[]" do
				m:complete()
				conn:append("x", m.body)
			end
		end)
	end)
end)

spec.test("what comes in place of a message is not sound", function()
	for _, response in ipairs {
		"S: * 1 FETCH (UID 8 BODY[] {3}\nS: abc)",
		"S: * 1 FETCH (BODY[] {3}\nS: abc)",
		"S: * 1 FETCH (UID 2 BODY[] {3}\nS: abc and more)",
		"S: * 1 FETCH (UID 2 BODY[HEADER] {3}\nS: abc)",
		"S: * 1 FETCH (UID 2 BODY[]<0> {3}\nS: abc)",
		"S: * 1 FETCH (UID 2 RFC822 {3}\nS: abc)",
	} do
		with_box("C: @ UID FETCH 2 (UID BODY.PEEK[])\n" .. response ..
			"\nS: @ OK", function(box)
			for m in box:messages "2":fetch "UID BODY.PEEK[]" do
				spec.same(m.body:read(3), "abc")
				spec.same(m:is_sound(), false)
			end
		end)
	end
end)

spec.test("the part asked for is sound", function()
	for items, part in pairs {
		["BODY.PEEK[1.MIME]"] = "BODY[1.MIME]", ["RFC822.TEXT"] = "RFC822.TEXT",
		["BODY[]<5.100>"] = "BODY[]<5>", ["BINARY.PEEK[1]"] = "BINARY[1]",
		["BODY[HEADER.FIELDS (To)]"] = 'BODY[HEADER.FIELDS ("To")]',
	} do
		with_box("C: @ UID FETCH 2 (UID " .. items .. ")\n" ..
			"S: * 1 FETCH (UID 2 " .. part .. " {3}\nS: abc)\nS: @ OK",
			function(box)
				for m in box:messages "2":fetch(items) do
					spec.same(m.body:read(3), "abc")
					spec.same(m:is_sound(), true)
				end
			end)
	end
end)

spec.test("a refused fetch is raised, also in the middle", function()
	spec.raises("refused", "UID FETCH.*disk trouble", with_box, [[
C: @ UID FETCH 2:3 (UID BODY.PEEK[])
S: * 1 FETCH (UID 2 BODY[] {3}
S: abc)
S: @ NO disk trouble]], function(box)
		for m in box:messages "2-3":fetch "UID BODY.PEEK[]" do
			m.body:text()
		end
	end)
end)

spec.test("store, copy, move", function()
	with_box([[
C: @ UID STORE 2:3 +FLAGS.SILENT (\Flagged x)
S: @ OK
C: @ UID COPY 2:3 Archive
S: @ OK
C: @ UID MOVE 2:3 Archive
S: @ OK]], function(box)
		local set = box:messages "2-3"
		set:store("+", "\\Flagged", "x")
		set:copy "Archive"
		set:move "Archive"
		spec.fails("'how' to 'store'", set.store, set, "x", "y")
	end, "MOVE")
end)

spec.test("delete: just these, by UID", function()
	with_box([[
C: @ UID STORE 2,4 +FLAGS.SILENT (\Deleted)
S: @ OK
C: @ UID EXPUNGE 2,4
S: * 2 EXPUNGE
S: * 3 EXPUNGE
S: @ OK]], function(box)
		box:messages "2,4":delete()
		box:messages():delete()
	end)
end)

spec.test("delete without UIDPLUS: if no other is marked", function()
	with_box([[
C: @ UID SEARCH DELETED
S: * SEARCH 2
S: @ OK
C: @ UID STORE 2 +FLAGS.SILENT (\Deleted)
S: @ OK
C: @ UID SEARCH DELETED
S: * SEARCH 2
S: @ OK
C: @ EXPUNGE
S: * 2 EXPUNGE
S: @ OK]], function(box)
		box:messages "2":delete()
	end, "IDLE")
end)

spec.test("delete without UIDPLUS: others marked, before or since", function()
	local function fails(text)
		spec.raises("refused", "1 other", with_box, text,
			function(box) box:messages "2":delete() end, "IDLE")
	end
	fails "C: @ UID SEARCH DELETED\nS: * SEARCH 7\nS: @ OK"
	fails [[
C: @ UID SEARCH DELETED
S: * SEARCH
S: @ OK
C: @ UID STORE 2 +FLAGS.SILENT (\Deleted)
S: @ OK
C: @ UID SEARCH DELETED
S: * SEARCH 2 7
S: @ OK
C: @ UID STORE 2 -FLAGS.SILENT (\Deleted)
S: @ OK]]
end)

spec.test("delete: a refused STORE is taken back, nothing expunged", function()
	spec.raises("refused", "not yours", with_box, [[
C: @ UID STORE 2 +FLAGS.SILENT (\Deleted)
S: @ NO not yours
C: @ UID STORE 2 -FLAGS.SILENT (\Deleted)
S: @ NO not yours]], function(box) box:messages "2":delete() end)
end)

spec.test("delete: of what is not expunged the marks are taken back", function()
	spec.raises("refused", "not now", with_box, [[
C: @ UID STORE 2,4 +FLAGS.SILENT (\Deleted)
S: @ OK
C: @ UID EXPUNGE 2,4
S: * 1 EXPUNGE
S: @ NO not now
C: @ UID STORE 2,4 -FLAGS.SILENT (\Deleted)
S: @ OK]], function(box) box:messages "2,4":delete() end)
end)

spec.test("delete: another UIDVALIDITY means other messages", function()
	with_box([[
C: @ NOOP
S: * OK [UIDVALIDITY 8] new
S: @ OK]], function(box, conn)
		conn:noop()
		spec.raises("use", "UIDVALIDITY", function()
			box:messages "2":delete()
		end)
	end)
end)

spec.test("append", function()
	talk([[
C: @ APPEND Drafts (\Draft \Seen) "1-Jan-2026 00:00:00 +0000" {6+}
C: text
C:
S: @ OK [APPENDUID 38505 3955] done]], function(conn)
		local validity, uid = conn:append("Drafts", "text\r\n", {
			flags = {"\\Draft", "\\Seen"},
			date = "1-Jan-2026 00:00:00 +0000"})
		spec.same(validity, 38505)
		spec.same(uid, 3955)
	end, "LITERAL+ UIDPLUS")
end)

spec.test("idle gives what comes", function()
	with_box([[
C: @ IDLE
S: + idling
SLOW
S: * 10 EXISTS
C: DONE
S: @ OK]], function(box, conn)
		local events = conn:idle(5)
		spec.same(events[1].name, "EXISTS")
		spec.same(events[1].number, 10)
		spec.same(box.exists, 9)
	end, "IDLE")
end)

spec.test("idle ends in time", function()
	with_box("C: @ IDLE\nS: + idling\nC: DONE\nS: @ OK",
		function(_, conn)
			spec.same(#conn:idle(0.02), 0)
		end, "IDLE")
end)

spec.test("idle: what came before is not waited for", function()
	with_box([[
C: @ NOOP
S: * 10 EXISTS
S: @ OK
C: @ NOOP
S: * 11 EXISTS
S: @ OK]], function(_, conn)
		conn:noop()
		spec.same(conn:idle(5)[1].number, 10)
		conn:noop()
		spec.same(conn:event().number, 11)
	end, "IDLE")
end)

spec.test("idle is begun anew, for as long as it takes", function()
	with_box([[
C: @ IDLE
S: + idling
C: DONE
S: @ OK
C: @ IDLE
S: * 10 EXISTS
S: + idling
C: DONE
S: @ OK]], function(box)
		local events = box:idle(nil, {every = 0.05})
		spec.same(events[1].number, 10)
	end, "IDLE")
end)

spec.test("idle: functions of conn:on hear of it, too", function()
	with_box([[
C: @ IDLE
S: + idling
SLOW
S: * 10 EXISTS
C: DONE
S: @ OK]], function(box, conn)
		local heard
		conn:on("EXISTS", function(_, event) heard = event.number end)
		spec.same(box:idle(5)[1].number, 10)
		spec.same(heard, 10)
	end, "IDLE")
end)

spec.test("idle ends when the script wants it", function()
	with_box("C: @ IDLE\nS: + idling\nC: DONE\nS: @ OK",
		function(box)
			local over = false
			postel.spawn(function()
				postel.sleep(0.05)
				over = true
			end)
			local began = os.time()
			spec.same(#box:idle(5, {wake = function()
				return over
			end}), 0)
			spec.same(os.time() - began < 4, true)
		end, "IDLE")
end)

spec.test("without IDLE the server is asked now and then", function()
	with_box([[
C: @ NOOP
S: @ OK
C: @ NOOP
S: * 11 EXISTS
S: @ OK]], function(box)
		spec.same(box:idle(5, {every = 0.02})[1].number, 11)
	end)
end)

spec.test("a server that does not know IDLE after all", function()
	with_box([[
C: @ IDLE
S: @ BAD no such command
C: @ NOOP
S: * 11 EXISTS
S: @ OK]], function(box)
		spec.same(box:idle(5, {every = 0.02})[1].number, 11)
	end, "IMAP4rev2")
end)

spec.test("idle that is refused, or ended by the server", function()
	with_box("C: @ IDLE\nS: @ NO not here", function(box)
		spec.raises("refused", "not here", box.idle, box, 5)
	end, "IDLE")
	local peer = spec.peer("imap", script("IDLE", SELECT .. [[
C: @ IDLE
S: + idling
S: * BYE going down
CLOSE]]))
	peer:meets(function(conn)
		local box = conn:select "INBOX"
		spec.raises("closed", "", box.idle, box, 5)
	end)
end)

spec.test("idle: a connection that is dead is found", function()
	local peer = spec.peer("imap", script("IDLE", SELECT .. [[
C: @ IDLE
S: + idling
C: DONE
S: * OK and no more]]), {timeout = 0.2})
	peer.options.timeout = 0.2
	local ok, e = pcall(peer.meets, peer, function(conn)
		local box = conn:select "INBOX"
		box:idle(5, {every = 0.05})
	end)
	spec.same(ok, false)
	spec.same(tostring(e):find "no word from the server" ~= nil, true)
end)

spec.test("events reach those who listen", function()
	with_box("C: @ NOOP\nS: * 10 EXISTS\nS: * 1 RECENT\nS: @ OK",
		function(_, conn)
			local seen = {}
			conn:on("EXISTS", function(c, event)
				spec.same(c, conn)
				seen[#seen + 1] = event.name .. event.number
			end)
			conn:on("*", function(_, event)
				seen[#seen + 1] = "*" .. event.name
			end)
			conn:noop()
			postel.sleep(0)
			postel.sleep(0.001)
			spec.list(seen, {"EXISTS10", "*EXISTS", "*RECENT"})
		end)
end)

spec.test("namespace, id, enable", function()
	talk([[
C: @ NAMESPACE
S: * NAMESPACE (("" "/")) NIL (("shared/" "/"))
S: @ OK
C: @ ID ("name" "spec")
S: * ID ("name" "sample" "version" NIL)
S: @ OK
C: @ ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: @ OK]], function(conn)
		local ns = conn:namespace()
		spec.same(ns.personal[1][2], "/")
		spec.same(ns.other, false)
		spec.same(ns.shared[1][1], "shared/")
		spec.same(conn:id({name = "spec"}).name, "sample")
		spec.same(conn:enable("UTF8=ACCEPT")["UTF8=ACCEPT"], true)
	end, "NAMESPACE ID ENABLE")
end)

spec.test("commands in flight in several tasks", function()
	with_box([[
C: @ NOOP
S: @ OK one
C: @ NOOP
S: @ OK two]], function(_, conn)
		local got = {}
		postel.each({1, 2}, 1, function(i)
			got[i] = conn:noop().text
		end)
		spec.list(got, {"one", "two"})
	end)
end)

return spec.done()
