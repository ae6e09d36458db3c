-- A level as it is to be run: what the configuration says, with the changes of a variant.
local argv = require "runners.argv"
local config = require "runbook.config"
local format = require "text.format"

local level = {}

function level.names()
    local names = {}
    for i, l in ipairs(config.levels()) do
        names[i] = l.name
    end
    return names
end

-- The names of all variants, the empty one first.
function level.variants()
    local names, seen = { "" }, {}
    for _, l in ipairs(config.levels()) do
        for name in pairs(l.variants) do
            if not seen[name] then
                seen[name] = true
                names[#names + 1] = name
            end
        end
    end
    table.sort(names)
    return names
end

local function unknown(name)
    local names = level.names()
    if #names > 0 then
        return ("there is no level `%s` in %s; it has %s"):format(name, config.file, table.concat(names, ", "))
    end
    return ("there is no level `%s`: no levels are configured\n  `runbook init` looks at the project and writes a "
        .. "runbook.yaml"):format(name)
end

local function merge(base, more)
    local all = {}
    for _, map in ipairs { base or {}, more or {} } do
        for key, value in pairs(map) do
            all[key] = value
        end
    end
    return all
end

local function apply_variant(l, name)
    local variant = l.variants[name]
    if not variant then
        local known = format.names(l.variants)
        return nil, ("level `%s` has no variant `%s`%s"):format(l.name, name,
            #known > 0 and "; it has " .. table.concat(known, ", ") or "")
    end
    l.command = argv.join(l.command, variant.args or {})
    l.env = merge(l.env, variant.env)
    l.timeout = variant.timeout or l.timeout
    return l
end

-- The level of that name, or nil and a message that says which there are.
function level.find(name, variant)
    local l = config.level(name)
    if not l then
        return nil, unknown(name)
    end
    if variant then
        return apply_variant(l, variant)
    end
    return l
end

-- The level that stands for `all` when everything has to be run once: `unit`, else the first one.
function level.whole()
    local names = level.names()
    for _, name in ipairs(names) do
        if name == "unit" then
            return name
        end
    end
    return names[1]
end

return level
