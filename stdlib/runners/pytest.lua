-- pytest. The report is JUnit XML of the xunit1 family, which alone names the file of each case; single cases are its
-- node ids. Exit codes: https://docs.pytest.org/en/stable/reference/exit-codes.html
local argv = require "runners.argv"

local pytest = { widens = true } -- one id that is gone keeps pytest from running any of them

local PROGRAMS = { pytest = true, ["py.test"] = true }
local CASES_AT_ONCE = 500

-- Options that take the next word: it is no path of tests.
local VALUED = {}
for _, option in ipairs {
    "-c", "-k", "-m", "-n", "-o", "-p", "-r", "-W", "--basetemp", "--color", "--confcutdir", "--cov-config",
    "--deselect", "--dist", "--durations", "--ignore", "--ignore-glob", "--import-mode", "--junit-xml", "--junitxml",
    "--log-file", "--log-level", "--maxfail", "--override-ini", "--rootdir", "--tb", "--timeout", "--verbosity",
} do
    VALUED[option] = true
end

local EXPLAINED = {
    [2] = "pytest was interrupted, or could not import what it collected",
    [3] = "pytest had an internal error",
    [4] = "pytest did not understand its command line",
    [5] = "pytest collected no tests",
}

pytest.cuts_short = { [2] = true, [3] = true }

function pytest.explain(code)
    return EXPLAINED[code]
end

-- A module that could not be collected is a case called after the module.
function pytest.is_module(case, cwd)
    local path = case.name:gsub("%.", "/") .. ".py"
    return case.suite == "" and (case.file == "" or case.file == path) and argv.exists(cwd, path)
end

-- The node id of a case; a report of another family names the module but no file.
local function node_id(case, cwd)
    local path = case.suite:gsub("%.", "/") .. ".py"
    local id = case.file == "" and argv.exists(cwd, path) and path .. "::" .. case.name or case.id
    -- A name from a report is never an option (-) nor a file of options (@, from pytest 8.2 on).
    return id:match "^[-@]" and "./" .. id or id
end

-- The command without the files and folders it names: the node ids take their place.
local function without_paths(command, cwd)
    local at = argv.find(command, PROGRAMS) or 1
    local options, positional = argv.split(command, at + 1, VALUED)
    local kept = {}
    for _, word in ipairs(positional) do
        if not argv.exists(cwd, word:match "^[^:]*") then
            kept[#kept + 1] = word
        end
    end
    return argv.join(table.move(command, 1, at, 1, {}), options, kept)
end

local function invocation(job, command, number)
    local report = ("%s/pytest-%s-%d.xml"):format(job.scratch, job.tag, number)
    local words = { "--junitxml=" .. report, "-o", "junit_family=xunit1" }
    if job.fail_fast then
        words[#words + 1] = "-x"
    end
    if job.parallel and job.parallel > 1 then
        words = argv.join(words, { "-n", tostring(job.parallel) }) -- pytest-xdist
    end
    return { argv = argv.join(command, words), report = report }
end

local function node_ids(cases, cwd)
    local ids = {}
    for i, case in ipairs(cases) do
        ids[i] = node_id(case, cwd)
    end
    return ids
end

-- The files of the cases, as far as they are still there, each once.
local function files(cases, cwd)
    local found, seen = {}, {}
    for _, id in ipairs(node_ids(cases, cwd)) do
        local file = id:match "^(.-)::" or id
        if not seen[file] and argv.exists(cwd, file) then
            seen[file] = true
            found[#found + 1] = file
        end
    end
    return found
end

function pytest.invocations(job)
    if not job.cases then
        return { invocation(job, job.command, 1) }
    end
    local command, list = without_paths(job.command, job.cwd), {}
    local wanted = (job.wide and files or node_ids)(job.cases, job.cwd)
    for number, words in ipairs(argv.batches(wanted, CASES_AT_ONCE)) do
        list[number] = invocation(job, argv.join(command, words), number)
    end
    return list
end

return pytest
