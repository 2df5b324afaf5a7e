-- What luacheck may expect of our Lua: see LUA_PATH-free modules in
-- lua/postel/, scripts that postel runs, and the specs in tests/lua/.
std = "lua54"
max_line_length = 100
self = false
-- Globals that postel sets before it runs a script.
read_globals = { "conn" }
globals = { "postel" }
exclude_files = { "build" }
