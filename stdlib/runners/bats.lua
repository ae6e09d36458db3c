-- bats, from 1.5 on. Its report is always called report.xml and is finished a moment after bats itself. Cases are
-- selected by their descriptions over all files: named alone, a file would be called otherwise in the report.
local argv = require "runners.argv"

local bats = { widens = false }

local CASES_AT_ONCE = 100

function bats.is_module()
    return false
end

function bats.explain()
    return nil
end

local function invocation(job, command, number)
    local folder = ("%s/bats-%s-%d"):format(job.scratch, job.tag, number)
    local words = { "--report-formatter", "junit", "--output", folder }
    if job.parallel and job.parallel > 1 then
        words = argv.join(words, { "--jobs", tostring(job.parallel) }) -- needs GNU parallel
    end
    return { argv = argv.join(command, words), report = folder .. "/report.xml", folder = folder }
end

-- The filter sees a description as the file spells it, where the shell's special characters have a backslash in front.
local function spelled(name)
    return (name:gsub(".", function(c)
        return (c:find '["$`\\]' and "\\\\?" or "") .. argv.escape_pattern(c)
    end))
end

local function selection(cases)
    local names = {}
    for i, case in ipairs(cases) do
        names[i] = spelled(case.name)
    end
    return { "--filter", "^(" .. table.concat(names, "|") .. ")$" }
end

function bats.invocations(job)
    if not job.cases then
        return { invocation(job, job.command, 1) }
    end
    local command, list = argv.without(argv.without(job.command, "--filter", true), "-f", true), {}
    for number, cases in ipairs(argv.batches(job.cases, CASES_AT_ONCE)) do
        list[number] = invocation(job, argv.join(command, selection(cases)), number)
    end
    return list
end

return bats
