-- report: what servers offer, in words, in JSON, or in a line for a monitor.

local core = require "postel.core"
local errors = require "postel.errors"
local findings = require "postel.findings"
local survey = require "postel.survey"

local o = postel.args(arg, {
	name = "report",
	about = core.text("Says what mail servers offer: capabilities, certificates, " ..
		"ways to log in,\nlimits, oddities and times."),
	notes = core.text [[
Nothing is changed on a server.  STARTTLS is used where it is offered; who is
named in a URL is logged in, and what that changes is told.  If a certificate
does not verify, another connection takes it all the same, on which nobody is
logged in.

With --quiet only servers with warnings or failures are told, in a line each.
The codes in brackets are what --ignore takes.

Exit status: 0 all is well, 10 there are warnings; of the first server that
fails: 3 cannot connect, 4 TLS or certificate, 5 login refused, 6 or 7 refused
(for good, for now), 8 protocol violated, 9 connection lost.  With --nagios:
0 all is well, 1 there are warnings, 2 something failed.]],
	{"URL...", core.text "pop3[s]://, imap[s]://, smtp[s]:// or lmtp://[user@]host"},
	{"--check", core.text "one line for each server"},
	{"--nagios", core.text "the same, with the exit statuses of Nagios"},
	{"--days=N", core.text("warn of certificates that expire within so many " ..
		"days (14)")},
	{"--slow=S", core.text "warn of what takes more seconds (5)", number = true},
	{"--ignore=CODE", core.text("not a word of this warning or quirk; may be " ..
		"repeated"), many = true, more = false},
	{"--json", core.text "a summary in JSON"},
	{"-n", "--dry-run", core.text "nothing is changed anyway"},
})

local function number_of_days(text)
	local n = math.tointeger(tonumber(text))
	if not n or n < 0 or n > 36500 then
		errors.raise("usage", "report: --days: %s is no number of days",
			core.vis(text))
	end
	return n
end

local wanted = {
	days = o.days and number_of_days(o.days) or 14,
	slow = o.slow or 5, ignore = o.ignore,
}
if (o.check or o.nagios) and o.json then
	errors.raise("usage", "report: --check and --json do not go together")
end

-- What a server is called: its URL without a password, or the account's name.
local function title_of(target)
	local ok, text = pcall(core.url_text, target)
	return ok and text or target
end

for _, target in ipairs(o.URL) do
	postel.url(target) -- what is none is told before anything is opened
end

-- ---- a line ----

local NAGIOS = {OK = 0, WARNING = 1, CRITICAL = 2}

local function word_of(status)
	return status == 0 and "OK" or status == 10 and "WARNING" or "CRITICAL"
end

-- The days that the first certificate to expire has left.
local function days_left(s)
	local least
	for _, cert in ipairs(s.tls and s.tls.chain or {}) do
		local days = cert.days_left
		least = days and math.min(days, least or days) or least
	end
	return least
end

local function in_short(r)
	local s, days = r.survey, days_left(r.survey)
	local parts = {s.tls and s.tls.version or core.text "no TLS"}
	if days then
		parts[2] = core.plural("certificate good for %d day",
			"certificate good for %d days", days):format(days)
	end
	if s.login then
		parts[#parts + 1] = core.text "logged in"
	end
	return table.concat(parts, ", ")
end

-- What is to be told of it, without quirks; the worst first.
local function complaint(r)
	local first, more = nil, 0
	for _, f in ipairs(r.findings) do
		if f.level ~= "quirk" then
			more = more + (first and 1 or 0)
			first = first or f.text
		end
	end
	return first and more > 0 and core.plural("%s (and %d more)",
		"%s (and %d more)", more):format(first, more) or first
end

-- "WORD URL: text | performance data", as plugins of Nagios write it: what is
-- behind the bar is for a program, so there is but one.
local function line_of(r)
	local text = core.vis(("%s %s: %s"):format(word_of(r.status), r.title,
		complaint(r) or in_short(r))):gsub("|", "/")
	local data = ("time=%.3fs;%g"):format(r.survey.seconds, wanted.slow)
	local days = days_left(r.survey)
	return text .. " | " .. data .. (days and
		(" days=%d;%d:"):format(days, wanted.days) or "")
end

-- ---- JSON ----

-- A capability, or of "sasl" a mechanism, with what it means.
local function explained(protocol, line, t)
	t.text, t.rfc, t.here = core.meaning(protocol, line)
	t.here = t.here ~= "" and t.here or nil
	return t
end

local function stage_value(s, stage)
	if not stage then
		return nil
	end
	local value = {private = stage.private, capabilities = {}, logins = {}}
	for i, line in ipairs(stage.list) do
		local name, params = line:match "^(%S*) ?(.*)$"
		value.capabilities[i] = explained(s.protocol or "", line,
			{name = name, params = params})
	end
	for i, offer in ipairs(stage.offers) do
		value.logins[i] = explained("sasl", offer.name, {
			name = offer.name:gsub("^%+", ""),
			command = offer.name:find "^%+" ~= nil,
			wants = offer.kind, shown = offer.shown,
		})
	end
	return value
end

local function fields_of(list)
	local t = {}
	for _, field in ipairs(list) do
		t[field[1] ] = field[2]
	end
	return next(t) and t or nil
end

local function limits_of(s)
	local list = {}
	for i, limit in ipairs(survey.limits(s)) do
		list[i] = {limit.name, limit.value}
	end
	return fields_of(list)
end

local function seconds_of(s)
	local t = {total = s.seconds}
	for _, time in ipairs(findings.times(s)) do
		t[time.name] = time.seconds
	end
	return t
end

local function value_of(r)
	local s = r.survey
	return {
		url = r.title, status = r.status, findings = r.findings,
		protocol = s.protocol, host = s.host, port = s.port,
		path = s.path, greeting = s.welcome, ehlo = s.ehlo,
		tls = s.tls, tls_by = s.tls_by, login = s.login,
		clear = stage_value(s, s.stages.clear),
		under_tls = stage_value(s, s.stages.tls),
		after_login = stage_value(s, s.stages.login),
		id = s.id and fields_of(s.id), quota = s.quota,
		limits = limits_of(s),
		seconds = seconds_of(s),
	}
end

-- ---- all of it ----

local SERVERS_AT_ONCE = 16
local reports, printed, shown = {}, 0, false
local progress <close> = postel.progress(#o.URL, "report")

local function show(r)
	progress:clear()
	if o.json then
		return
	elseif o.check or o.nagios or postel.options.quiet then
		if r.status ~= 0 or not postel.options.quiet then
			print(line_of(r))
		end
		return
	end
	if shown then
		print()
	end
	shown = true
	for _, line in ipairs(require("postel.survey_words").page(r.survey,
		r.title .. ": " .. word_of(r.status), r.findings)) do
		print(line)
	end
end

-- Reports come in the order of the arguments, each as soon as it can.
local function show_ready()
	while reports[printed + 1] do
		printed = printed + 1
		show(reports[printed])
	end
end

local function look(target, n)
	local s = survey.survey(target)
	local r = {survey = s, title = title_of(target),
		findings = findings.of(s, wanted)}
	r.status = findings.status(s, r.findings)
	reports[n] = r
	progress:step()
	show_ready()
end

-- After an interrupt: what is done is told.
local function show_rest()
	for n = printed + 1, #o.URL do
		if reports[n] then
			show(reports[n])
		end
	end
end

-- Of those that failed the first one counts.
local function status_of_all()
	local status = 0
	for n = 1, #o.URL do
		local own = reports[n] and reports[n].status or 0
		if own ~= 0 and (status == 0 or status == 10 and own ~= 10) then
			status = own
		end
	end
	return status
end

local ok, e = pcall(postel.each, o.URL, SERVERS_AT_ONCE, look)
show_rest()
progress:clear()
if o.json then
	local values = {}
	for n = 1, #o.URL do
		values[#values + 1] = reports[n] and value_of(reports[n])
	end
	print(postel.json {job = "report", done = #values, servers = values,
		status = status_of_all(), error = not ok and tostring(e) or nil})
end
core.sync(io.stdout)
if not ok then
	error(e, 0)
end
local status = status_of_all()
return o.nagios and NAGIOS[word_of(status)] or status
