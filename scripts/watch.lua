-- watch: waits for mail in several mailboxes of several accounts, and has a command
-- or a function deal with each new message.

local account = require "postel.account"
local arrivals = require "postel.arrival"
local connect = require "postel.connect"
local core = require "postel.core"
local errors = require "postel.errors"
local handled = require "postel.handled"
local job = require "postel.job"
local login = require "postel.login"
local mailboxes = require "postel.mailboxes"
local slots = require "postel.slots"
local task = require "postel.task"
local watcher = require "postel.watcher"

-- So many connections are made at a time, and so many mailboxes can be watched.
local CONNECTING, MOST = 8, 500
-- When all is to end: how long commands, and whatever else is under way, may take, and
-- how long commands may behind SIGTERM, in seconds.
local GRACE, GRACE_ELSE, GRACE_TERM = 10, 2, 2

local o = postel.args(arg, {
	name = "watch",
	about = core.text("Waits for new mail in mailboxes, and runs a command or a Lua " ..
		"function for each message."),
	notes = core.text [[
Without --run and --call each new message is a line: date, mailbox, sender, subject.

A command gets the message on its standard input, and POSTEL_MAILBOX, POSTEL_UID,
POSTEL_UIDVALIDITY, POSTEL_FROM, POSTEL_SUBJECT, POSTEL_MESSAGE_ID, POSTEL_DATE,
POSTEL_SIZE, POSTEL_ACCOUNT and POSTEL_URL in its environment.  A Lua file returns
a function(message, box): the message as fetch() gives it, with its body, and with
from and subject decoded; and its mailbox.

In each mailbox one message comes after the other.  One is done when its command has
ended with 0, or its function without an error; else it is tried again, with pauses,
and then left, for the next run with a journal.

New is what comes from now on; with --since-last, what has come since the last message
that was done, which a journal remembers from the first such run on.  If the program
is killed, the message that it was at is dealt with again.  Nothing is changed at the
server, but by your function.

A connection that is lost is made again, with pauses, and nothing that came meanwhile
is missed.

Exit status: 0 at the end of --once and at SIGTERM, 130 at SIGINT; 7 or 10 if all or
some messages were left, 10 also if some mailboxes could not be watched.]],
	{"URL...", core.text "imap[s]://user@host[/mailbox], or accounts of init.lua"},
	{"--mailbox=NAME", core.text "where a URL has none: INBOX, Work/*; may be repeated",
		many = true, more = false},
	{"--exclude=NAME", core.text "all but these; may be repeated", many = true,
		more = false},
	{"--run=COMMAND", core.text "for the shell; gets the message"},
	{"--call=FILE", core.text "Lua that returns a function(message, box)"},
	{"--jobs=N", core.text "deal with so many messages at a time (4)"},
	{"--tries=N", core.text "how often each is tried (5)"},
	{"--pause=S", core.text "seconds until the first repeat; then twice as many (1)",
		number = true},
	{"--every=S", core.text("begin IDLE anew after so many seconds (300); " ..
		"without IDLE, look so often (60)"), number = true},
	{"--since-last", core.text "what has come since the last run, too"},
	{"--unseen", core.text "those that are unread now, too"},
	{"--once", core.text "deal with what is there since the last run, and end"},
	{"--journal=FOLDER", core.text "where the journals are; else in the state folder"},
	{"--json", core.text "lines and the summary in JSON"},
	{"-n", "--dry-run", core.text "run nothing; show what would"},
})

-- ---- arguments ----

local function whole(option, value, default)
	return value and job.whole("watch", option, value, 1, 1000) or default
end

-- The function of --call.
local function load_function(path)
	local chunk, problem = loadfile(path, "t")
	local fn = chunk and chunk()
	if type(fn) ~= "function" then
		errors.raise("usage", "watch: %s", problem or errors.text(
			"%s returns no function", path))
	end
	return fn
end

if o.run and o.call then
	errors.raise("usage", "watch: --run and --call exclude each other")
end
local called = o.call and load_function(o.call)
local keeps_journal = o.since_last or o.once or o.journal
local folder = o.journal and (o.journal:find "^[/.]" and o.journal or
	"./" .. o.journal) or "watch"

-- What is watched: account (its name for people), target, url (without a password),
-- mailbox if there is only that, and the password if a person knows it.
local function parse(text)
	local spec = connect.named(text)
	if spec.protocol ~= "imap" then
		errors.raise("usage", "watch: %s is no IMAP account", core.vis(text))
	end
	local name = spec.account or (spec.user and spec.user .. "@" or "") ..
		(spec.service and spec.host or job.label(spec))
	return {account = name, target = text, mailbox = spec.mailbox, spec = spec,
		url = spec.account and account.describe(text) or
			core.url_text(text)}
end

local accounts = {}
for i, text in ipairs(o.URL) do
	accounts[i] = parse(text)
end

-- ---- what is done with a message ----

-- Standard output is for what comes, unless a command has it.
local run = job.run("watch", o, {summary = not o.json and io.stderr or nil})
run.left = 0
local processes = {} -- that are under way
local ended          -- an error that ends all

local function write(text)
	if not io.stdout:write(text, "\n") or not io.stdout:flush() then
		errors.raise("sys", "cannot write to standard output")
	end
end

local function show(self, box, arrival, extra)
	if o.json then
		local object = arrivals.object(arrival, self:place(box))
		for key, value in pairs(extra or {}) do
			object[key] = value
		end
		write(postel.json(object))
	elseif not o.run and not called or postel.options.dry_run then
		write(arrivals.line(arrival, #accounts > 1 and self.label or
			self.mailbox))
	end
end

-- The message as a file that is at its beginning; nil if it is gone.
local function fetch_file(box, uid)
	local step = box:messages(uid):fetch "UID BODY.PEEK[]"
	local m = step()
	if not m then
		return nil
	end
	local file = io.tmpfile()
	if not file then
		errors.raise("sys", "cannot make a temporary file")
	end
	postel.body(m.body or ""):write_to(file)
	if not m:is_sound() then
		file:close()
		errors.raise("proto", "%s: the server sent another " ..
			"message than was asked for", box.conn.name)
	end
	local is_there = m.body
	step() -- to the end of the reply
	return is_there and file
end

-- Runs the command, and gives what went wrong.
local function run_command(self, box, arrival)
	local file = arrival.file or fetch_file(box, arrival.uid)
	if not file then
		return nil
	end
	arrival.file = file
	file:seek "set" -- a command that has read it has moved that
	local process <close> = postel.start(o.run, {
		files = {[0] = file, [1] = o.json and io.stderr or nil},
		env = arrivals.environment(arrival, self:place(box)),
	})
	processes[process] = true
	self:wait(box.conn, function() return process:status() ~= nil end)
	processes[process] = nil
	local status = process:status()
	return status ~= 0 and
		errors.text("the command ended with status %d", status) or nil
end

-- Calls the function for the message, whose body it may read or leave.
local function call_function(box, arrival)
	for m in box:messages(arrival.uid):fetch
		"UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]" do
		m.envelope, m.subject = arrival.envelope, arrival.subject
		m.from, m.date = arrival.from, arrival.date
		m.mailbox = box.name
		local ok, e = pcall(called, m, box)
		if m.body then
			m.body:close()
		end
		if not ok then
			error(e, 0)
		end
	end
end

local function deal(self, box, arrival)
	if postel.options.dry_run then
		show(self, box, arrival, {would = o.run or o.call})
		if not o.json and (o.run or o.call) then
			write("  " .. errors.text("would run %s",
				core.vis(o.run or o.call)))
		end
		return nil
	end
	local ok, problem = pcall(function()
		if o.run then
			return run_command(self, box, arrival)
		elseif called then
			return call_function(box, arrival)
		end
	end)
	if not ok then
		-- Without the connection nothing is known of the message.
		if errors.is(problem, "exit", "cancel") or not box.conn.is_open then
			error(problem, 0)
		end
		problem = tostring(problem)
	end
	show(self, box, arrival, {error = problem})
	return problem
end

-- ---- watching ----

local function stopping()
	return ended ~= nil or core.signalled() ~= nil
end

local all = {
	run = run, deal = deal, stopping = stopping,
	slots = slots.slots(whole("--jobs", o.jobs, 4)),
	tries = whole("--tries", o.tries, 5),
	connecting = slots.slots(CONNECTING),
	every = o.every, pause = o.pause, once = o.once, unseen = o.unseen,
	writable = called ~= nil and not postel.options.dry_run,
	trying = 0,
}
local watchers, active, finding, failures = {}, 0, 0, {}

-- Tells what has failed, as soon as anything goes well: else the first failure is how
-- the script ends.
local told = 0
local function tell_failures(first)
	for i = math.max(first, told + 1), #failures do
		run:note(tostring(failures[i]), true)
	end
	told = #failures
end

-- Starts fn() as a task; what it raises is told, and the others go on.
local function spawn(fn)
	active = active + 1
	all.trying = all.trying + 1
	task.spawn(function()
		local ok, e = pcall(fn)
		active = active - 1
		if ok then
			return
		elseif type(e) ~= "table" or errors.is(e, "sys", "exit") then
			ended = ended or e
		elseif not errors.is(e, "cancel") then
			failures[#failures + 1] = e
			if run.connected then
				tell_failures(1)
			end
		end
	end)
end

local function watch_mailbox(a, mailbox)
	local label = a.account .. "/" .. mailbox
	if watchers[label] then
		return
	end
	watchers[label] = true
	run.mailboxes = run.mailboxes + 1
	if run.mailboxes > MOST then
		errors.raise("usage", "watch: more than %d mailboxes", MOST)
	end
	spawn(function()
		local path = keeps_journal and ("%s/%s/%s"):format(folder,
			job.file_name(a.account), job.file_name(mailbox))
		local ok, journal = pcall(handled.handled, path or nil,
			postel.options.dry_run)
		if not ok then
			all.trying = all.trying - 1
			error(journal, 0)
		end
		watchers[label] = watcher.watcher {all = all, account = a.account,
			url = a.url, target = a.target, password = a.password,
			mailbox = mailbox, handled = journal}
		watchers[label]:watch()
	end)
end

-- Finds the mailboxes that fit the patterns, and has them watched.
local function find_mailboxes(a)
	local found
	watcher.persist(all, a.account, function(attempts)
		local conn <close> = watcher.open(all, a.target,
			{name = a.account, password = a.password})
		if conn then
			attempts:up()
			found = mailboxes.account(conn):list(o.mailbox, o.exclude)
		end
	end)
	if found and #found == 0 then
		errors.raise("refused", "%s: no mailbox fits", a.account)
	end
	for _, m in ipairs(found or {}) do
		watch_mailbox(a, m.name)
	end
end

-- Ends what is under way, and is patient with commands.
local function wind_up()
	local began, patient = core.now(), false
	local function over() return active == 0 end
	local function wait_until(due)
		task.wait(over, math.min(due, core.now() + 0.1))
	end
	while not over() and core.now() - began < (next(processes) and GRACE or
		GRACE_ELSE) do
		if next(processes) and not patient and core.now() - began > 0.2 then
			run:note(errors.text "waiting for commands to end")
			patient = true
		end
		wait_until(began + GRACE)
	end
	for process in pairs(processes) do
		process:signal "TERM"
	end
	local due = core.now() + GRACE_TERM
	while next(processes) and core.now() < due do
		wait_until(due)
	end
	for _, w in pairs(watchers) do
		if w ~= true then
			w:drop()
		end
	end
	task.wait(over, core.now() + 0.2)
end

local function watch()
	local asked = {}
	for _, a in ipairs(accounts) do
		asked[a.account] = asked[a.account] or login.ask_once(a.spec)
		a.password = asked[a.account]
	end
	core.catch_signals()
	for _, a in ipairs(accounts) do
		if a.mailbox or not (o.mailbox or o.exclude) then
			watch_mailbox(a, a.mailbox or "INBOX")
		else
			finding = finding + 1
			spawn(function()
				local ok, e = pcall(find_mailboxes, a)
				finding = finding - 1
				return ok or error(e, 0)
			end)
		end
	end
	task.wait(function() return active == 0 or stopping() or
		run.connected and all.trying == 0 and finding == 0 end)
	tell_failures(run.connected and 1 or 2)
	if active > 0 and not stopping() and not o.once then
		run:note(core.plural("watching %d mailbox", "watching %d mailboxes",
			active):format(active))
	end
	task.wait(function() return active == 0 or stopping() end)
	wind_up()
	if ended or not run.connected and failures[1] then
		error(ended or failures[1], 0)
	end
end

-- The exit status, all having been told.
local function status()
	local of_messages = run:status()
	if core.signalled() == "INT" then
		return 130
	elseif #failures > 0 and #failures >= run.mailboxes then
		return postel.status(failures[1])
	end
	return #failures > 0 and 10 or of_messages
end

run:finish(pcall(watch))
-- What still has not ended is not waited for.
postel.exit(status())
