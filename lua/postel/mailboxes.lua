-- mailboxes: the mailboxes of an account, by names that mean the same on every
-- server: an array of levels, without the prefix and the delimiter that one
-- server has (RFC 9051 5.1, RFC 2342).

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

local Account = {}
Account.__index = Account

-- ---- what servers say of them ----

-- A mailbox name of a response in UTF-8.
local function decode_name(conn, name)
	name = tostring(name)
	return not conn.utf8 and core.mutf7_decode(name) or name
end

-- The mailboxes that the reply to a LIST names: {name, delimiter, flags} each.
function M.listed(reply)
	local list = {}
	for _, r in ipairs(reply.data) do
		if r.name:upper() == "LIST" and type(r[1]) == "table" then
			list[#list + 1] = {
				name = decode_name(reply.conn, r[3]),
				delimiter = r[2] or nil, flags = r[1],
			}
		end
	end
	return list
end

-- The namespaces that the reply to a NAMESPACE names (RFC 2342).
function M.namespaces(reply)
	for _, r in ipairs(reply.data) do
		if r.name:upper() == "NAMESPACE" then
			return {personal = r[1], other = r[2], shared = r[3]}
		end
	end
	return {}
end

-- Asks, by `how`, conn.send or conn.send_ahead, for all that an account is made of.
-- Of two LISTs at a time nothing would say which one a response belongs to.
function M.ask(conn, how)
	return {namespace = how(conn, "NAMESPACE"), list = how(conn, "LIST", "", "*")}
end

-- ---- an account ----

-- What was asked with the login, or is asked now.
local function answers(conn)
	local asked = conn.asked
	conn.asked = nil
	if not asked and (conn:capability "NAMESPACE" or
		conn:capability "IMAP4REV2") then
		asked = M.ask(conn, conn.send)
	end
	return asked or {}
end

-- The reply, if there is one and it is good.
local function good(cmd)
	return cmd and cmd:wait().ok and cmd or nil
end

-- The personal namespace: its prefix and delimiter.
local function personal(conn, namespace)
	if namespace then
		local first = M.namespaces(namespace).personal
		first = first and first[1]
		if type(first) == "table" then
			return tostring(first[1] or ""), first[2] or nil
		end
	end
	local root = conn:list("", "")[1]
	return "", root and root.delimiter
end

-- What is known of the account of conn.
function M.account(conn)
	local asked = answers(conn)
	local namespace, list = good(asked.namespace), good(asked.list)
	local prefix, delimiter = personal(conn, namespace)
	local account = setmetatable({conn = conn, prefix = prefix,
		delimiter = delimiter}, Account)
	-- Below a prefix there may be much less.
	account.all = prefix == "" and list and M.listed(list) or nil
	return account
end

local function split(name, delimiter)
	local levels = {}
	if not delimiter then
		return {name}
	end
	for level in (name .. delimiter):gmatch("(.-)%" .. delimiter) do
		levels[#levels + 1] = level
	end
	return levels
end

-- The server's name of a mailbox as levels.
function Account:levels(name)
	if name:upper() == "INBOX" then
		return {"INBOX"}
	end
	if self.prefix ~= "" and name:sub(1, #self.prefix) == self.prefix then
		name = name:sub(#self.prefix + 1)
	end
	return split(name, self.delimiter)
end

-- The name that this server has for levels.  What a level cannot hold here, the
-- delimiter, becomes "_".
function Account:name(levels)
	if #levels == 1 and levels[1]:upper() == "INBOX" then
		return "INBOX"
	end
	local out = {}
	for i, level in ipairs(levels) do
		out[i] = self.delimiter and
			level:gsub("%" .. self.delimiter, "_") or level
	end
	if #out > 1 and not self.delimiter then
		local e = errors.new("use", "%s: it knows no mailboxes within " ..
			"mailboxes", self.conn.name)
		e.mailbox = true
		error(e, 0)
	end
	return self.prefix .. table.concat(out, self.delimiter or "")
end

-- The name for people and patterns: levels with "/" between.
function M.text(levels)
	return table.concat(levels, "/")
end

-- Whether a name for people fits one of the patterns; "*" stands for anything.
function M.matches(text, patterns)
	for _, pattern in ipairs(patterns) do
		local p = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
			:gsub("%*", ".*")
		if text:find("^" .. p .. "$") or
			pattern:upper() == "INBOX" and text == "INBOX" then
			return true
		end
	end
	return false
end

local hidden = {["\\noselect"] = true, ["\\nonexistent"] = true}

-- Whether a mailbox of LIST can be opened.
local function is_open(m)
	for _, flag in ipairs(m.flags) do
		if hidden[tostring(flag):lower()] then
			return false
		end
	end
	return true
end

-- Whether a list has a mailbox of this name that can be opened: a name may look like
-- a pattern.
local function is_there(list, name)
	for _, m in ipairs(list) do
		if m.name == name and is_open(m) then
			return true
		end
	end
	return false
end

-- Whether the account is known to have it already.
function Account:has(name)
	return is_there(self.all or {}, name)
end

-- Makes a mailbox of the account, by its server's name, if it is not there, or only
-- as a place for others (RFC 9051 6.3.4).
function M.make(account, name)
	if name == "INBOX" then
		return
	end
	if account:has(name) or is_there(account.conn:list(name), name) then
		return
	end
	account.conn:create(name)
	account.conn:call("SUBSCRIBE", name)
end

-- The mailboxes that can be opened: {name, levels, text} each, sorted, those
-- that fit `only` and do not fit `but`, arrays of patterns or nil.
function Account:list(only, but)
	local list = {}
	for _, m in ipairs(self.all or self.conn:list(self.prefix .. "*")) do
		local levels = self:levels(m.name)
		local text = M.text(levels)
		if is_open(m) and (not only or M.matches(text, only)) and
			not (but and M.matches(text, but)) then
			list[#list + 1] = {name = m.name, levels = levels,
				text = text}
		end
	end
	-- INBOX need not lie below the prefix.
	if self.prefix ~= "" and (not only or M.matches("INBOX", only)) and
		not (but and M.matches("INBOX", but)) then
		local there = false
		for _, m in ipairs(list) do
			there = there or m.text == "INBOX"
		end
		if not there then
			list[#list + 1] = {name = "INBOX", levels = {"INBOX"},
				text = "INBOX"}
		end
	end
	table.sort(list, function(a, b) return a.text < b.text end)
	return list
end

return M
