-- pieces: lines of what comes in parts, whatever their length, in little memory.

local M = {}

-- Longer lines come in several pieces, in octets.
local LONGEST = 64 * 1024

-- Iterates over the lines, each with its end, of what read() gives in parts until
-- nil.  The second value is whether the piece begins a line; no piece ends between
-- CR and LF.
function M.pieces(read)
	local buffer, at, begins, over = "", 1, true, false
	local function piece(stop)
		local text, first = buffer:sub(at, stop), begins
		at, begins = stop + 1, text:byte(-1) == 0x0a
		return text, first
	end
	return function()
		while true do
			local stop = buffer:find("\n", at, true)
			if stop and stop - at < LONGEST then
				return piece(stop)
			elseif #buffer - at >= LONGEST then
				stop = at + LONGEST - 1
				return piece(buffer:byte(stop) == 0x0d and stop - 1 or
					stop)
			elseif over then
				if at <= #buffer then
					return piece(#buffer)
				end
				return nil
			end
			local part = read()
			over = part == nil
			buffer, at = buffer:sub(at) .. (part or ""), 1
		end
	end
end

-- The pieces of an open file.
function M.of_file(file)
	return M.pieces(function() return file:read(LONGEST) end)
end

return M
