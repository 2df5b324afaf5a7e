-- account: connections with a name of their own, as init.lua tells them.
--
--	postel.account {
--		name = "work", url = "imaps://alice@mx.example.org/INBOX",
--		password_command = "pass show mail/work",
--	}
--
-- Its fields are those of postel.connect.  Wherever a URL may stand, in
-- scripts, behind :open and on the command line, its name may stand too.

local core = require "postel.core"
local errors = require "postel.errors"
local connect = require "postel.connect"

local M = {}

-- In the order in which they were told; the shell completes them.
M.names = {}

local accounts = {}

-- Fields that are names of files, where "~/" is the home folder.
local files = {"ca", "cert", "key", "password_file", "netrc"}

local function wrong(field, format, ...)
	errors.argument("account", field, format, ...)
end

local function check_name(name)
	if type(name) ~= "string" or not name:find "^%w[%w_.-]*$" then
		wrong("name", "a word of letters, digits, '-', '_' and '.' " ..
			"expected")
	end
	if name:find "%.lua$" then
		wrong("name", "%s is the name of a script's file", name)
	end
end

-- The parts of a URL; what is wrong with it is told at the account.
local function parse(field, url)
	local ok, parts = pcall(core.url, url)
	if not ok then
		wrong(field, "%s", tostring(parts))
	end
	return parts
end

-- Where the server is: in a URL, or in fields.  A protocol may be the scheme
-- of a URL as well: "imaps" is "imap" in TLS.
local function check_place(a)
	if a.url then
		return parse("url", a.url)
	end
	if a.protocol then
		local parts = parse("protocol", a.protocol .. "://host")
		a.protocol = parts.protocol
		if a.tls == nil then
			a.tls = parts.tls
		end
		-- Of "imap" in TLS the port is that of "imaps".
		if a.tls == parts.tls and a.host then
			a.port = a.port or parts.port
		end
	end
	if not a.host and not a.path then
		wrong("url", "a url, a host or a path is missing")
	elseif a.path and not a.transport then
		wrong("transport", "a path wants \"unix\" or \"pipe\"")
	elseif not a.protocol then
		wrong("protocol", "it is missing")
	end
	return {}
end

-- Whatever stands in a file that others can read is told.
local function warn_clear()
	local path = errors.caller():match "^@(.+)"
	if path then
		core.warn_mode(path)
	end
end

--- postel.account(fields)
-- Gives a name to a connection, for postel.connect(), the command line and :open.
-- The fields are name, a word, and the options of postel.connect().  There must be
-- a url, or a protocol (or scheme, "imaps") with a host, or with a transport and a
-- path.  In names of files ~/ is the home folder.  A wrong field is an error at the
-- place of the call.  If a password stands in a file that others can read, that
-- is told.  An account of the same name is replaced.
function M.account(t)
	if type(t) ~= "table" then
		wrong("fields", "table expected, got %s", type(t))
	end
	check_name(t.name)
	connect.check_keys("account", t)
	local a = {}
	for key, value in pairs(t) do
		a[key] = value
	end
	local home = os.getenv "HOME"
	for _, key in ipairs(files) do
		if type(a[key]) == "string" and home then
			a[key] = a[key]:gsub("^~/", function()
				return home .. "/"
			end)
		end
	end
	local parts = check_place(a)
	for _, key in ipairs {"password", "token"} do
		if type(a[key]) == "string" then
			a[key] = core.secret(a[key])
		end
	end
	local proxy_secret = type(a.proxy) == "string" and a.proxy:find "@"
	if proxy_secret then
		a.proxy = core.secret(a.proxy)
	end
	if parts.password then
		a.url = core.url_text(a.url)
		a.password = a.password or parts.password
	end
	if a.password or a.token or proxy_secret then
		warn_clear()
	end
	a.account = a.name
	if not accounts[a.name] then
		table.insert(M.names, a.name)
	end
	accounts[a.name] = a
end

-- The fields of an account, which the caller must not change; or nil.
function M.find(name)
	return accounts[name]
end

-- "imaps://alice@mx.example.org:993/INBOX", for people.
function M.describe(name)
	local a = connect.named(name)
	if a.service then
		local user = (a.user or ""):gsub("@" .. a.host:gsub("%p", "%%%0")
			.. "$", "")
		return ("%s:%s%s"):format(a.service,
			user ~= "" and user .. "@" or "", a.host)
	end
	local where = a.host or a.path or ""
	if where:find ":" and a.host then
		where = "[" .. where .. "]"
	end
	local port = a.host and a.port and ":" .. a.port or ""
	return ("%s%s%s%s%s%s%s"):format(a.protocol or "", a.tls and "s" or "",
		a.path and "+" .. (a.transport or "") .. ":" or "://",
		a.user and a.user .. "@" or "", where, port,
		a.mailbox and "/" .. a.mailbox or "")
end

return M
