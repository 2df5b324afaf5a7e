-- survey: what a server offers, found out by asking only: nothing is sent that
-- changes anything.  Half of what scripts/report.lua does; what is to be thought
-- of it stands in postel.findings.

local connect = require "postel.connect"
local core = require "postel.core"
local errors = require "postel.errors"
local mechanism = require "postel.mechanism"
local task = require "postel.task"

local M = {}

-- So many seconds at most are given to commands that were sent at once.
local PATIENCE = 10

-- ---- what is noted ----

-- What went wrong, in its order; the first one is what a monitor tells.
local function fail(s, e)
	if errors.is(e, "cancel") or type(e) ~= "table" then
		error(e, 0)
	end
	table.insert(s.failures, {
		kind = e.kind, reason = e.reason, message = tostring(e),
		hint = e.hint, status = core.status(e),
	})
end

-- fn(), whose failure is noted; whether there was none.
local function try(s, fn, ...)
	local ok, e = pcall(fn, ...)
	if not ok then
		fail(s, e)
	end
	return ok
end

-- What a reply shows beyond what it says: its time, and its lines.
local function note(s, name, reply)
	table.insert(s.commands, {name = name, seconds = reply.seconds})
	for _, line in ipairs(reply.lines) do
		s.longest = math.max(s.longest, #line + 2) -- with its CRLF
		s.odd = s.odd or line:find "[\0-\8\10-\31\127]" ~= nil
	end
	if reply.bodies > 0 and s.protocol == "pop3" then
		for line in reply:body():lines() do
			s.longest = math.max(s.longest, #line + 2)
			s.odd = s.odd or line:find "[\0-\8\10-\31\127]" ~= nil
		end
	end
	return reply
end

-- ---- stages ----

-- What is on offer now: "clear", "tls" or "login".
local function stage(s, conn, name)
	s.stages[name] = {
		list = conn.capability_list, known = conn.capabilities_known,
		offers = mechanism.offers(conn), private = conn.private,
	}
end

local verbs = {pop3 = "CAPA", imap = "CAPABILITY", smtp = "EHLO", lmtp = "LHLO"}

local function ask(s, conn, name)
	local reply = connect.ask_capabilities(conn)
	if not reply then
		return
	end
	note(s, verbs[conn.protocol], reply)
	s.refused = not reply.ok and errors.words(reply) or nil
	if conn.protocol == "smtp" or conn.protocol == "lmtp" then
		s.ehlo = (reply.lines[1] or ""):match "^%d%d%d[- ](%S+)"
		s.helo = (reply.sent or ""):find "^HELO" ~= nil
	end
	stage(s, conn, name)
end

local function greet(s, conn)
	s.protocol, s.host, s.port = conn.protocol, conn.host, conn.port
	s.path, s.private = conn.path, conn.private
	s.welcome, s.times = conn.welcome, conn.times
	s.preauth = conn.state == "authenticated"
	s.longest = #(s.welcome or "") + 2
	s.odd = (s.welcome or ""):find "[\0-\8\10-\31\127]" ~= nil
	s.tls = conn.tls
	s.tls_by = conn.tls and "connect" or nil
end

-- Whether there is TLS, or need not be: then a login may follow.
local function upgrade(s, conn)
	local mode = s.spec.starttls
	local verb, offered = connect.tls_offer(conn)
	if conn.tls or s.preauth or mode == "no" or
		mode == "auto" and s.spec.transport ~= "tcp" then
		return true
	elseif not offered and mode == "require" then
		fail(s, errors.new("tls", "%s: no %s on offer: the server " ..
			"has no TLS, or someone on the way took the offer away",
			conn.name, verb))
		return false
	elseif not offered then
		return true
	end
	local reply = note(s, verb, conn:send(verb):wait())
	if not reply.ok then
		fail(s, errors.refusal(reply, "tls"))
		return false
	end
	s.tls, s.tls_by, s.times.tls = conn.tls, verb, conn.times.tls
	ask(s, conn, "tls")
	return true
end

local function log_in(s, conn)
	if s.preauth or not s.spec.user and
		not mechanism.is_nameless(s.spec.auth) then
		return
	end
	local began = core.now()
	try(s, function()
		local _, mech = require("postel.login").login(conn, s.spec)
		s.login = {user = s.spec.user, mechanism = mech}
		table.insert(s.commands, {name = "login",
			seconds = core.now() - began})
		ask(s, conn, "login")
	end)
end

-- ---- what else may be asked ----

-- RFC 2971 3.2; we say nothing of ourselves.
local function ask_id(s, conn)
	if not conn:capability "ID" then
		return
	end
	local reply = note(s, "ID", conn:send("ID", "NIL"):wait())
	s.id = {}
	for _, r in ipairs(reply.data) do
		local list = r.name:upper() == "ID" and r[1]
		for i = 1, type(list) == "table" and #list or 0, 2 do
			if type(list[i + 1]) == "string" then
				table.insert(s.id, {tostring(list[i]):lower(),
					list[i + 1]})
			end
		end
	end
end

-- RFC 9208 4.3.2: {root, name, used, limit} of what counts for the INBOX.
local function ask_quota(s, conn)
	if not (s.login and conn:capability "QUOTA") then
		return
	end
	local reply = note(s, "GETQUOTAROOT",
		conn:send("GETQUOTAROOT", "INBOX"):wait())
	s.quota = {}
	for _, r in ipairs(reply.data) do
		local list = r.name:upper() == "QUOTA" and r[2]
		for i = 1, type(list) == "table" and #list - 2 or 0, 3 do
			table.insert(s.quota, {root = tostring(r[1]),
				name = tostring(list[i]):upper(),
				used = list[i + 1], limit = list[i + 2]})
		end
	end
end

-- What may be sent at once and does nothing.  RFC 2920 3.1: NOOP only at the end; of
-- POP3 there is no NOOP before the login.
local at_once = {
	smtp = {"RSET", "RSET", "RSET", "NOOP"},
	imap = {"NOOP", "NOOP", "NOOP", "NOOP"},
	pop3 = {"CAPA", "CAPA", "CAPA", "CAPA"},
}
at_once.lmtp = at_once.smtp

-- Whether several commands at once are all answered.
local function pipeline(s, conn)
	local verbs_sent = s.protocol == "pop3" and s.login and at_once.imap or
		at_once[s.protocol]
	if not verbs_sent or
		s.protocol ~= "imap" and not conn:capability "PIPELINING" then
		return
	end
	local cmds, answered = {}, 0
	for i, verb in ipairs(verbs_sent) do
		cmds[i] = conn:send(verb)
	end
	task.wait(function()
		for _, cmd in ipairs(cmds) do
			if not cmd:ready() then
				return false
			end
		end
		return true
	end, core.now() + math.min(s.spec.timeout or PATIENCE, PATIENCE))
	for _, cmd in ipairs(cmds) do
		answered = answered + (cmd.state == "done" and 1 or 0)
	end
	s.pipelining = {sent = #cmds, answered = answered}
	if answered < #cmds then
		conn:drop()
	end
end

local function look_closer(s, conn)
	if conn.protocol == "imap" then
		ask_id(s, conn)
		ask_quota(s, conn)
	end
	if conn.is_open then
		pipeline(s, conn)
	end
end

-- A server that hangs up without a goodbye has told all the same.
local function part(s, conn)
	local ok, e = pcall(conn.close, conn)
	if not ok and errors.is(e, "cancel") then
		error(e, 0)
	end
	s.rude = not ok
end

-- ---- all of it ----

local function visit(s, options)
	s.stages, s.commands = {}, {}
	local conn <close> = connect.connect(s.target, options)
	greet(s, conn)
	ask(s, conn, conn.tls and "tls" or "clear")
	if upgrade(s, conn) and not options.insecure then
		log_in(s, conn)
	end
	if conn.is_open then
		try(s, look_closer, s, conn)
	end
	part(s, conn)
end

-- A certificate that is refused can be looked at all the same, on a connection
-- that gets no secret.  TLS to a proxy is no matter of the server's, and the
-- proxy's password would go that way.
local function may_look_again(e)
	return errors.is(e, "tls") and e.fingerprint and e.conn and
		not (e.conn.proxy or ""):find "^https:"
end

local function look(s)
	s.spec = connect.spec(s.target)
	s.protocol, s.host, s.port = s.spec.protocol, s.spec.host, s.spec.port
	s.path = s.spec.path
	local ok, e = pcall(visit, s, {raw = true})
	if not ok then
		fail(s, e)
		s.times = e.conn and e.conn.times or s.times
		if may_look_again(e) then
			s.distrusted = true
			visit(s, {raw = true, insecure = true,
				fingerprint = false})
		end
	end
end

-- What was announced last: the stage behind the login, under TLS or in clear.
function M.last(s)
	return s.stages.login or s.stages.tls or s.stages.clear
end

-- The limits that a server announces, {name, value, words} each: a number where it
-- is one, and what it means (SIZE, RFC 1870; LIMITS, RFC 9422; LOGIN-DELAY and
-- EXPIRE, RFC 2449; APPENDLIMIT, RFC 7889; MESSAGELIMIT, RFC 9738).
function M.limits(s)
	local list, last = {}, M.last(s)
	for _, line in ipairs(last and last.list or {}) do
		local _, _, here = core.meaning(s.protocol, line)
		if here and here ~= "" then
			local name, value = line:match "^([^ =]+)[ =](.*)$"
			list[#list + 1] = {name = name:upper(), words = here,
				value = math.tointeger(tonumber(value)) or value}
		end
	end
	return list
end

-- Looks at the server of a URL or an account: connects, asks what it can do,
-- begins TLS where it is offered (as starttls says), asks again, logs in if a user
-- is named, asks again, and says goodbye.  If the certificate does not verify,
-- another connection takes it all the same, on which nobody logs in.
--
-- Returns a table, also if nothing worked: .protocol .host .port .path .welcome;
-- .stages.clear, .tls and .login, {list = {"NAME parameters", …}, known, offers,
-- private} (offers: see mechanism.offers); .tls and its verdict as conn.tls has
-- them, .tls_by ("connect" or the command), .distrusted; .login {user, mechanism};
-- .id, .quota, .pipelining, .longest (octets of a line), .odd; .times as conn.times
-- and .commands {name, seconds}, .seconds in all; .failures {kind, reason, message,
-- hint, status}.  Only an interrupt and wrong use are raised.
function M.survey(target)
	local s = {
		target = target, failures = {}, stages = {}, commands = {},
		times = {}, longest = 0, odd = false,
	}
	local began = core.now()
	try(s, look, s)
	s.seconds = core.now() - began
	return s
end

return M
