-- Feature flags: read from where runbook.yaml says (a file, environment variables or a command) and compared with what
-- it expects. Values are text; in JSON, true and 1 are "true" and "1".
local config = require "runbook.config"
local fs = require "runbook.fs"
local json = require "runbook.json"
local format = require "text.format"

local flags = {}

local function text_of(value)
    return tostring(value)
end

-- NAME=value lines, as in .env files; `export`, comments and quotes are understood.
local function parse_lines(text)
    local found = {}
    for line in text:gmatch "[^\r\n]+" do
        local name, value = line:match "^%s*([%w_.%-]+)%s*[=:]%s*(.-)%s*$"
        if not name then
            name, value = line:match "^%s*export%s+([%w_]+)=(.-)%s*$"
        end
        if name then
            found[name] = value:match "^\"(.*)\"$" or value:match "^'(.*)'$" or value
        end
    end
    return found
end

local function flatten(value, prefix, found)
    for key, item in pairs(value) do
        local name = prefix .. tostring(key)
        if type(item) == "table" then
            flatten(item, name .. ".", found)
        else
            found[name] = text_of(item)
        end
    end
    return found
end

local function parse(text, where)
    if not text:match "^%s*[{%[]" then
        return parse_lines(text)
    end
    local value, why = json.decode(text)
    if type(value) ~= "table" then
        return nil, ("%s: %s"):format(where, why or "not an object")
    end
    return flatten(value, "", {})
end

local function from_file(_, path)
    local text, why = fs.read(path)
    if not text then
        return nil, why
    end
    return parse(text, path)
end

local function from_env(_, names)
    local found = {}
    for _, name in ipairs(names) do
        found[name] = env(name)
    end
    return found
end

local function from_command(ctx, command)
    local argv = table.move(command, 1, #command, 1, {})
    argv.quiet = true
    local result, message = ctx:exec(argv)
    if not result then
        return nil, message
    elseif result.code ~= 0 then
        return nil, ("`%s` failed: %s\n%s"):format(table.concat(command, " "), format.ending(result), result.err)
    end
    return parse(result.out, command[1])
end

local SOURCES = { file = from_file, env = from_env, command = from_command }

-- The flags as name -> text; nil when none are configured; false and why when they cannot be read.
local function read(ctx)
    for name, reader in pairs(SOURCES) do
        local setting = config.get("flags." .. name)
        if setting and setting ~= "" and (type(setting) ~= "table" or #setting > 0) then
            local found, why = reader(ctx, setting)
            return found or false, why
        end
    end
end

-- "dark_mode is off, not on", one line a flag that is not as expected.
local function compare(found, expected)
    local wrong = {}
    for _, name in ipairs(format.names(expected)) do
        local want, have = text_of(expected[name]), found[name]
        if have == nil then
            wrong[#wrong + 1] = ("%s is not set, and should be %s"):format(name, want)
        elseif have ~= want then
            wrong[#wrong + 1] = ("%s is %s, and should be %s"):format(name, have, want)
        end
    end
    return wrong
end

flags.check = verb {
    name = "flags.check",
    help = "Reads the feature flags and compares them with flags.expect of runbook.yaml. Fails when one is wrong.",
    options = {},
    sets = { flags = "list", flag_count = "integer", flags_wrong = "list" },
    perform = function(ctx)
        local found, why = read(ctx)
        if found == nil then
            ctx:set { flags = no_data, flag_count = no_data, flags_wrong = no_data }
            ctx:note "no data: runbook.yaml names no source of feature flags"
            return true
        elseif not found then
            return nil, why
        end
        local list = {}
        for i, name in ipairs(format.names(found)) do
            list[i] = ("%s=%s"):format(name, found[name])
            ctx:log(list[i])
        end
        local wrong = compare(found, config.get "flags.expect" or {})
        ctx:set { flags = list, flag_count = #list, flags_wrong = wrong }
        ctx:note(("%s, %s"):format(format.count(#list, "flag", "flags"),
            #wrong == 0 and "all as expected" or ("%d not as expected"):format(#wrong)))
        if #wrong > 0 then
            return nil, table.concat(wrong, "\n")
        end
        return true
    end,
}

return flags
