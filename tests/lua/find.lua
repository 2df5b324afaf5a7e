-- Finding servers by DNS: the order in which they are tried.

local spec = dofile "tests/lua/lib/spec.lua"
local find = require "postel.find"

local function record(target, priority, weight)
	return {target = target, priority = priority, weight = weight}
end

-- What order() makes of records, in one text; picks are what "random" says.
local function order(records, picks)
	local at, sums = 0, {}
	local ordered = find.order(records, function(low, high)
		spec.same(low, 0)
		at = at + 1
		sums[at] = high
		return math.min(picks[at] or 0, high)
	end)
	local names = {}
	for i, r in ipairs(ordered) do
		names[i] = r.target
	end
	return table.concat(names, " "), sums
end

spec.test("a lower priority goes first, whatever the weights", function()
	spec.same(order({record("c", 20, 99), record("a", 0, 0),
		record("b", 10, 1)}, {}), "a b c")
end)

spec.test("RFC 2782: the running sum that reaches the number picks", function()
	local records = {record("a", 0, 10), record("b", 0, 30),
		record("c", 0, 60)}
	local names, sums = order(records, {11, 0})
	spec.same(names, "b a c")
	spec.same(sums[1], 100)
	spec.same(sums[2], 70)
	spec.same(order(records, {10, 31}), "a c b")
	spec.same(order(records, {100, 40}), "c b a")
	spec.same(order(records, {0, 0}), "a b c")
end)

spec.test("RFC 2782: weight 0 stands in front and has hardly a chance",
	function()
		local records = {record("a", 0, 5), record("z", 0, 0)}
		spec.same(order(records, {0}), "z a")
		spec.same(order(records, {1}), "a z")
	end)

spec.test("in the long run servers get their share", function()
	local seed = 1
	local function random(low, high) -- Park and Miller's, the same each time
		seed = seed * 16807 % 2147483647
		return low + seed % (high - low + 1)
	end
	local first = {a = 0, b = 0}
	for _ = 1, 4000 do
		local ordered = find.order({record("a", 0, 10),
			record("b", 0, 30)}, random)
		local name = ordered[1].target
		first[name] = first[name] + 1
		spec.same(#ordered, 2)
	end
	assert(first.a > 900 and first.a < 1200, first.a)
end)

spec.test("nothing to order, and one", function()
	spec.same(#find.order({}), 0)
	spec.same(find.order({record("a", 1, 1)})[1].target, "a")
end)

-- ---- URLs ----

local connect = require "postel.connect"

spec.test("a user of a domain is named by the whole address", function()
	spec.same(connect.spec "imap:fred@example.org".user, "fred@example.org")
	spec.same(connect.spec "imap:fred%40x.test@example.org".user, "fred@x.test")
	spec.same(connect.spec "imap://fred@example.org".user, "fred")
	spec.same(connect.spec "imap:example.org".user, nil)
	-- The local part alone is for who says so.
	spec.same(connect.spec("imap:example.org", {user = "fred"}).user, "fred")
end)

spec.test("a domain has no port", function()
	spec.same(connect.spec "imaps:example.org".port, nil)
	spec.raises("usage", "imap://HOST:PORT", connect.spec,
		"imap:example.org:143")
	spec.raises("usage", "no address", connect.spec, "imap:127.0.0.1")
	spec.raises("usage", "no address", connect.spec, "imap:[::1]")
	spec.raises("usage", "mx: logs nobody in", connect.spec, "mx:a@b.test")
	spec.raises("usage", "by a domain", connect.spec, "mx://b.test")
	spec.raises("usage", "mx:DOMAIN", connect.spec, "smtp:b.test")
end)

spec.test("a service may be a field", function()
	local s = connect.spec {service = "imaps", host = "example.org",
		user = "fred"}
	spec.same(s.protocol, "imap")
	spec.same(s.user, "fred")
	spec.same(s.port, nil)
end)

spec.test("an account may name a domain", function()
	local account = require "postel.account"
	postel.account {name = "found", url = "imap:fred@example.org"}
	spec.same(account.describe "found", "imap:fred@example.org")
end)

return spec.done()
