-- survey_words: what postel.survey has found out, laid out for a person.
--
-- All that a server said goes through core.vis here, and nowhere else.

local core = require "postel.core"
local errors = require "postel.errors"
local findings = require "postel.findings"
local progress = require "postel.progress"
local survey = require "postel.survey"

local M = {}

local LABEL, NAME, WIDTH = 14, 24, 80 -- columns
local NAMES_SHOWN = 20

-- ---- lines ----

local Page = {}
Page.__index = Page

local function columns(text)
	return utf8.len(text) or #text
end

local function pad(text, n)
	return text .. (" "):rep(n - columns(text))
end

-- The words of a text, or of an array of words, all fit for a terminal.
local function words_of(text)
	local words = {}
	if type(text) == "table" then
		for i, word in ipairs(text) do
			words[i] = core.vis(word)
		end
		return words
	end
	for word in core.vis(text):gmatch "%S+" do
		words[#words + 1] = word
	end
	return words
end

-- Text behind `left`, at a column; what is too long goes on below it.  tail, which
-- may be nil, goes behind it and is not broken.
function Page:flow(left, column, text, tail)
	local line = columns(left) < column and pad(left, column) or left .. "  "
	local begun, words = false, words_of(text)
	words[#words + 1] = tail
	for _, word in ipairs(words) do
		if begun and columns(line) + 1 + columns(word) > WIDTH then
			self[#self + 1] = line
			line, begun = (" "):rep(column), false
		end
		line = line .. (begun and " " or "") .. word
		begun = true
	end
	self[#self + 1] = line:gsub("%s+$", "")
end

function Page:row(label, text)
	if text and #text > 0 then
		self:flow("  " .. label, LABEL + 2, text)
	end
end

function Page:title(text)
	self[#self + 1] = ""
	self[#self + 1] = "  " .. text
end

-- ---- what is to be thought of it ----

local marks = {
	failure = core.text "FAILURE", warning = core.text "WARNING",
	quirk = core.text "quirk",
}

local function put_findings(page, list)
	for _, f in ipairs(list) do
		page:row(marks[f.level], f.text .. " [" .. f.code .. "]")
		page:row("", f.hint)
	end
end

-- ---- TLS ----

local function verdict(s)
	local t = s.tls
	if t.pinned then
		return core.text(
			"yes: it is the one of the fingerprint that was given")
	elseif t.dane and t.checked then
		return core.text "yes: by a TLSA record (DANE)"
	elseif t.verified and t.checked then
		return core.text "yes: authority, dates and name"
	elseif t.verified then
		return core.text("it would be good, but --insecure takes any " ..
			"certificate")
	elseif s.distrusted then
		return core.text "NO; so nobody was logged in"
	end
	return errors.text("NO: %s", t.reason or "?")
end

local function day(t)
	return t and os.date("!%Y-%m-%d", t) or "?"
end

local function put_dates(page, cert)
	local left = cert.days_left
	local text = ""
	if cert.not_before and cert.not_before > os.time() then
		text = core.text ": not valid yet"
	elseif left and left < 0 then
		text = core.plural(": expired %d day ago",
			": expired %d days ago", -left):format(-left)
	elseif left then
		text = core.plural(": %d day left", ": %d days left", left)
			:format(left)
	end
	page:row(core.text "valid", day(cert.not_before) .. core.text " to " ..
		day(cert.not_after) .. text)
end

local function put_cert(page, cert, n, of)
	page:title(of == 1 and core.text "the server's certificate:" or
		n == 1 and errors.text(
			"certificate 1 of %d, the server's own:", of) or
		errors.text("certificate %d of %d:", n, of))
	page:row(core.text "subject", cert.subject)
	local names = table.concat(cert.names, ", ", 1,
		math.min(#cert.names, NAMES_SHOWN))
	if #cert.names > NAMES_SHOWN then
		names = names .. errors.text(" and %d more",
			#cert.names - NAMES_SHOWN)
	end
	page:row(core.text "names", names)
	page:row(core.text "issuer", cert.issuer == cert.subject and
		core.text "itself" or cert.issuer)
	put_dates(page, cert)
	page:row(core.text "key", cert.key)
	page:row(core.text "signature", cert.signature)
	page:row("SHA-256", cert.fingerprint)
end

local function put_tls(page, s)
	local t = s.tls
	if not t then
		page:row("TLS", core.text "none")
		return
	end
	page:row("TLS", table.concat({t.version or "?", t.cipher or "?",
		t.group}, ", ") .. (s.tls_by == "connect" and "" or
		errors.text(" (by %s)", s.tls_by)))
	page:row(core.text "verified", verdict(s))
end

local function put_chain(page, s)
	for n, cert in ipairs(s.tls and s.tls.chain or {}) do
		put_cert(page, cert, n, #s.tls.chain)
	end
end

-- ---- logins ----

local commands = {
	["+USER"] = core.text "USER and PASS", ["+APOP"] = "APOP",
	["+LOGIN"] = core.text "the command LOGIN",
}

local function shown(name)
	return commands[name] or name
end

local function put_offers(page, label, stage)
	local list = {}
	for i, offer in ipairs(stage and stage.offers or {}) do
		list[i] = shown(offer.name)
	end
	if stage then
		page:row(label, #list > 0 and table.concat(list, ", ") or
			core.text "none")
	end
end

-- Each way once, in words.
local function put_ways(page, s)
	local told = {}
	for _, name in ipairs {"clear", "tls"} do
		for _, offer in ipairs(s.stages[name] and
			s.stages[name].offers or {}) do
			local command = offer.name:match "^%+(.*)"
			local text, rfc = core.meaning(command and s.protocol or
				"sasl", command or offer.name)
			if not told[offer.name] and text then
				page:flow("    " .. core.vis(command or
					offer.name), NAME, text,
					"(" .. rfc .. ")")
			end
			told[offer.name] = true
		end
	end
end

local function put_logins(page, s)
	if not (s.stages.clear or s.stages.tls) then
		return
	end
	page:title(core.text "ways to log in")
	put_offers(page, core.text "in clear", s.stages.clear)
	put_offers(page, core.text "under TLS", s.stages.tls)
	if s.login then
		page:row(core.text "logged in", s.login.user and
			errors.text("as %s by %s", s.login.user,
			shown(s.login.mechanism)) or shown(s.login.mechanism))
	end
	put_ways(page, s)
end

-- ---- capabilities ----

-- Names that say how to log in stand above.
local function is_login(line)
	local name = line:upper()
	return name:find "^AUTH[= ]" or name:find "^SASL%f[%s\0]"
end

local function put_capability(page, s, mark, line)
	local text, rfc, here = core.meaning(s.protocol, line)
	local left = "    " .. mark .. core.vis(line)
	if text then
		page:flow(left, NAME, text .. " " .. here, "(" .. rfc .. ")")
	else
		page:flow(left, NAME, core.text "No capability that postel knows.")
	end
end

local function put_list(page, s, title, stage)
	page:title(title)
	if #stage.list == 0 then
		page:row("", core.text "none")
	end
	for _, line in ipairs(stage.list) do
		if not is_login(line) then
			put_capability(page, s, "", line)
		end
	end
end

-- The lines of one list that the other one has not; whether there are any.
local function put_missing(page, s, mark, from, other)
	local there, any = {}, false
	for _, line in ipairs(other.list) do
		there[line:upper()] = true
	end
	for _, line in ipairs(from.list) do
		if not there[line:upper()] and not is_login(line) then
			put_capability(page, s, mark, line)
			any = true
		end
	end
	return any
end

local function put_change(page, s, title, before, after)
	page:title(title)
	local gone = put_missing(page, s, "- ", before, after)
	local new = put_missing(page, s, "+ ", after, before)
	if not gone and not new then
		page:flow("    " .. core.text "nothing", 4, "")
	end
end

local stages = {
	{"clear", core.text "announced before TLS and login"},
	{"tls", core.text "announced under TLS, before the login",
		core.text "changed by TLS (- gone, + new):"},
	{"login", nil, core.text "changed by the login (- gone, + new):"},
}

local function put_capabilities(page, s)
	local before
	for _, row in ipairs(stages) do
		local stage = s.stages[row[1]]
		if stage and before then
			put_change(page, s, row[3], before, stage)
		elseif stage then
			put_list(page, s, row[2], stage)
		end
		before = stage or before
	end
end

-- ---- limits, software, times ----

-- RFC 9208 5.1: STORAGE is counted in units of 1024 octets.
local function put_quota(page, s)
	for _, q in ipairs(s.quota or {}) do
		local function text(n)
			return q.name == "STORAGE" and math.type(n) == "integer" and
				progress.octets(n * 1024) or tostring(n)
		end
		page:row(core.text "quota", errors.text("%s: %s of %s used", q.name,
			text(q.used), text(q.limit)) ..
			(q.root ~= "" and " (" .. q.root .. ")" or ""))
	end
end

local function put_limits(page, s)
	for _, limit in ipairs(survey.limits(s)) do
		page:row(core.text "limit", ("%s %s - %s"):format(limit.name,
			limit.value, limit.words))
	end
end

local function put_software(page, s)
	local parts = {}
	for i, field in ipairs(s.id or {}) do
		parts[i] = field[1] .. " " .. field[2]
	end
	page:row(core.text "software", table.concat(parts, ", "))
	local stage = survey.last(s)
	for _, line in ipairs(stage and stage.list or {}) do
		page:row(core.text "software", line:match "^IMPLEMENTATION (.+)")
	end
end

local function put_times(page, s)
	local parts, all = {}, findings.times(s)
	for i, time in ipairs(all) do
		parts[i] = ("%s %.1f ms%s"):format(time.label,
			time.seconds * 1000, i < #all and "," or "")
	end
	page:row(core.text "times", parts)
end

-- The lines of a report.  title is what was looked at, list the findings of
-- postel.findings.
function M.page(s, title, list)
	local page = setmetatable({core.vis(title)}, Page)
	put_findings(page, list)
	page:row(core.text "server", s.host and ("%s:%s"):format(s.host,
		tostring(s.port or "?")) or s.path)
	page:row(core.text "greeting", s.welcome and
		s.welcome:gsub("%[CAPABILITY [^%]]*%] ?", ""))
	put_software(page, s)
	put_tls(page, s)
	put_limits(page, s)
	put_quota(page, s)
	put_times(page, s)
	put_chain(page, s)
	put_logins(page, s)
	put_capabilities(page, s)
	return page
end

return M
