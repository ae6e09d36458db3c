-- ctest, from CMake 3.21 on, which writes JUnit XML itself. Cases are selected by a regular expression of their names.
local argv = require "runners.argv"

local ctest = { widens = false }

local CASES_AT_ONCE = 50 -- CMake refuses long regular expressions

function ctest.is_module()
    return false
end

function ctest.explain(code)
    if code == 8 then
        return "ctest says that tests failed, but its report names none"
    end
end

local function invocation(job, command, number)
    local report = ("%s/ctest-%s-%d.xml"):format(job.scratch, job.tag, number)
    local words = { "--output-on-failure", "--no-tests=error", "--output-junit", report }
    if job.fail_fast then
        words[#words + 1] = "--stop-on-failure"
    end
    if job.parallel then
        words = argv.join(words, { "--parallel", tostring(job.parallel) })
    end
    return { argv = argv.join(command, words), report = report }
end

local function selection(cases)
    local names = {}
    for i, case in ipairs(cases) do
        names[i] = argv.escape_pattern(case.name)
    end
    return { "-R", "^(" .. table.concat(names, "|") .. ")$" }
end

function ctest.invocations(job)
    if not job.cases then
        return { invocation(job, job.command, 1) }
    end
    local command = argv.without(argv.without(job.command, "-R", true), "--tests-regex", true)
    local list = {}
    for number, cases in ipairs(argv.batches(job.cases, CASES_AT_ONCE)) do
        list[number] = invocation(job, argv.join(command, selection(cases)), number)
    end
    return list
end

return ctest
