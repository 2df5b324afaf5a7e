-- find: the server of a domain, by DNS: SRV (RFC 2782, RFC 6186, RFC 8314 5.1)
-- for "imap:user@example.org" and its kin, MX (RFC 5321 5.1) for
-- "mx:example.org".
--
-- What DNS says can be forged unless it was authenticated.  So a server that
-- was found is believed if its certificate is for the domain, or if its name
-- lies within the domain, or if DNSSEC vouches for the record; else a person
-- must say so (RFC 6186 6, RFC 7817 3).  No secret is sent before.

local core = require "postel.core"
local errors = require "postel.errors"
local task = require "postel.task"

local M = {}

-- So many servers are tried; each has the deadline of a connection.
local TRIED_MAX = 8
-- Seconds for a look-up, where no timeout is given: that of a connection.
local PATIENCE = 30

-- What is asked for, in this order: with TLS from the first octet first
-- (RFC 8314 3.3).  What stands behind "_imap._tcp" must upgrade.
local services = {
	imap = {{srv = "imaps", tls = true}, {srv = "imap"}},
	imaps = {{srv = "imaps", tls = true}},
	pop3 = {{srv = "pop3s", tls = true}, {srv = "pop3"}},
	pop3s = {{srv = "pop3s", tls = true}},
	submission = {{srv = "submissions", tls = true}, {srv = "submission"}},
	submissions = {{srv = "submissions", tls = true}},
	mx = {{}},
}

-- RFC 2782, "Usage rules": by priority; within one at random by weight, those
-- of weight 0 with hardly a chance.  random(a, b) is math.random's.
function M.order(records, random)
	random = random or math.random
	local left, ordered = {}, {}
	for i, r in ipairs(records) do
		left[i] = {record = r, at = i}
	end
	table.sort(left, function(a, b)
		local x, y = a.record, b.record
		if x.priority ~= y.priority then
			return x.priority < y.priority
		elseif (x.weight == 0) ~= (y.weight == 0) then
			return x.weight == 0
		end
		return a.at < b.at
	end)
	while #left > 0 do
		local first, n, sum = left[1].record.priority, 0, 0
		while left[n + 1] and left[n + 1].record.priority == first do
			n = n + 1
			sum = sum + left[n].record.weight
		end
		local chosen, running, pick = 0, 0, random(0, sum)
		repeat
			chosen = chosen + 1
			running = running + left[chosen].record.weight
		until running >= pick or chosen == n
		ordered[#ordered + 1] = table.remove(left, chosen).record
	end
	return ordered
end

-- ---- look-ups ----

-- Keeps it for :time, and tells the trace unless that has it.
local function note(search, text, is_told)
	search.notes[#search.notes + 1] = text
	if search.spec.tracer and not is_told then
		core.note(search.spec.tracer, text)
	end
end

local function to_hex(octets)
	return (octets:gsub(".", function(c)
		return ("%02X"):format(c:byte())
	end))
end

-- The record as its master file would have it (RFC 1035 5.1, RFC 2782).
local function describe(type, r)
	local target = r.target == "" and "." or r.target
	if type == "TLSA" then
		local hex = to_hex(r.data)
		return ("%d %d %d %s"):format(r.usage, r.selector, r.matching,
			#hex > 64 and hex:sub(1, 64) .. "..." or hex)
	elseif type == "MX" then
		return ("%d %s"):format(r.priority, target)
	end
	return ("%d %d %d %s"):format(r.priority, r.weight, r.port, target)
end

local function note_answer(search, what, type, answer)
	local mark = answer.authenticated and " (DNSSEC)" or ""
	for _, r in ipairs(answer) do
		note(search, ("%s: %s%s"):format(what, describe(type, r), mark))
	end
	if #answer == 0 then
		note(search, ("%s: %s"):format(what, answer.exists and
			"no such record" or "no such name"))
	end
end

local function wait_for(name, type, spec)
	local due = core.now() + (spec.timeout or PATIENCE)
	local lookup <close> = core.lookup(name, type, spec.dns)
	local answer
	local function ready()
		local ok, result = pcall(lookup.answer, lookup)
		answer = not ok and {failure = result} or result
		return answer ~= nil
	end
	task.wait(ready, due)
	if not answer then
		errors.raise("timeout", "timed out")
	elseif answer.failure then
		error(answer.failure, 0)
	end
	return answer
end

-- The records of that type, or an error that says what was asked.
local function ask(search, name, type)
	local what = type .. " " .. name
	local ok, answer = pcall(wait_for, name, type, search.spec)
	if ok then
		search.seconds = search.seconds + answer.seconds
		note_answer(search, what, type, answer)
		return answer
	elseif errors.is(answer, "cancel") then
		error(answer, 0)
	end
	local text = tostring(answer)
	note(search, what .. ": " .. text)
	errors.raise(errors.is(answer, "timeout") and "timeout" or "dns",
		"look up %s: %s", what, text)
end

-- Whether the only thing said is that there is no such service: the target is
-- the root (RFC 2782, RFC 7505 3).  Beside others it means nothing.
local function take_root_away(answer)
	local said = false
	for i = #answer, 1, -1 do
		if answer[i].target == "" then
			table.remove(answer, i)
			said = true
		end
	end
	return said and #answer == 0
end

local function places_by_srv(search, service)
	local name = ("_%s._tcp.%s"):format(service.srv, search.ascii)
	local answer = ask(search, name, "SRV")
	search.asked[#search.asked + 1] = "_" .. service.srv .. "._tcp"
	if take_root_away(answer) then
		search.denied = search.asked[#search.asked]
	end
	for _, r in ipairs(answer) do
		r.authenticated = answer.authenticated
		r.srv_id = ("_%s.%s"):format(service.srv, search.ascii)
	end
	return M.order(answer)
end

local function places_by_mx(search)
	local domain = search.spec.host
	local answer = ask(search, search.ascii, "MX")
	if not answer.exists then
		errors.raise("dns", "%s: there is no such domain", domain)
	elseif take_root_away(answer) then
		errors.raise("dns", "%s takes no mail: its MX record says so " ..
			"(RFC 7505)", domain)
	elseif #answer == 0 then
		-- RFC 5321 5.1: then the domain is its own.
		answer[1] = {target = search.ascii, priority = 0}
	end
	for _, r in ipairs(answer) do
		r.port, r.weight = 25, 1
		r.authenticated = answer.authenticated
	end
	return M.order(answer)
end

-- ---- servers ----

local function is_within(host, domain)
	return host == domain or host:sub(-#domain - 1) == "." .. domain
end

-- All that is known of the connection to one server.  The certificate may be
-- for the server, the domain or, by its SRV-ID (RFC 4985), the service; which
-- of them will do, M.check decides.  By SNI the name is asked for that does
-- without a question.
local function placed(search, service, place)
	local spec = {}
	for key, value in pairs(search.spec) do
		spec[key] = value
	end
	spec.host, spec.port = place.target, place.port
	spec.tls = service.tls or false
	spec.tls_also, spec.tls_srv_id = search.ascii, place.srv_id
	local direct = place.authenticated or
		is_within(place.target, search.ascii)
	if not direct then
		spec.tls_sni = search.ascii
	end
	spec.starttls = spec.own_starttls or service.srv and "require" or
		spec.starttls
	spec.found = {
		domain = search.spec.host, ascii = search.ascii,
		service = spec.service, srv_id = place.srv_id,
		direct = direct, authenticated = place.authenticated,
		prompt = spec.prompt,
	}
	spec.found_text = table.concat(search.notes, "\n")
	spec.found_seconds = search.seconds
	return spec
end

-- Octets of the digests of RFC 6698 7.4; 0 is the thing itself.
local digests = {[0] = 0, 32, 64}

-- Whether a record of TLSA can be used: usages that need an authority as well
-- are not for mail servers (RFC 7672 3.1.3).
local function is_usable(r, service)
	local size = digests[r.matching]
	return r.usage <= 3 and (service.srv or r.usage >= 2) and
		r.selector <= 1 and size and (size == 0 or #r.data == size)
end

-- DANE (RFC 7672 2.2, RFC 7673 3): where DNSSEC vouches for the way to the
-- server, it may vouch for its certificate; then TLS is required.  If that
-- cannot be known the server is not used: somebody may hold the answer back.
local function add_dane(search, service, place, spec)
	if not place.authenticated or spec.insecure or spec.starttls == "no" then
		return
	end
	local name = ("_%d._tcp.%s"):format(place.port, place.target)
	local answer = ask(search, name, "TLSA")
	local lines = {}
	for _, r in ipairs(answer) do
		if answer.authenticated and is_usable(r, service) then
			lines[#lines + 1] = ("%d %d %d %s"):format(r.usage,
				r.selector, r.matching, to_hex(r.data))
		end
	end
	if #lines > 0 then
		spec.tls_dane = table.concat(lines, "\n")
		spec.starttls = "require"
	end
	spec.found_text = table.concat(search.notes, "\n")
	spec.found_seconds = search.seconds
end

-- Whether the next server is to be tried: RFC 2782 if none listens there,
-- RFC 5321 5.1 if it will not serve now.
local function is_passed_over(e)
	return errors.is(e, "dns", "connect", "timeout", "closed") or
		errors.is(e, "refused") and e.temporary
end

local function try(search, service, place, attempt)
	local spec = placed(search, service, place)
	local ok, conn = pcall(function()
		add_dane(search, service, place, spec)
		return attempt(spec)
	end)
	if ok then
		return conn, spec
	elseif not is_passed_over(conn) then
		error(conn, 0)
	end
	search.failures[#search.failures + 1] = conn
	note(search, tostring(conn), true)
end

local function raise_failure(search)
	local domain, service = search.spec.host, search.spec.service
	local n = #search.failures
	local last = search.failures[n]
	if n == 1 then
		error(last, 0)
	elseif n > 1 then
		errors.raise(last.kind == "refused" and "connect" or last.kind,
			"%s: none of %d servers could be reached; the last one: %s",
			domain, n, tostring(last))
	elseif search.denied then
		errors.raise("dns", "%s offers no %s: SRV %s says so", domain,
			service, search.denied)
	end
	errors.raise("dns", "%s does not say where its %s server is (no SRV " ..
		"%s); name it: %s://HOST", domain, service,
		table.concat(search.asked, ", "), services[service][1].srv)
end

-- Opens a connection to a server of spec.service of the domain spec.host, by
-- attempt(spec), which returns it or raises.  Returns it and its spec.
function M.connect(spec, attempt)
	local search = {
		spec = spec, ascii = core.host_ascii(spec.host):lower(),
		asked = {}, notes = {}, failures = {}, seconds = 0,
	}
	for _, service in ipairs(services[spec.service]) do
		local places = service.srv and places_by_srv(search, service) or
			places_by_mx(search)
		for _, place in ipairs(places) do
			if #search.failures == TRIED_MAX then
				break
			end
			local conn, own = try(search, service, place, attempt)
			if conn then
				return conn, own
			end
		end
	end
	raise_failure(search)
end

-- ---- belief ----

-- What a person has said yes to, in this run.
local believed = {}

local function escape(text)
	return (text:gsub("[^%w%-._~]", function(c)
		return ("%%%02X"):format(c:byte())
	end))
end

-- The URL that says that the server is the right one.
local function direct_url(conn, found, user)
	local scheme = found.srv_id and found.srv_id:match "^_(%a%w*)" or "smtp"
	return ("%s://%s%s:%d"):format(scheme, user and escape(user) .. "@" or "",
		conn.host, conn.port)
end

local function is_believed(conn, found)
	if conn.insecure or found.authenticated then
		return true
	elseif not conn.tls then
		return false
	end
	return found.direct or conn.tls.pinned or conn:certifies(found.ascii) or
		found.srv_id and conn:certifies(found.srv_id) or
		believed[found.ascii .. " " .. conn.host]
end

local function is_yes(answer)
	local first = answer:lower():match "^%s*(%a)"
	return first == "y" or first == core.text "yes":sub(1, 1)
end

-- Whether a person says that the server is right.  Without TLS nobody could
-- know whether this is the server.
local function is_confirmed(conn, found)
	if not conn.tls or found.prompt == false then
		return false
	end
	local answer = core.ask(errors.text("DNS, which can be forged, names " ..
		"%s as the %s server of %s; its certificate is good, but not " ..
		"for %s.  Use it? [y/N] ", conn.host, found.service,
		found.domain, found.domain))
	if not answer or not is_yes(answer) then
		return false
	end
	believed[found.ascii .. " " .. conn.host] = true
	return true
end

-- Raises unless the server of a connection is the domain's as far as can be
-- known.  Nothing to do for one that was not found by DNS.
--
-- the record, the server       the certificate is for
-- vouched for by DNSSEC        the server, the domain or the service: good
-- not; within the domain       one of these: good
-- not; elsewhere               the domain, or the service as an SRV-ID: good
-- not; elsewhere               the server alone: a person is asked, once;
--                              without one, an error names the URL to use
-- not, and there is no TLS     no secret is sent
function M.check(conn, user)
	local found = conn.found
	if not found or is_believed(conn, found) or is_confirmed(conn, found) then
		return
	end
	local url = direct_url(conn, found, user)
	if conn.tls then
		errors.raise("tls", "%s: only DNS, which can be forged, says that " ..
			"%s is its server: the certificate is not for %s; if it " ..
			"is right, use that URL", found.domain, url, found.domain)
	end
	errors.raise("tls", "%s: only DNS, which can be forged, says that %s is " ..
		"its server, and there is no TLS; no secret is sent",
		found.domain, url)
end

return M
