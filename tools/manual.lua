-- manual: postel-lua(7) out of what stands above the functions.
--
--	postel tools/manual.lua doc/postel-lua.7.in >postel-lua.7
--
-- A line of that page
--
--	.\" @ FILE...
--
-- becomes the entries of these files, a tagged list.  An entry is a comment that
-- begins with three dashes, in C with three asterisks:
--
--	--- box:search(criteria) → messages
--	-- What it does.  Several first lines of that kind share a text.
--	--
--	--	name	a row of a list, with tabs; "	" and a tab continue it
--	--
--	--	what stands behind a tab alone is shown as it is
--
-- Nothing may be lost: a file with entries that no line names is an error.

local used = {}

local function fail(format, ...)
	io.stderr:write("manual: ", format:format(...), "\n")
	os.exit(1)
end

-- ---- entries ----

-- The comment lines of a source, without what makes them comments; first is true
-- where an entry begins.
local function comments(path)
	local first, rest, stop = "^%-%-%- (.+)$", "^%-%-(.*)$", nil
	if path:find "%.c$" then
		first, rest, stop = "^[/ ]%*%*%* (.+)$", "^ %*(.*)$", "^ %*/"
	end
	local lines = io.lines(path)
	return function()
		local line = lines()
		if not line then
			return nil
		end
		local head = line:match(first)
		local text = not head and not (stop and line:find(stop)) and
			line:match(rest)
		return head or text or false, head ~= nil
	end
end

-- {heads, lines} of each entry of a file; what makes an object stands in front.
local function entries(path)
	local list, entry = {}, nil
	for text, first in comments(path) do
		if first and entry and #entry.lines == 0 then
			table.insert(entry.heads, text)
		elseif first then
			entry = {heads = {text}, lines = {}}
			list[#list + 1] = entry
		elseif text and entry then
			table.insert(entry.lines, (text:gsub("^ ", "")))
		elseif not text then
			entry = nil
		end
	end
	local sorted = {}
	for _, wanted in ipairs {true, false} do
		for _, e in ipairs(list) do
			if (e.heads[1]:find "^postel%." ~= nil) == wanted then
				sorted[#sorted + 1] = e
			end
		end
	end
	return sorted
end

-- ---- mdoc ----

local function escape(text)
	return (text:gsub("\\", "\\e"):gsub("→", "\\(->")
		:gsub("%f[%w-]%-%f[%w%-\"]", "\\-"):gsub("^([.'])", "\\&%1"))
end

-- Running text: a sentence a line, what is called in bold.
local function prose(text)
	return (escape(text):gsub("([%w.:_]+)%(%)", "\\fB%1\\fR()")
		:gsub("([%w)\"}][.!?:]) +([%u\"])", "%1\n%2"))
end

-- What a line of an entry is: its kind and its parts.
local function kind_of(line)
	if line == "" then
		return "empty"
	end
	local name, text = line:match "^\t([^\t]+)\t+(.*)$"
	if name then
		return "row", text, name
	end
	text = line:match "^\t\t(.*)$"
	if text then
		return "more", text
	end
	text = line:match "^\t(.*)$"
	if text then
		return "literal", text
	end
	return "text", line
end

-- As an argument of a macro.
local function quoted(text)
	return '"' .. escape(text):gsub('"', "\\(dq") .. '"'
end

-- How wide the names of a list are, as far as they leave room for a text.
local WIDEST = 12

local function width(lines)
	local widest = 0
	for _, line in ipairs(lines) do
		local kind, _, name = kind_of(line)
		if kind == "row" then
			widest = math.max(widest, #name)
		end
	end
	return ("n"):rep(math.min(widest, WIDEST))
end

local ends = {row = ".El", literal = ".Ed"}

-- The lines of an entry as mdoc, into out.
local function body(lines, out)
	local open, paragraph, gap = nil, {}, false
	local function flush()
		if #paragraph > 0 then
			out[#out + 1] = prose(table.concat(paragraph, " "))
		end
		paragraph = {}
	end
	local function turn(block)
		flush()
		if open and open ~= block then
			out[#out + 1] = ends[open]
		end
		if block == "row" and open ~= "row" then
			out[#out + 1] = ".Bl -tag -width " .. width(lines) ..
				" -compact"
		elseif block == "literal" and open ~= "literal" then
			out[#out + 1] = ".Bd -literal"
		elseif not block and gap then
			out[#out + 1] = ".Pp"
		end
		open, gap = block, false
	end
	for _, line in ipairs(lines) do
		local kind, text, name = kind_of(line)
		if kind == "row" then
			turn "row"
			out[#out + 1] = ".It Sy " .. quoted(name)
			paragraph[1] = text
		elseif kind == "literal" or kind == "more" and open ~= "row" then
			turn "literal"
			out[#out + 1] = escape(kind == "more" and "    " .. text
				or text)
		elseif kind == "empty" then
			flush()
			gap = true
		else
			if kind == "text" and (open or gap) then
				turn(nil)
			end
			paragraph[#paragraph + 1] = text
		end
	end
	gap = false
	turn(nil)
end

local function print_entries(path)
	local list = entries(path)
	if #list == 0 then
		fail("%s has no entries", path)
	end
	for _, entry in ipairs(list) do
		local out = {}
		for _, head in ipairs(entry.heads) do
			out[#out + 1] = ".It Sy " .. quoted(head)
		end
		body(entry.lines, out)
		io.write(table.concat(out, "\n"), "\n")
	end
end

-- ---- the page ----

local function page(path)
	for line in io.lines(path) do
		local files = line:match '^%.\\" @ (.*)$'
		if files then
			io.write ".Bl -tag -width Ds\n"
			for file in files:gmatch "%S+" do
				used[file] = true
				print_entries(file)
			end
			io.write ".El\n"
		else
			io.write(line, "\n")
		end
	end
end

page(arg[1])
for i = 2, #arg do
	if not used[arg[i]] and #entries(arg[i]) > 0 then
		fail("%s has entries, and %s does not name it", arg[i], arg[1])
	end
end
