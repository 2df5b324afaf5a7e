-- Backups on this machine.

local archive = require "postel.archive"
local core = require "postel.core"
local spec = dofile "tests/lua/lib/spec.lua"

spec.test("a backup that was killed as it began is taken for what it is", function()
	local function kind(...)
		local path = spec.folder()
		for _, name in ipairs {...} do
			if name:find "/$" then
				core.mkdirs(path .. "/" .. name)
			else
				core.create(path .. "/" .. name)
			end
		end
		local found = archive.kind(path)
		spec.remove(path)
		return found
	end
	spec.same(kind(), nil)
	spec.same(kind ".Drafts/", "maildir")
	spec.same(kind(".Drafts/", ".Drafts/postel-backup"), "maildir")
	spec.same(kind(".Drafts/", ".Drafts/tmp/", "tmp/"), "maildir")
	spec.same(kind("tmp/", "new/"), nil)
	spec.same(kind("tmp/", "new/", "cur/"), "maildir")
	spec.same(kind("new/", "new/1.eml"), "files")
	spec.same(kind("INBOX/", "INBOX/postel-backup"), "files")
	spec.same(kind(".INBOX.journal"), nil)
	spec.same(kind(".INBOX.journal", "INBOX.mbox"), "mbox")
	spec.same(archive.kind "/nonexistent", nil)
end)

return spec.done()
