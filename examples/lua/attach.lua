-- attach.lua URL FROM TO FILE: sends any file, also one that is not text, as an
-- attachment of a MIME message (RFC 2045).
--
--	postel lua/attach.lua smtp://127.0.0.1:1025 asterix@gaul.test \
--	        obelix@gaul.test picture.png

local url, from, to, path = ...
if not path then
	io.stderr:write("usage: postel lua/attach.lua URL FROM TO FILE\n")
	return 2
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Three octets are 24 bits, and these are four characters of 6 bits each.  What
-- is missing at the end is filled with "=" (RFC 2045 6.8).
local function base64(data)
	local text = data:gsub("..?.?", function(three)
		local a, b, c = three:byte(1, 3)
		local bits = a << 16 | (b or 0) << 8 | (c or 0)
		local four = {}
		for i = 1, 4 do
			local at = (bits >> (24 - 6 * i) & 63) + 1
			four[i] = i <= #three + 1 and alphabet:sub(at, at) or "="
		end
		return table.concat(four)
	end)
	-- No line of more than 76 characters.
	return (text:gsub(("."):rep(76), "%0\n"))
end

local file <close> = assert(io.open(path, "rb"))
local name = path:match "[^/]*$"
local message = table.concat({
	"From: <" .. from .. ">",
	"To: <" .. to .. ">",
	"Subject: " .. name,
	"Date: " .. os.date "!%a, %d %b %Y %H:%M:%S +0000",
	"MIME-Version: 1.0",
	'Content-Type: multipart/mixed; boundary="=_cut_here"',
	"",
	"--=_cut_here",
	"Content-Type: text/plain; charset=utf-8",
	"",
	"The file " .. name .. " is attached.",
	"--=_cut_here",
	"Content-Type: application/octet-stream",
	"Content-Transfer-Encoding: base64",
	'Content-Disposition: attachment; filename="' .. name .. '"',
	"",
	base64(file:read "a"),
	"--=_cut_here--",
	"",
}, "\n")

local smtp <close> = postel.connect(url)
local lines = smtp:mail({from = from, to = to, body = message}).reply.lines
print(lines[#lines])
