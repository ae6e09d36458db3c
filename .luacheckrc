-- Lua 5.4, and the vocabulary that the engine gives to runbooks and to the stdlib.
std = "lua54"
max_line_length = 120
unused_args = false

local vocabulary = {
    "runbook", "param", "step", "parallel", "env", "config", "seconds", "bytes", "ratio", "no_data",
}
local modules = {}
local listing = io.popen and io.popen("ls stdlib 2>/dev/null")
if listing then
    for name in listing:lines() do
        modules[#modules + 1] = name:match("^([a-z][a-z0-9_]*)%.lua$")
    end
    listing:close()
end
read_globals = vocabulary
for _, name in ipairs(modules) do
    read_globals[#read_globals + 1] = name
end
files["stdlib"] = { read_globals = { "verb" } }
files["tests/lua"] = { read_globals = { "verb", "live" } }
files["stdlib/meta"] = { ignore = { "1", "2" }, max_line_length = false }
