-- peer: a server on standard input and output that follows a script.

local path = arg[1]
local verdict = "ok"

local function heard(expected)
	local line = io.read "L"
	line = line and line:gsub("\r?\n$", "")
	if line ~= expected then
		verdict = ("expected %s, heard %s"):format(expected,
			tostring(line))
	end
	return verdict == "ok"
end

for line in io.lines(path) do
	local kind, text = line:match "^(%u): ?(.*)$"
	if kind == "S" then
		io.write(text, "\r\n")
		io.flush()
	elseif kind == "C" and not heard(text) then
		break
	elseif line == "CLOSE" then
		break
	elseif line == "SLOW" then
		postel.sleep(0.05)
	end
end

local log = assert(io.open(path .. ".tmp", "w"))
log:write(verdict, "\n")
log:close()
os.rename(path .. ".tmp", path .. ".log")
