-- findings: what is to be thought of a server that postel.survey has looked at.
--
-- A finding is {level, code, text}, a failure perhaps with a hint.  Levels:
-- "failure", which is the exit status; "warning", which a monitor is to tell;
-- "quirk", which is good to know.  Codes are words for programs and for --ignore:
-- they do not change.

local core = require "postel.core"
local errors = require "postel.errors"
local survey = require "postel.survey"

local M = {}

local DAY = 24 * 60 * 60

-- RFC 5321 4.5.3.1.5, RFC 1939 3; IMAP has no such limit.
local LINE_MAX = {smtp = 512, lmtp = 512, pop3 = 512}

-- "a, b and c" would be a sentence of pieces; a list is not.
local function names_of(offers, wanted)
	local list = {}
	for _, offer in ipairs(offers) do
		if wanted(offer) then
			list[#list + 1] = offer.name:gsub("^%+", "")
		end
	end
	return table.concat(list, ", ")
end

-- The names in the lines of a list, in capitals: {NAME = true}, and of
-- "AUTH=PLAIN" "AUTH" as well.
local function names_in(stage)
	local names = {}
	for _, line in ipairs(stage and stage.list or {}) do
		local name = line:match "^%S*":upper()
		names[name] = true
		names[name:match "^[^=]*"] = true
	end
	return names
end

-- ---- TLS ----

local function check_certificates(s, add, o)
	if not s.tls or s.tls.pinned then
		return -- a pin holds beyond dates and names
	end
	for _, cert in ipairs(s.tls.chain) do
		local left = cert.not_after and cert.not_after - os.time()
		if left and left >= 0 and left <= o.days * DAY then
			local days = left // DAY
			add("warning", "certificate-expires", core.plural(
				"the certificate %s expires in %d day, on %s",
				"the certificate %s expires in %d days, on %s",
				days):format(cert.subject or "?", days,
				os.date("!%Y-%m-%d", cert.not_after)))
		end
	end
end

local function check_trust(s, add)
	if s.tls and not s.tls.verified and not s.distrusted then
		add("warning", "certificate-unverified", errors.text(
			"the certificate is not verified: %s",
			s.tls.reason or "?"))
	end
	local version = s.tls and s.tls.version or ""
	if version == "TLSv1" or version == "TLSv1.1" or
		version:find "^SSL" then
		add("warning", "old-tls", errors.text("%s is given up " ..
			"(RFC 8996)", version))
	end
end

local function check_clear(s, add)
	local clear = s.stages.clear
	if not clear or clear.private then
		return -- nobody listens
	end
	local shown = names_of(clear.offers, function(offer)
		return offer.shown
	end)
	if shown ~= "" then
		add("warning", "password-in-clear", errors.text("a password " ..
			"may be sent in clear over the network: %s", shown))
	end
	if not s.tls and #s.failures == 0 then
		add("warning", "no-tls", core.text("nothing is encrypted: who " ..
			"is on the way can read and change all of it"))
	end
end

-- ---- how it behaves ----

-- RFC 2033 4.2 and RFC 5321 4.2: the greeting begins with the server's name.
local function check_name(s, add)
	if not s.welcome or s.protocol ~= "smtp" and s.protocol ~= "lmtp" then
		return
	end
	local name = s.welcome:match "^%d%d%d[- ](%S+)"
	if not name or not name:find "[.%[]" then
		add("quirk", "greeting-name", core.text("the greeting does not " ..
			"begin with a host's full name (RFC 5321 4.2)"))
	elseif s.ehlo and s.ehlo:lower() ~= name:lower() then
		add("quirk", "ehlo-name", errors.text("the greeting says %s, " ..
			"and the answer to EHLO %s", name, s.ehlo))
	end
	if s.helo then
		add("quirk", "no-ehlo", core.text("EHLO is refused: there are " ..
			"no extensions"))
	end
end

-- RFC 3207 4.2, RFC 2595 4, RFC 9051 6.2.1.
local function check_stages(s, add)
	local under, inside = names_in(s.stages.tls), names_in(s.stages.login)
	if under.STARTTLS or under.STLS then
		add("quirk", "starttls-again",
			core.text "TLS is offered again under TLS")
	end
	if s.protocol == "imap" and (inside.LOGINDISABLED or inside.AUTH) then
		add("quirk", "login-again",
			core.text "logins are offered behind the login")
	end
	local before = s.stages.tls or s.stages.clear
	if s.protocol == "imap" and s.stages.login and before and table.concat(
		before.list, "\n") == table.concat(s.stages.login.list, "\n") then
		add("quirk", "login-changes-nothing", core.text("the login " ..
			"changes nothing in what the server announces"))
	end
	if s.preauth then
		add("quirk", "preauth", core.text("the server takes everybody " ..
			"for logged in (PREAUTH)"))
	end
end

local function check_replies(s, add, o)
	local limit = LINE_MAX[s.protocol]
	if limit and s.longest > limit then
		add("quirk", "long-lines", errors.text("a line has %d octets, " ..
			"and %d is the most", s.longest, limit))
	end
	if s.odd then
		add("quirk", "control-characters", core.text("what the server " ..
			"says has control characters in it"))
	end
	if s.rude then
		add("quirk", "no-goodbye",
			core.text "the server does not answer the goodbye")
	end
	if s.pipelining and s.pipelining.answered < s.pipelining.sent then
		add("warning", "pipelining-breaks", errors.text("of %d commands " ..
			"sent at once %d were answered", s.pipelining.sent,
			s.pipelining.answered))
	end
	for _, time in ipairs(M.times(s)) do
		if time.seconds > o.slow then
			add("warning", "slow", errors.text("slow: %s took %.1f s",
				time.label, time.seconds))
		end
	end
end

-- ---- what is missing ----

-- What good servers have; any word of a row will do.  IMAP4rev2 has those of IMAP
-- in itself (RFC 9051 appendix E), and many servers tell them only behind the
-- login.  LMTP must have two (RFC 2033 5).
local expected = {
	pop3 = {{"UIDL"}, {"TOP"}, {"PIPELINING"}, {"RESP-CODES"}},
	smtp = {{"PIPELINING"}, {"8BITMIME"}, {"SIZE"}, {"ENHANCEDSTATUSCODES"}},
	lmtp = {{"PIPELINING"}, {"ENHANCEDSTATUSCODES"}, {"8BITMIME"}},
	imap = {{"UIDPLUS"}, {"IDLE"}, {"LITERAL+", "LITERAL-"}, {"MOVE"},
		{"NAMESPACE"}, {"ENABLE"}},
}

local function has_any(names, row)
	for _, name in ipairs(row) do
		if names[name] then
			return true
		end
	end
	return false
end

local function check_missing(s, add)
	local stage = survey.last(s)
	local names = names_in(stage)
	if s.protocol == "imap" and stage and not names.IMAP4REV1 and
		not names.IMAP4REV2 then
		add("quirk", "no-imap4", core.text("neither IMAP4rev1 nor " ..
			"IMAP4rev2 is announced (RFC 9051 6.1.1)"))
	end
	if s.protocol == "pop3" and s.refused then
		add("quirk", "no-capa", errors.text("CAPA is refused, so nobody " ..
			"knows what the server can do: %s", s.refused))
	end
	if not stage or not stage.known or s.helo or s.protocol == "imap" and
		(not s.stages.login or names.IMAP4REV2) then
		return
	end
	for _, row in ipairs(expected[s.protocol] or {}) do
		if not has_any(names, row) then
			add("quirk", "no-" .. row[1]:lower():gsub("%W$", ""),
				errors.text("no %s: %s",
				table.concat(row, ", "),
				(core.meaning(s.protocol, row[1]))))
		end
	end
end

-- ---- all of it ----

local phases = {
	{"lookup", core.text "look-up"}, {"connect", core.text "connect"},
	{"proxy", core.text "proxy"}, {"tls", "TLS"},
	{"greeting", core.text "greeting"},
}

-- What each phase and each command took, {name, label, seconds} each, in order;
-- a label is for people.
function M.times(s)
	local list = {}
	for _, phase in ipairs(phases) do
		local seconds = s.times[phase[1]]
		if seconds then
			list[#list + 1] = {name = phase[1], label = phase[2],
				seconds = seconds}
		end
	end
	for _, command in ipairs(s.commands) do
		if command.seconds then
			list[#list + 1] = {name = command.name,
				label = command.name == "login" and
					core.text "login" or command.name,
				seconds = command.seconds}
		end
	end
	return list
end

local checks = {
	check_certificates, check_trust, check_clear, check_name, check_stages,
	check_replies, check_missing,
}

-- The findings of a survey, failures first, then warnings, then quirks.  o.days:
-- a certificate that expires within so many is a warning; o.slow: so is what
-- takes more seconds; o.ignore: an array of codes that are left out, or nil.
function M.of(s, o)
	local ignored, found = {}, {failure = {}, warning = {}, quirk = {}}
	for _, code in ipairs(o.ignore or {}) do
		ignored[code] = true
	end
	for _, f in ipairs(s.failures) do
		table.insert(found.failure, {level = "failure",
			code = f.reason or f.kind, text = f.message,
			hint = f.hint})
	end
	local function add(level, code, text)
		if not ignored[code] then
			table.insert(found[level],
				{level = level, code = code, text = text})
		end
	end
	for _, check in ipairs(checks) do
		check(s, add, o)
	end
	local all = found.failure
	table.move(found.warning, 1, #found.warning, #all + 1, all)
	return table.move(found.quirk, 1, #found.quirk, #all + 1, all)
end

-- The exit status of a survey and its findings: that of the first failure, else 10
-- with warnings, else 0.
function M.status(s, findings)
	if s.failures[1] then
		return s.failures[1].status
	end
	for _, f in ipairs(findings) do
		if f.level == "warning" then
			return 10
		end
	end
	return 0
end

return M
