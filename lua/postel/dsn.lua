-- dsn: what is asked for in notices about delivery (RFC 3461): the parameters of MAIL
-- and RCPT.

local core = require "postel.core"
local errors = require "postel.errors"

local M = {}

-- RFC 3461 4.4, 4.2: the longest ENVID and ORCPT.
local ENVID_MAX, ORCPT_MAX = 100, 500

local conditions = {success = true, failure = true, delay = true}
local returns = {full = "FULL", hdrs = "HDRS"}

local function wrong(format, ...)
	errors.argument("mail", "dsn", format, ...)
end

-- xtext (RFC 3461 4): printable ASCII, all else, + and = as +XX.
function M.xtext(text)
	return (text:gsub("[^!-*,-<>-~]", function(c)
		return ("+%02X"):format(c:byte())
	end))
end

-- An address beyond ASCII (RFC 6533 3: utf-8-addr-unitext).
local function unitext(text)
	return (text:gsub("[%c +=\\]", function(c)
		return ("\\x{%02X}"):format(c:byte())
	end))
end

-- "NEVER", or some of the conditions in a fixed order (RFC 3461 4.1); value is a
-- text with commas or an array.  nil if it is neither.
function M.notify(value)
	if type(value) == "table" then
		value = table.concat(value, ",")
	elseif type(value) ~= "string" then
		return nil
	end
	local found, list = {}, {}
	for word in (value:lower() .. ","):gmatch "%s*(.-)%s*," do
		if word ~= "never" and not conditions[word] then
			return nil
		end
		found[word] = true
	end
	for _, word in ipairs {"success", "failure", "delay"} do
		list[#list + 1] = found[word] and word:upper() or nil
	end
	if found.never then
		return #list == 0 and "NEVER" or nil
	end
	return table.concat(list, ",")
end

-- What is wrong with such a table, in words; or nil.
function M.fault(dsn)
	for key in pairs(dsn) do
		if key ~= "notify" and key ~= "ret" and key ~= "envid" and
			key ~= "orcpt" then
			return errors.text("%s: no such option", tostring(key))
		end
	end
	if dsn.notify ~= nil and not M.notify(dsn.notify) then
		return errors.text("%s is none of never, or success, failure, delay",
			core.vis(tostring(dsn.notify)))
	elseif dsn.ret ~= nil and not returns[tostring(dsn.ret):lower()] then
		return errors.text("%s is neither full nor hdrs",
			core.vis(tostring(dsn.ret)))
	elseif dsn.envid ~= nil and (type(dsn.envid) ~= "string" or
		not dsn.envid:find "^[ -~]+$" or
		#M.xtext(dsn.envid) > ENVID_MAX) then
		return errors.text "an id is printable ASCII, at most 100 octets"
	end
	return nil
end

-- Raises misuse, and kind "use" where the server does not offer DSN.
function M.check(conn, dsn)
	if type(dsn) ~= "table" then
		wrong("table expected, got %s", type(dsn))
	end
	local fault = M.fault(dsn)
	if fault then
		wrong("%s", fault)
	elseif not conn:capability "DSN" then
		errors.raise("use", "%s: notices about delivery need DSN, which " ..
			"the server does not offer", conn.name)
	end
end

-- Adds the parameters of MAIL to an array.
function M.mail_parameters(dsn, list)
	if dsn.ret then
		list[#list + 1] = "RET=" .. returns[dsn.ret:lower()]
	end
	if dsn.envid then
		list[#list + 1] = "ENVID=" .. M.xtext(dsn.envid)
	end
end

-- An array of the parameters of RCPT for an address.
function M.rcpt_parameters(dsn, address)
	local list = {}
	if dsn.notify then
		list[1] = "NOTIFY=" .. M.notify(dsn.notify)
	end
	local original = dsn.orcpt
	if type(original) == "table" then
		original = original[address]
	elseif original == true then
		original = address
	end
	if original then
		local text = original:find "[\x80-\xff]" and
			"utf-8;" .. unitext(original) or
			"rfc822;" .. M.xtext(original)
		list[#list + 1] = #text <= ORCPT_MAX and "ORCPT=" .. text or nil
	end
	return list
end

return M
