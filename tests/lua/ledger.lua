-- Who has got which message, in a file that a killed run leaves behind.

local ledger = require "postel.ledger"
local spec = dofile "tests/lua/lib/spec.lua"

local TO = {"a@x.test", "b@x.test"}

local function remaining(l, key)
	local list, unknown = l:remaining(key, TO)
	return table.concat(list, " ") .. (unknown and " ?" or "")
end

for _, kind in ipairs {"a journal", "memory"} do
	spec.test("verdicts are kept in " .. kind, function()
		local folder = spec.folder()
		local l = ledger.ledger(kind == "a journal" and folder .. "/j" or nil)
		spec.same(remaining(l, "m"), "a@x.test b@x.test")
		l:begin("m", TO)
		spec.same(remaining(l, "m"), "a@x.test b@x.test ?")
		l:settle("m", {"b@x.test"})
		spec.same(remaining(l, "m"), "a@x.test")
		l:begin("m", {"a@x.test"})
		spec.same(remaining(l, "m"), "a@x.test ?")
		l:settle("m", {"a@x.test"})
		spec.same(remaining(l, "m"), "")
		spec.same(remaining(l, "other"), "a@x.test b@x.test")
		l:settle("17", {})
		spec.same(remaining(l, "17"), "a@x.test b@x.test")
		l:close()
		spec.remove(folder)
	end)
end

spec.test("another run reads what one has left", function()
	local folder = spec.folder()
	local l = ledger.ledger(folder .. "/j")
	l:of "imap asterix INBOX"
	spec.same(l:has_other_validity "7", false)
	l:settle("1", TO)
	l:begin("2", TO)
	l:close()
	l = ledger.ledger(folder .. "/j")
	spec.raises("usage", "of imap asterix INBOX, not of", l.of, l, "maildir")
	l:of "imap asterix INBOX"
	spec.same(l:has_other_validity "8", true)
	spec.same(l:has_other_validity "7", false)
	spec.same(remaining(l, "1"), "")
	spec.same(remaining(l, "2"), "a@x.test b@x.test ?")
	l:renew "8"
	spec.same(remaining(l, "1"), "a@x.test b@x.test")
	spec.same(l:has_other_validity "8", false)
	l:close()
	spec.remove(folder)
end)

spec.test("entries of messages that are gone go", function()
	local folder = spec.folder()
	local path = folder .. "/j"
	local l = ledger.ledger(path)
	for _, key in ipairs {"1", "x y", "z"} do
		l:settle(key, TO)
	end
	local left = {"x y", "new"}
	local i = 0
	local function next_key()
		i = i + 1
		return left[i]
	end
	l:keep(next_key)
	spec.same(remaining(l, "x y"), "")
	spec.same(remaining(l, "z"), "a@x.test b@x.test")
	l:keep(function() end)
	local file = io.open(path)
	spec.same(file, nil)
	l:close()
	spec.remove(folder)
end)

return spec.done()
