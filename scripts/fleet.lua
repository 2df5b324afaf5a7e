-- fleet: a script for each account of a list, several at a time.
--
-- Each is a process of its own, so that one that fails, or is killed, is one account's
-- affair.  Which have ended how is on disk before the next one counts.

local accounts = require "postel.accounts"
local core = require "postel.core"
local errors = require "postel.errors"
local fleet = require "postel.fleet"
local job = require "postel.job"
local joblog = require "postel.joblog"
local progress = require "postel.progress"
local task = require "postel.task"

-- Accounts that wait for their next attempt; while there are more, no new ones begin.
local WAITING_MAX = 1000

-- Pauses before an account is tried again, in seconds.
local FIRST_PAUSE, LONGEST_PAUSE = 5, 300

-- What is interrupted has so long to end by itself, and then to end, in seconds.
local GRACE, MOMENT = 30, 5

local INTERRUPTED = 130

-- The command stands behind "--": its options are its own.
local function split_arguments()
	for i, word in ipairs(arg) do
		if word == "--" then
			return table.move(arg, 1, i - 1, 1, {}),
				table.move(arg, i + 1, #arg, 1, {})
		end
	end
	return arg, {}
end

local ours, words = split_arguments()
local o = postel.args(ours, {
	name = "fleet",
	about = core.text "Runs a script for each account of a list, several at a time.",
	notes = core.text [[
The list is CSV, and its first line names the columns.  {NAME} in a word of the
command stands for the field of that column, with percent escapes where the word is a
URL, {{ for a brace.  The script is one of postel's (copy, backup, restore, transfer,
purge, send, inbox, report) or a file:

  postel fleet accounts.csv --jobs=8 --log=fleet.log -- \
      copy imaps://{user}@old.example.org imaps://{new_user}@new.example.org

The columns password, password2 and so on have the passwords of the first, the second
URL with a user in the command; they get to it by a descriptor, and stand in no command
line.  Without them, or where they are empty, --password-command='pass {user}' and its
kin, or ~/.netrc, have them.

With --log and --resume a run that was stopped or killed is gone on with: accounts that
are done are left out, and all others are run again.

Exit status: 0 all done, 10 some not or in part; the status that all had in common;
130 interrupted.]],
	{"ACCOUNTS", core.text "the list, in CSV; -: standard input"},
	{"[-- SCRIPT...]", core.text "what to run for each, with its arguments"},
	{"--jobs=N", core.text "so many at a time; else 4"},
	{"--name=COLUMN", core.text "what names an account; else the first column"},
	{"--log=FILE", core.text "a line for each account that has ended"},
	{"--resume", core.text "leave out those that the log says are done"},
	{"--retries=N", core.text("how often to try again what failed for now; " ..
		"else 2 times")},
	{"--output=FOLDER", core.text "what each says, into KEY.log and KEY.out there"},
	{"--json", core.text "a line in JSON for each account, and a summary"},
	{"-n", "--dry-run", core.text "change nothing; show what would be done"},
})

local function usage(format, ...)
	errors.raise("usage", "%s: %s", "fleet", errors.text(format, ...))
end

local function count_of(name, least, default)
	return o[name] and job.whole("fleet", "--" .. name, o[name], least, 10000) or
		default
end

local jobs, retries = count_of("jobs", 1, 4), count_of("retries", 0, 2)
if o.resume and not o.log then
	usage "--resume wants --log, which says what is done"
elseif not words[1] then
	usage "-- and a command are missing (--help tells more)"
end

collectgarbage("incremental", 130, 400)
io.stdout:setvbuf "line"

local list = accounts.accounts(o.ACCOUNTS, o.name)
local command = fleet.command(words, list.columns, o.json)

-- ---- what is known of the run ----

local run = {
	accounts = 0, left_out = 0,
	finished = 0, partly = 0, failed = 0, interrupted = 0,
	done = 0, octets = 0, skipped = 0, refused = 0, running = 0,
	processes = {},  -- those that run
	waiting = {},    -- accounts to be tried again: {key, row, due …}
	common = nil,    -- the status of all that have ended; false: they differ
	stopped = false, -- no more begin: behind a signal, or an error
}
local line

local function redraw(n, octets)
	line.label = errors.text("%d running, %d failed, %d messages", run.running,
		run.failed, run.done)
	line:step(n, octets)
end

-- Tells something on standard error or output, above the line of the progress.
local function tell(file, text)
	line:clear()
	file:write(core.vis(text), "\n")
	redraw(0, 0)
end

local function note(text)
	if not postel.options.quiet then
		tell(io.stderr, "postel: " .. text)
	end
end

-- ---- one account ----

-- Files for what an account says: raw, as it comes.
local function open_outputs(key)
	local files = {}
	local function open(kind)
		local path = ("%s/%s.%s"):format(o.output, job.file_name(key), kind)
		core.create(path)
		local file, why = io.open(path, "ab")
		if not file then
			errors.raise("sys", "%s", why)
		end
		return file
	end
	return function(number, text)
		files[number] = files[number] or open(number == 1 and "out" or "log")
		files[number]:write(text, "\n")
	end, function()
		for _, file in pairs(files) do
			file:close()
		end
	end
end

local function open_teller(account)
	if o.output then
		return open_outputs(account.key)
	end
	return function(number, text)
		tell(number == 1 and not o.json and io.stdout or io.stderr,
			account.key .. ": " .. text)
	end, function() end
end

-- One attempt: the exit status, the summary, the last words.
local function attempt(account, keep)
	local process
	local teller, close = open_teller(account)
	local ok, status, summary, last = pcall(function()
		local prepared = command:prepare(account.row)
		account.words = prepared.words
		return fleet.run(prepared, {tell = teller, keep = keep,
			started = function(p)
				process = p
				run.processes[p] = true
			end})
	end)
	if process then
		run.processes[process] = nil
	end
	if not ok then
		last = tostring(status)
		teller(2, "postel: " .. last)
		status = core.status(status)
	end
	close()
	return status, summary or {}, last
end

local function number(value)
	return math.type(value) == "integer" and value or 0
end

-- Adds a summary to what the run has done; what is refused.
local function add_up(summary)
	run.done = run.done + number(summary.done)
	run.octets = run.octets + number(summary.octets)
	run.skipped = run.skipped + number(summary.skipped)
	local refused = type(summary.refused) == "table" and #summary.refused or
		number(summary.refused)
	run.refused = run.refused + refused
	return refused
end

local function print_would(account, summary)
	local n = 0
	for _, w in ipairs(type(summary.would) == "table" and summary.would or {}) do
		n = n + (type(w) == "table" and number(w.messages) or 0)
	end
	tell(io.stdout, core.plural("%s: %d message", "%s: %d messages", n):format(
		account.key, n))
end

-- Failures that may pass: no connection, refused for now, a connection lost, and an
-- end by a signal that was not ours.
local function is_temporary(status)
	return status == 3 or status == 7 or status == 9 or status > 128
end

-- Tries it again later, if that may help: whether it does.
local function again(account, status)
	if not is_temporary(status) or account.tries > retries or run.stopped then
		return false
	end
	local pause = math.min(FIRST_PAUSE << (account.tries - 1), LONGEST_PAUSE)
	account.due = core.now() + pause
	table.insert(run.waiting, account)
	note(errors.text("%s: exit status %d; again in %d s", account.key, status,
		pause))
	return true
end

-- An account is over.
local function count(account, status, summary, last)
	if status == 0 then
		run.finished = run.finished + 1
	elseif status == 10 then
		run.partly = run.partly + 1
	elseif run.stopped and status > 128 then
		run.interrupted = run.interrupted + 1
	else
		run.failed = run.failed + 1
	end
	if run.common == nil then
		run.common = status
	elseif run.common ~= status then
		run.common = false
	end
	if o.json then
		tell(io.stdout, postel.json {
			account = account.key, status = status,
			attempts = account.tries,
			summary = next(summary) and summary or nil,
			error = status ~= 0 and last or nil,
		})
	elseif status ~= 0 and status ~= 10 then
		note(errors.text("%s: exit status %d", account.key, status))
	end
end

local function work(account, log)
	account.tries = (account.tries or 0) + 1
	run.running = run.running + 1
	redraw(0, 0)
	local began, start = core.now(), os.time()
	local status, summary, last = attempt(account, log and log.file)
	run.running = run.running - 1
	local refused = add_up(summary)
	if log and not postel.options.dry_run then
		log:add {
			seq = account.seq, key = account.key, start = start,
			seconds = core.now() - began + 0.0, status = status,
			done = number(summary.done),
			octets = number(summary.octets), refused = refused,
			command = fleet.shown(account.words or words),
		}
	end
	if postel.options.dry_run and not o.json and summary.would then
		print_would(account, summary)
	end
	if again(account, status) then
		redraw(0, number(summary.octets))
		return
	end
	count(account, status, summary, last)
	redraw(1, number(summary.octets))
end

-- ---- all of them ----

-- The account that has waited long enough, and when the next one has.
local function due_account()
	local first
	for i, account in ipairs(run.waiting) do
		if not first or account.due < run.waiting[first].due then
			first = i
		end
	end
	if first and run.waiting[first].due <= core.now() then
		return table.remove(run.waiting, first)
	end
	return nil, first and run.waiting[first].due
end

-- A function that gives the next account to be run; it waits for one, as a task does.
-- Nil if there is none.
local function open_queue(is_done)
	local rows = list:each(is_done)
	return function()
		while not run.stopped do
			local account, due = due_account()
			if not account and rows and #run.waiting < WAITING_MAX then
				account = rows()
				rows = account and rows
			end
			if account or not due and not rows then
				return account
			elseif due then
				task.wait(function() return run.stopped end, due)
			end
		end
	end
end

-- Ends what runs, with time to end well.
local function stop(are_over)
	run.stopped = true
	note(core.plural("interrupted; %d account is being ended",
		"interrupted; %d accounts are being ended", run.running)
		:format(run.running))
	for _, step in ipairs {{"INT", GRACE}, {"TERM", MOMENT}, {"KILL", MOMENT}} do
		for process in pairs(run.processes) do
			process:signal(step[1])
		end
		task.wait(are_over, core.now() + step[2])
		if are_over() then
			return
		end
	end
end

-- Runs all; raises what kept a worker from going on.
local function run_all(next_account, log)
	local alive, failure = jobs, nil
	local function are_over()
		return alive == 0
	end
	for _ = 1, jobs do
		task.spawn(function()
			local ok, e = pcall(function()
				for account in next_account do
					work(account, log)
				end
			end)
			alive = alive - 1
			if not ok then
				failure, run.stopped = failure or e, true
			end
		end)
	end
	task.wait(function() return are_over() or core.signalled() ~= nil end)
	if not are_over() then
		stop(are_over)
	end
	if failure then
		error(failure, 0)
	end
end

-- ---- the end ----

local function print_summary(e)
	if o.json then
		print(postel.json {
			job = "fleet", accounts = run.accounts,
			left_out = run.left_out, finished = run.finished,
			partly = run.partly, failed = run.failed,
			interrupted = run.interrupted, done = run.done,
			octets = run.octets, skipped = run.skipped,
			refused = run.refused, error = e and tostring(e) or nil,
		})
	elseif not postel.options.quiet then
		local not_run = run.accounts - run.left_out - run.finished -
			run.partly - run.failed
		print(errors.text("accounts: %d done, %d done before, %d in part, " ..
			"%d failed, %d not run or interrupted", run.finished,
			run.left_out, run.partly, run.failed, not_run))
		print(core.plural("%d message, %s", "%d messages, %s", run.done)
			:format(run.done, progress.octets(run.octets)))
	end
end

local function exit_status()
	if core.signalled() then
		return INTERRUPTED
	elseif run.common == nil or run.common == 0 then
		return 0
	end
	return run.left_out == 0 and run.common or 10
end

core.catch_signals()
line = postel.progress(nil, "")

local function main()
	local log <close> = o.log and joblog.joblog(o.log, {
		readonly = postel.options.dry_run, tell = note,
		stopped = function() return core.signalled() ~= nil end,
	})
	if o.log and not log then
		return -- interrupted
	end
	local function is_done(key)
		return o.resume and log.last[key] == 0
	end
	local todo
	todo, run.left_out = list:check(command.needed, is_done)
	run.accounts = todo + run.left_out
	line.total = todo
	if o.output then
		core.mkdirs(o.output)
	end
	run_all(open_queue(is_done), log)
end

local ok, e = pcall(main)
line:clear()
if not ok and errors.is(e, "usage") then
	error(e, 0)
end
print_summary(not ok and e or nil)
if not ok then
	error(e, 0)
end
return exit_status()
