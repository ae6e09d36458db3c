-- The packages that a project depends on: which are out of date, which have known holes. The package managers are only
-- asked; nothing is installed.
local format = require "text.format"
local text_lines = require "text.lines"
local fs = require "runbook.fs"
local managers = require "dependencies.managers"
local timing = require "timing"

local dependencies = {}

local PATIENCE = seconds(120)

local function is_there(program)
    if program:find("/", 1, true) then
        return fs.exists(program)
    end
    return fs.has_program(program)
end

-- Registries are far away, and often away: one more try, and then there is no data.
local function ask(ctx, argv, read)
    return timing.retry(ctx, { times = 1, delay = "2s" }, function()
        local words = table.move(argv, 1, #argv, 1, {})
        words.timeout, words.quiet, words.capture = PATIENCE, true, "8MiB"
        local result, why = ctx:exec(words)
        if not result then
            return nil, why
        elseif result.timed_out then
            return nil, ("no answer within %s"):format(PATIENCE)
        end
        local found = read(result.out)
        if found then
            return found
        end
        return nil, (result.err:match "([^\n]+)\n*$" or result.out:match "[^\n]+" or format.ending(result))
    end)
end

-- What one manager says: lines, or nil when there is nothing to ask or no answer.
local function one(ctx, manager, what, said)
    local manifest = manager.manifest()
    if not manifest then
        return nil
    end
    local argv = manager[what].command(manifest)
    if not is_there(argv[1]) then
        ctx:note(("%s: no data: %s is not installed"):format(manager.name, argv[1]))
        return nil, true
    end
    local lines, why = ask(ctx, argv, manager[what].read)
    if not lines then
        ctx:note(("%s: no data: %s"):format(manager.name, why))
        return nil, true
    end
    ctx:note(("%s: %s"):format(manager.name, said(#lines)))
    text_lines.tell(ctx, lines)
    return lines
end

-- The lines of all managers together; no_data when none has answered.
local function all(ctx, what, said)
    local lines, used = no_data, false
    for _, manager in ipairs(managers.ALL) do
        local found, tried = one(ctx, manager, what, said)
        used = used or found ~= nil or tried
        if found then
            lines = lines == no_data and {} or lines
            table.move(found, 1, #found, #lines + 1, lines)
        end
    end
    if not used then
        ctx:note "no requirements.txt, pyproject.toml or package-lock.json here: nothing to ask"
    end
    return lines
end

dependencies.outdated = verb {
    name = "dependencies.outdated",
    help = "The packages with a newer release, as pip and npm know them. Without an answer there is no data.",
    options = {},
    sets = { outdated = "list", outdated_count = "integer" },
    perform = function(ctx)
        local lines = all(ctx, "outdated", function(count)
            return ("%s out of date"):format(format.count(count, "package is", "packages are"))
        end)
        ctx:set { outdated = lines, outdated_count = lines == no_data and no_data or #lines }
        return true
    end,
}

dependencies.audit = verb {
    name = "dependencies.audit",
    help = "The known vulnerabilities of the packages, from pip-audit and npm audit. Without an answer: no data.",
    options = {},
    sets = { vulnerabilities = "list", vulnerability_count = "integer" },
    perform = function(ctx)
        local lines = all(ctx, "audit", function(count)
            return format.count(count, "known vulnerability", "known vulnerabilities")
        end)
        ctx:set { vulnerabilities = lines, vulnerability_count = lines == no_data and no_data or #lines }
        return true
    end,
}

return dependencies
