-- bats, from 1.5 on. Its report is always called report.xml and is finished a moment after bats itself; a case is its
-- description in a file, and cases of one file are selected by a regular expression.
local argv = require "runners.argv"

local bats = { widens = false }

local PROGRAMS = { bats = true }
local CASES_AT_ONCE = 100
local VALUED = {}
for _, option in ipairs {
    "-c", "-f", "--filter", "--filter-tags", "--filter-status", "-F", "--formatter", "-j", "--jobs", "-o", "--output",
    "--report-formatter", "--code-quote-style", "--gather-test-outputs-in",
} do
    VALUED[option] = true
end

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

-- The file of a case: bats calls its suite after the file, with or without the folder.
local function file_of(case, cwd, positional)
    for _, path in ipairs { case.file, case.suite } do
        if path ~= "" and argv.exists(cwd, path) then
            return path
        end
    end
    for _, folder in ipairs(positional) do
        if argv.exists(cwd, folder .. "/" .. case.suite) then
            return folder .. "/" .. case.suite
        end
    end
end

local function by_file(cases, cwd, positional)
    local files, order = {}, {}
    for _, case in ipairs(cases) do
        local file = file_of(case, cwd, positional) or false
        if not files[file] then
            files[file] = {}
            order[#order + 1] = file
        end
        table.insert(files[file], case)
    end
    return files, order
end

local function selection(cases)
    local names = {}
    for i, case in ipairs(cases) do
        names[i] = argv.escape_pattern(case.name)
    end
    return { "--filter", "^(" .. table.concat(names, "|") .. ")$" }
end

function bats.invocations(job)
    if not job.cases then
        return { invocation(job, job.command, 1) }
    end
    local at = argv.find(job.command, PROGRAMS) or 1
    local options, positional = argv.split(job.command, at + 1, VALUED)
    local head = argv.join(table.move(job.command, 1, at, 1, {}), argv.without(options, "--filter", true))
    local files, order = by_file(job.cases, job.cwd, positional)
    local list = {}
    for _, file in ipairs(order) do
        for _, cases in ipairs(argv.batches(files[file], CASES_AT_ONCE)) do
            local command = argv.join(head, selection(cases), file and { file } or positional)
            list[#list + 1] = invocation(job, command, #list + 1)
        end
    end
    return list
end

return bats
