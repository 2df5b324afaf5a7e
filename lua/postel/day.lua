-- day: days as people write them, for IMAP's SEARCH.

local M = {}

local MONTHS = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec"}
local number_of = {}
for i, name in ipairs(MONTHS) do
	number_of[name:lower()] = i
end

-- The day that text names, as SEARCH has it (RFC 9051 9: date-text), "5-Jan-2026".
-- text may be that, in any case of letters; as ISO 8601 has it, "2026-01-05"; or
-- "90d", so many days before today where this machine is.  nil if it is no day.
function M.imap(text)
	local days = text:match "^(%d%d?%d?%d?%d?)d$"
	local year, month, day = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
	if days then
		local now = os.date "*t"
		year, month, day = now.year, now.month, now.day - days
	elseif not year then
		day, month, year = text:match "^ ?(%d%d?)%-(%a%a%a)%-(%d%d%d%d)$"
		month = month and number_of[month:lower()]
	end
	if not month then
		return nil
	end
	-- At noon no summer time makes it another day.
	local then_ = os.date("*t", os.time {year = year, month = month,
		day = day, hour = 12})
	if not days and (then_.day ~= tonumber(day) or
		then_.month ~= tonumber(month)) then
		return nil
	end
	return ("%d-%s-%04d"):format(then_.day, MONTHS[then_.month], then_.year)
end

return M
