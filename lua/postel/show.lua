-- show: values as the shell prints them: tables as Lua writes them, octets
-- of strangers made visible.

local core = require "postel.core"

local DEPTH, ITEMS = 4, 100

local function quoted(s)
	return '"' .. core.vis((s:gsub('[\\"]', "\\%0"):gsub("\n", "\\n")
		:gsub("\r", "\\r"))) .. '"'
end

local function by_name(a, b)
	if type(a) == type(b) and type(a) ~= "table" and
		type(a) ~= "userdata" and type(a) ~= "boolean" then
		return a < b
	end
	return type(a) < type(b)
end

local show

local function show_table(t, depth, seen)
	if seen[t] or depth > DEPTH then
		return "{…}"
	end
	seen[t] = true
	local parts, keys = {}, {}
	for i = 1, math.min(#t, ITEMS) do
		parts[i] = show(t[i], depth + 1, seen)
	end
	for key in pairs(t) do
		if math.type(key) ~= "integer" or key < 1 or key > #t then
			keys[#keys + 1] = key
		end
	end
	pcall(table.sort, keys, by_name)
	for i = 1, math.min(#keys, ITEMS) do
		local key = keys[i]
		local name = type(key) == "string" and key:find "^[%a_][%w_]*$" and
			key or "[" .. show(key, depth + 1, seen) .. "]"
		parts[#parts + 1] = name .. " = " ..
			show(t[key], depth + 1, seen)
	end
	if #t > ITEMS or #keys > ITEMS then
		parts[#parts + 1] = "…"
	end
	seen[t] = nil
	return "{" .. table.concat(parts, ", ") .. "}"
end

function show(value, depth, seen)
	local mt = getmetatable(value)
	if type(value) == "string" then
		return quoted(value)
	elseif type(value) == "table" and
		not (type(mt) == "table" and mt.__tostring) then
		return show_table(value, depth, seen)
	end
	return core.vis(tostring(value))
end

-- Calls fn and prints what it returns; a string as it is, for it is text.
return function(fn)
	local values = table.pack(fn())
	if values.n == 0 then
		return
	end
	for i = 1, values.n do
		local value = values[i]
		values[i] = values.n == 1 and type(value) == "string" and
			value:gsub("\r\n", "\n"):gsub("[^\n]+", core.vis) or
			show(value, 1, {})
	end
	print(table.concat(values, "\t"))
end
