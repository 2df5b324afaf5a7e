"""The library in Lua, method by method, on Dovecot, Exim and posteld: what a
script did is read by the tests' own code."""

import email
import imaplib

import mails
from harness import LiveCase
from servers import Dovecot, Exim, Posteld

SAME = """
local function same(got, wanted, what)
	if got ~= wanted then
		error(("%s: %s, not %s"):format(what or "", tostring(got),
			tostring(wanted)), 2)
	end
end
"""

IMAP = SAME + """
local imap <close> = postel.connect(arg[1])
local NAME, SUB = "\u00c9t\u00e9 & Cie", "\u00c9t\u00e9 & Cie/sous"
local space = imap:namespace()
same(space.personal[1][2], "/", "delimiter")
assert(imap:id().name:lower():find(arg[2]), "id")
local on = imap:enable(arg[3])
assert(on[arg[3]], "enable")

-- mailboxes
imap:create(NAME); imap:create(SUB); imap:create "gone"
imap:rename("gone", "moved here")
imap:delete "moved here"
imap:create "other"
local found = {}
for _, m in ipairs(imap:list()) do
	found[m.name] = m.delimiter
end
same(found[SUB], "/", "list")
same(found["moved here"], nil, "list")
local only = imap:list("\u00c9%")
same(#only, 1); same(only[1].name, NAME)

-- append, with flags and date; also from a function
for i = 1, 6 do
	local n = 0
	local validity, uid = imap:append(NAME, i < 6 and ("Subject: %d\\r\\n\\r\\n%d\\r\\n")
		:format(i, i) or postel.body(function()
			n = n + 1
			return ({"Subject: 6\\r\\n", "\\r\\n6\\r\\n"})[n]
		end), {flags = i % 2 == 0 and {"\\\\Seen", "$Work"} or {"\\\\Flagged"},
		date = ("0%d-Feb-2021 10:11:12 +0000"):format(i)})
	same(uid, i, "APPENDUID")
	assert(validity > 0)
end
local counts = imap:status(NAME)
same(counts.messages, 6); same(counts.unseen, 3); same(counts.uidnext, 7)
same(imap:status(NAME, "MESSAGES").unseen, nil)

-- sets
local box = imap:select(NAME)
same(box.exists, 6); same(box.read_only, false)
local seen, old = box:search {seen = true}, box:search {before = "4-Feb-2021"}
same(tostring(seen), "2,4,6"); same(tostring(old), "1:3")
same(tostring(seen * old), "2"); same(tostring(seen + old), "1:4,6")
same(tostring(seen - old), "4,6"); same(#(seen - old), 2)
same(tostring(box:search {["not"] = {uid = seen}, larger = 5}), "1,3,5")
same(tostring(box:search {["or"] = {{subject = "3"}, {keyword = "$Work"}}}),
	"2:4,6")
same(#box:search {uid = seen * box:messages "1"}, 0)
same(#box:search {subject = "\u00e9"}, 0)

-- fetch
local dates, texts = {}, {}
for m in (seen + 5):fetch "FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]" do
	texts[m.uid], dates[m.uid] = m.body:text(), m.internaldate
	same(#texts[m.uid], m.size)
	assert(m:is_sound())
end
same(texts[6], "Subject: 6\\r\\n\\r\\n6\\r\\n"); same(texts[1], nil)
assert(dates[2]:find "2%-Feb%-2021 10:11:12 %+0000", dates[2])
for m in box:fetch("5", "ENVELOPE BODYSTRUCTURE") do
	same(m.envelope.subject, "5"); assert(m.structure)
end

-- store, copy, move, delete, on sets
box:messages("1,3"):store("+", "\\\\Answered"):store("-", "\\\\Flagged")
box:messages "5":store("", "\\\\Draft")
seen:copy(SUB)
box:messages {1}:move "other"
local two = box:messages "2:3" + 99
two:delete()
same(tostring(box:search()), "4:6")
box:messages "4":store("+", "\\\\Deleted")
box:messages "4,5":expunge()
same(tostring(box:search()), "5:6")

-- events: another connection appends
local heard, second <close> = {}, postel.connect(arg[1])
imap:on("EXISTS", function(_, event) heard[#heard + 1] = event.number end)
second:append(NAME, "Subject: new\\r\\n\\r\\n")
imap:noop()
postel.sleep(0.05)
same(heard[#heard], 3, "EXISTS by NOOP")
local pinger = postel.spawn(function()
	postel.sleep(0.2)
	second:append(NAME, "Subject: newer\\r\\n\\r\\n")
end)
local began, told = os.time(), nil
for _, event in ipairs(imap:idle(10)) do
	told = event.name == "EXISTS" and event.number or told
end
assert(os.time() - began < 9, "IDLE waits although something came")
pinger:join()
same(told, 4, "EXISTS by IDLE")

-- leaving
box:unselect()
same(pcall(box.search, box), false)
local readonly = imap:examine(SUB)
same(readonly.read_only, true); same(#readonly:search(), 3)
same(imap:current().name, SUB)
local ok, e = pcall(function() imap:create(SUB) end)
same(ok, false); same(e.kind, "refused"); same(postel.status(e), 6)
same(imap:logout().ok, true)
print "fine"
"""

# Bodies of one connection's reply given to another, and to folders.
RELAY = SAME + """
local pop <close> = postel.connect(arg[1])
local imap <close> = postel.connect(arg[2])
local lmtp <close> = postel.connect(arg[3])
local count, octets = pop:stat()
same(count, 5)
local sizes, uids, sum = pop:list(), pop:uidl(), 0
for n = 1, count do
	sum = sum + sizes[n]
	same(pop:list(n), sizes[n]); same(pop:uidl(n), uids[n])
end
same(sum, octets)
local whole = pop:retr(1):text()
same(pop:top(1, 0):text(), whole:match "^.-\\r\\n\\r\\n", "TOP")
pop:noop()
pop:dele(1); pop:dele(2)
same((pop:stat()), 3)
pop:rset()
same((pop:stat()), 5)

imap:create "copies"
imap:append("copies", pop:retr(1), {flags = {"\\\\Seen"}})
same(#lmtp:mail {from = "", to = "obelix", body = pop:retr(2)}
	.accepted, 1)
local maildir <close> = postel.maildir("maildir", {create = true})
local mbox = postel.mbox "mbox"
for m in pop:messages "3-5" do
	same(m.uid, uids[m.number])
	maildir:append(m.body, {flags = {"\\\\Seen"}, date = 1000000000 + m.number})
end
for m in imap:examine "copies":search():fetch "BODY.PEEK[]" do
	mbox:append(m.body, {date = 1000000000})
end
for m in maildir:messages() do
	mbox:append(m.body)
	same(m.flags[1], "\\\\Seen")
end
same(#maildir, 3)
local again = {}
for m in mbox:messages() do
	again[m.number] = m.body:text()
	same(m.number > 1 or m.date == 1000000000, true)
end
same(#again, 4)
same(again[1], (whole:gsub("\\r\\n", "\\n")))
pop:messages(3)():delete()
same(pop:quit().ok, true)

-- tasks: several connections at once
local names = {}
postel.each({1, 2, 3, 4}, 3, function(_, i)
	local c <close> = postel.connect(arg[2])
	names[i] = c:status("copies").messages
end)
same(table.concat(names), "1111")
local a = postel.spawn(function() return imap:status("copies").messages end)
local b = postel.spawn(function() error "mine" end)
same(a:join(), 1)
local ok, e = pcall(postel.join, a, b)
assert(not ok and e:find "mine")
print "fine"
"""

SMTP = SAME + """
local smtp <close> = postel.connect(arg[1])
same(smtp:noop().ok, true); same(smtp:rset().ok, true)
assert(smtp:help().number == 214)
local ok, reply = pcall(smtp.vrfy, smtp, "asterix@mail.test")
assert(ok and (reply.number == 250 or reply.number == 252) or
	not ok and reply.kind == "refused")
ok, reply = pcall(smtp.expn, smtp, "nobody-there")
same(not ok and reply.kind, "refused")
local result = smtp:mail {from = "a@mail.test", partial = true,
	to = {"asterix@mail.test", "nobody@mail.test"},
	body = "Subject: one\\r\\n\\r\\n.dot\\r\\n"}
same(#result.accepted, 1); same(#result.refused, 1)
same(result.refused[1].address, "nobody@mail.test")
local e
ok, e = pcall(smtp.mail, smtp, {from = "", to = "nobody@mail.test", body = "x"})
same(ok, false); same(e.kind, "refused"); same(e.temporary, false)
smtp:quit()
same(smtp.is_open, false)
print "fine"
"""


class Library(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot())
        cls.posteld = cls.with_server(Posteld())
        cls.exim = cls.with_server(Exim())

    def script(self, text, *arguments):
        self.home.file("script.lua", text)
        result = self.done("./script.lua", *arguments, timeout=30)
        self.assertEqual(result.out, b"fine\n", result)

    def test_imap(self):
        for server, name, extension in (
                (self.dovecot, "dovecot", "CONDSTORE"),
                (self.posteld, "posteld", "IMAP4REV2")):
            with self.subTest(name):
                self.script(IMAP, server.url("imap"), name, extension)
                self.check_imap(server)

    def check_imap(self, server):
        """The same by an independent client."""
        with imaplib.IMAP4("127.0.0.1", server.imap) as c:
            c.login("asterix", "gaul")

            def of(mailbox):
                c.select(f'"{mailbox}"', readonly=True)
                data = c.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER])")[1]
                return {email.message_from_bytes(d[1])["Subject"]:
                        set(imaplib.ParseFlags(d[0])) - {b"\\Recent"}
                        for d in data if isinstance(d, tuple)}
            name = "&AMk-t&AOk- &- Cie"
            self.assertEqual(of(name), {
                "5": {b"\\Draft"}, "6": {b"\\Seen", b"$Work"},
                "new": set(), "newer": set()})
            self.assertEqual(set(of(name + "/sous")), {"2", "4", "6"})
            self.assertEqual(of("other"), {"1": {b"\\Answered"}})

    def test_relay(self):
        for server in (self.dovecot, self.posteld):
            with self.subTest(server.name):
                inbox = server.inbox("obelix")
                contents = mails.messages(5)
                for content in contents:
                    inbox.put(content)
                lmtp = f"lmtp://127.0.0.1:{server.lmtp}"
                self.script(RELAY, server.url("pop3", "obelix"),
                            server.url("imap", "obelix"), lmtp)
                left = [mails.unix(c) for c in inbox.contents()]
                wanted = [mails.unix(c) for c in contents]
                for n in (0, 1, 3, 4):
                    self.assertIn(wanted[n], left)
                self.assertNotIn(wanted[2], left)
                # What LMTP has delivered has a header more.
                self.assertEqual(
                    sum(c.endswith(wanted[1]) for c in left), 2)
                copies = server.inbox("obelix", "copies")
                self.assertEqual([mails.unix(c) for c in copies.contents()],
                                 wanted[:1])
                self.assertIn("S", copies.files()[0].name.split(":2,")[1])
                maildir = self.home.path / "maildir" / "cur"
                files = sorted(maildir.iterdir())
                self.assertEqual([mails.unix(f.read_bytes()) for f in files],
                                 wanted[2:])
                self.assertEqual([int(f.stat().st_mtime) for f in files],
                                 [1000000003, 1000000004, 1000000005])
                for name in ("maildir", "mbox"):
                    (self.home.path / name).rename(
                        self.home.path / f"{name}-{server.name}")

    def test_smtp(self):
        for server in (self.exim, self.posteld):
            with self.subTest(server.name):
                self.script(SMTP, f"smtp://127.0.0.1:{server.smtp}")
        inbox = self.exim.wait_delivered("asterix", 1)
        self.assertTrue(inbox.contents()[0].endswith(
            b"Subject: one\n\n.dot\n"))
        self.assertIn(b"\n.dot\n", mails.unix(
            self.posteld.inbox("asterix").contents()[0]))
