-- args: a script's arguments and its usage, from one table.
--
--	local o = postel.args(arg, {
--		name = "purge", about = "Prints unread mail, then deletes it.",
--		{"URL", "the mailbox"},
--		{"-n", "--dry-run", "delete nothing"},
--		{"--to=ADDR", "who gets it", many = true, required = true},
--	})
--	print(o.URL, o.dry_run, o.to[1])
--
-- A row that begins with a dash is an option: its forms, then its help;
-- "=VALUE" says that it takes one.  Any other row is a positional argument:
-- "NAME", "[NAME]" if it may be missing; the last one may be "NAME..." or
-- "[NAME...]", which gives an array.  An option's key is its long form, - made _.
--
-- Of an option with many = true words right behind a value are more of them, as far
-- as they are not wanted as arguments (of which the last one, if it is several, wants
-- all); more = fn(word) says which can be, and more = false that each has the option
-- in front of it.

local core = require "postel.core"
local errors = require "postel.errors"
local command_line = require "postel.given"

local M = {}

-- What all scripts take, for postel.options.
local common = {
	{"-v", "--verbose", core.text "show what the servers say"},
	{"-q", "--quiet", core.text "errors only"},
	{"-t", "--trace=FILE", core.text("the conversation, secrets masked; " ..
		"-: to standard error"),
		bare = "-"},
	{"--ca=FILE", core.text "authorities to trust, in PEM"},
	{"--cert=FILE", core.text "client certificate, in PEM"},
	{"--key=FILE", core.text "its key, if it is not in the same file"},
	{"--fingerprint=SHA256", core.text "only this certificate is good",
		fingerprint = true},
	{"--insecure", core.text "do not verify certificates; send passwords in clear"},
	{"--starttls=MODE", core.text "require, auto or no, for URLs that say nothing",
		one_of = {require = true, auto = true, no = true}},
	{"--auth=MECH", core.text "how to log in"},
	{"--password-file=FILE", core.text "its first line is the password"},
	{"--password-command=CMD", core.text "prints the password"},
	{"--token-command=CMD", core.text "prints an OAuth2 token"},
	{"--dns=ADDRESS[:PORT]", core.text "ask this name server, in place of the system's"},
	{"--timeout=S", core.text "seconds for connecting and for each reply",
		number = true},
	{"--proxy=URL", core.text "go by a SOCKS or HTTP proxy, or none",
		secret = true},
	{"--debug", core.text "a stack trace on failure"},
	{"-h", "--help", core.text "this text"},
}

-- ---- the table ----

-- "-t", "--trace=FILE" …: forms, key, whether a value is wanted.
local function parse_row(row)
	local o = {row = row, forms = {}, help = row[#row]}
	for i = 1, #row - 1 do
		local form, value = row[i]:match "^([^=]+)=?(.*)$"
		o.forms[i] = form
		o.value = value ~= "" and value or o.value
		o.key = form:match "^%-%-(.+)$" or o.key
	end
	o.key = (o.key or o.forms[#o.forms]:gsub("^%-", "")):gsub("%-", "_")
	return o
end

local function parse_table(spec)
	local options, positional = {}, {}
	for _, row in ipairs(spec) do
		if row[1]:sub(1, 1) == "-" then
			options[#options + 1] = parse_row(row)
		else
			local name = row[1]:match "^%[(.+)%]$" or row[1]
			positional[#positional + 1] = {
				name = (name:gsub("%.%.%.$", "")),
				shown = row[1], help = row[2],
				many = name:find "%.%.%.$" ~= nil,
				may_miss = name ~= row[1]}
		end
	end
	local count = #options
	for _, row in ipairs(common) do
		options[#options + 1] = parse_row(row)
	end
	return options, positional, count
end

-- ---- help ----

local function forms_of(o)
	local text = table.concat(o.forms, ", ")
	return o.value and text .. (o.row.bare and "[=" .. o.value .. "]" or
		"=" .. o.value) or text
end

local function usage_line(spec, options, positional, count)
	local words = {errors.text("usage: postel %s", spec.name)}
	for i = 1, count do
		local o = options[i]
		if o.row.required then
			words[#words + 1] = o.forms[#o.forms] .. "=" .. o.value
		end
	end
	words[#words + 1] = "[OPTION]..."
	for _, p in ipairs(positional) do
		words[#words + 1] = p.shown
	end
	return table.concat(words, " ")
end

local function help(spec, options, positional, count)
	local out = {usage_line(spec, options, positional, count), "",
		spec.about, ""}
	local function row(left, right)
		local gap = (" "):rep(math.max(2, 28 - utf8.len(left)))
		out[#out + 1] = "  " .. left .. gap .. right
	end
	for _, p in ipairs(positional) do
		row(p.shown, p.help)
	end
	for i, o in ipairs(options) do
		if i == 1 or i == count + 1 then
			out[#out + 1] = ""
		end
		row(forms_of(o), o.help)
	end
	out[#out + 1] = ""
	if spec.notes then
		out[#out + 1] = spec.notes
	end
	return table.concat(out, "\n")
end

-- ---- parsing ----

local function wrong(spec, format, ...)
	errors.raise("usage", "%s: %s (--help tells more)", spec.name,
		errors.text(format, ...))
end

local function find(options, form)
	for _, o in ipairs(options) do
		for _, f in ipairs(o.forms) do
			if f == form then
				return o
			end
		end
	end
	return nil
end

local function check_value(spec, o, form, value)
	if o.row.one_of and not o.row.one_of[value] then
		wrong(spec, "%s: %s is none of its values", form, value)
	end
	local fault = o.row.fingerprint and core.fingerprint_fault(value)
	if fault then
		wrong(spec, "%s is %s, not %s", form, fault, value)
	end
	if o.row.number then
		local n = tonumber(value)
		if not n or n <= 0 or n > 1e6 then
			wrong(spec, "%s: %s is no number of seconds", form,
				value)
		end
		return n
	end
	return o.row.secret and core.secret(value) or value
end

local function set(spec, result, o, form, value)
	value = value == nil and true or check_value(spec, o, form, value)
	if o.row.many then
		result[o.key] = result[o.key] or {}
		table.insert(result[o.key], value)
	else
		result[o.key] = value
	end
end

-- One option at list[i]: returns the index of what follows.
local function take_option(spec, result, options, list, i)
	local word = list[i]
	local form, value = word:match "^(%-%-[^=]+)=(.*)$"
	form = form or word
	local o = find(options, form)
	if not o then
		wrong(spec, "no such option: %s", form)
	elseif value and not o.value then
		wrong(spec, "%s takes no value", form)
	elseif o.value and not value and o.row.bare then
		value = o.row.bare
	elseif o.value and not value then
		i = i + 1
		value = list[i]
		if not value then
			wrong(spec, "%s wants %s", form, o.value)
		end
	end
	set(spec, result, o, form, value)
	return i + 1, o.row.many and o.row.more ~= false and o or nil
end

-- "--to A B FILE": words right behind a value of an option that may be
-- repeated are more of its values, as far as they are not wanted as arguments.
local function share_out(spec, result, given, behind, positional)
	local rest, surplus, spare = {}, #given - #positional, #given
	local several = #positional > 0 and positional[#positional].many
	for _, p in ipairs(positional) do
		spare = spare - (p.may_miss and 0 or 1)
	end
	for n, word in ipairs(given) do
		local o = behind[n]
		local more, fits = o and o.row.more, false
		if type(more) == "function" then
			fits = spare > 0 and more(word)
		elseif o and more ~= false then
			fits = surplus > 0 and not several
		end
		if fits then
			set(spec, result, o, o.forms[#o.forms], word)
			surplus, spare = surplus - 1, spare - 1
		else
			rest[#rest + 1] = word
		end
	end
	return rest
end

-- Words to the positional arguments, in their order.
local function assign(spec, result, given, positional)
	local last = positional[#positional]
	for n, p in ipairs(positional) do
		if given[n] == nil and not p.may_miss then
			wrong(spec, "%s is missing", p.name)
		end
		result[p.name] = p.many and table.move(given, n, #given, 1, {}) or
			given[n]
	end
	if #given > #positional and not (last and last.many) then
		wrong(spec, "one argument too many: %s", given[#positional + 1])
	end
end

-- What all scripts take becomes postel.options.
local function set_common(result)
	local global = postel.options
	for _, row in ipairs(common) do
		local key = parse_row(row).key
		if result[key] ~= nil then
			global[key], command_line[key] = result[key], result[key]
		end
	end
	global.dry_run = result.dry_run or global.dry_run
	core.dry_run(global.dry_run)
end

--- postel.args(arg, table) → options
-- The arguments of a script, by a table that is its usage as well; adds the
-- options that all scripts have, which become postel.options.  A row that begins
-- with a dash is an option: its forms, then its help; "=VALUE" says that it takes
-- one.  Any other row is an argument by its place, in brackets if it may be
-- missing; the last one may be "NAME...", several, in an array.  An option's key is
-- its long form, with _ for -.
--
--	local o = postel.args(arg, {
--	    name = "sample", about = "Does nothing, carefully.",
--	    {"URL", "where"}, {"[N]", "which"},
--	    {"-n", "--dry-run", "change nothing"},
--	    {"--to=ADDR", "for whom", many = true, required = true},
--	})
--	print(o.URL, o.N, o.dry_run, o.to[1])
--
-- A row may have many (values in an array; words behind one are more of them, unless
-- it has more = false), required, one_of (a table with the
-- values as keys), number (a positive one) and secret.  The table may have notes,
-- a text for the end of the usage.  --help prints the usage and ends the script;
-- what is wrong is an error of kind "usage".
function M.args(list, spec)
	if type(list) ~= "table" or type(spec) ~= "table" then
		errors.argument("args", "list, spec", "two tables expected")
	end
	local options, positional, count = parse_table(spec)
	local result, given, behind, i, literal, last = {}, {}, {}, 1, false, nil
	while i <= #list do
		local word = list[i]
		if literal or word == "-" or word:sub(1, 1) ~= "-" then
			given[#given + 1] = word
			behind[#given] = last
			i = i + 1
		elseif word == "--" then
			literal, last, i = true, nil, i + 1
		else
			i, last = take_option(spec, result, options, list, i)
		end
	end
	if result.help then
		print(help(spec, options, positional, count))
		postel.exit(0)
	end
	assign(spec, result,
		share_out(spec, result, given, behind, positional), positional)
	for _, o in ipairs(options) do
		if o.row.required and result[o.key] == nil then
			wrong(spec, "%s is missing", o.forms[#o.forms])
		end
	end
	set_common(result)
	return result
end

return M
