-- parts.lua URL N [PART]: of what parts message N of an IMAP mailbox is made;
-- with PART ("2"), that part alone, its base64 undone.
--
--	postel lua/parts.lua imap://asterix@127.0.0.1:1143 4
--	postel lua/parts.lua imap://asterix@127.0.0.1:1143 4 2 >menhirs.csv

local url, n, part = ...
if not n then
	io.stderr:write("usage: postel lua/parts.lua URL N [PART]\n")
	return 2
end

local conn <close> = postel.connect(url, {mailbox = "INBOX", examine = true})
local box = conn:current()

-- The set of the one message with this number.
local message = box:search(n)

-- A structure is a list: of parts, if the first of its values is a list, too;
-- else of type, subtype, parameters, id, description, encoding, size …
-- (RFC 9051 7.5.2).  part.part is number 2.1 of a message.
local encodings = {}
local function show(structure, number)
	if type(structure[1]) == "table" then
		for i, inner in ipairs(structure) do
			if type(inner) ~= "table" then
				break
			end
			show(inner, number == "" and tostring(i) or number .. "." .. i)
		end
		return
	end
	number = number == "" and "1" or number
	encodings[number] = structure[6]:lower()
	if not part then
		print(("%-4s %s/%s, %s, %d octets"):format(number,
			structure[1]:lower(), structure[2]:lower(),
			encodings[number], structure[7]))
	end
end

-- Four characters of 6 bits are three octets; see attach.lua.
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local function from_base64(text)
	return (text:gsub("[^%w+/=]", ""):gsub("....", function(four)
		local bits, pad = 0, select(2, four:gsub("=", ""))
		for char in four:gmatch "." do
			local at = alphabet:find(char, 1, true) or 1
			bits = bits << 6 | at - 1
		end
		return string.pack(">I3", bits):sub(1, 3 - pad)
	end))
end

for m in message:fetch "BODYSTRUCTURE" do
	show(m.structure, "")
end
if part then
	for m in message:fetch("BODY.PEEK[" .. part .. "]") do
		local text = m.body:text()
		io.write(encodings[part] == "base64" and from_base64(text) or text)
	end
end
