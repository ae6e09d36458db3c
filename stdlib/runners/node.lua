-- node --test, from node 18.15 on (the first with a JUnit reporter: 18.17 and 20.6). Its report does not name the file
-- of a case, so every file is run by itself and its cases get that file. A case is selected by a pattern of its name.
local argv = require "runners.argv"
local node_files = require "runners.node_files"

local node = { widens = true } -- a case that was not found may be inside another

local VALUED = {}
for _, option in ipairs {
    "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file",
    "--test-name-pattern", "--test-skip-pattern",
} do
    VALUED[option] = true
end

function node.explain(code)
    if code == 9 then
        return "node did not understand its command line"
    end
end

-- The words before and after the files: everything but them, without reporters of the command's own.
local function take_apart(command)
    local at
    for i, word in ipairs(command) do
        at = at or (word == "--test" and i)
    end
    if not at then
        error("the runner node needs `--test` in the level's command; for another tool use the runner junit", 0)
    end
    local options, positional = argv.split(command, at + 1, VALUED)
    options = argv.without(argv.without(options, "--test-reporter", true), "--test-reporter-destination", true)
    return argv.join(table.move(command, 1, at, 1, {}), options), positional
end

local function invocation(job, head, file, patterns, number)
    local report = ("%s/node-%s-%d.xml"):format(job.scratch, job.tag, number)
    local words = {
        "--test-reporter=spec", "--test-reporter-destination=stdout",
        "--test-reporter=junit", "--test-reporter-destination=" .. report,
    }
    return { argv = argv.join(head, words, patterns, { file }), report = report, source = file }
end

-- A file that could not be loaded is a case called after the file.
function node.is_module(case)
    return case.file ~= "" and case.name:sub(-#case.file) == case.file
end

-- A case inside another case (t.test) is found only if the outermost one runs: `wide` asks for that one.
local function name_patterns(cases, wide)
    local patterns = {}
    for i, case in ipairs(cases) do
        local name = wide and case.suite ~= "" and case.suite:gsub(" > .*", "") or case.name
        name = argv.escape_pattern(name):gsub("&quot;", '(&quot;|")') -- node escapes quotes twice in its report
        patterns[i] = "--test-name-pattern=^" .. name .. "$"
    end
    return patterns
end

local function group_by_file(cases)
    local files, order = {}, {}
    for _, case in ipairs(cases) do
        if not files[case.file] then
            files[case.file] = {}
            order[#order + 1] = case.file
        end
        table.insert(files[case.file], case)
    end
    return files, order
end

function node.invocations(job)
    local head, positional = take_apart(job.command)
    local list = {}
    if not job.cases then
        for number, file in ipairs(node_files.list(job.cwd, positional)) do
            list[number] = invocation(job, head, file, {}, number)
        end
        return list
    end
    local files, order = group_by_file(job.cases)
    for _, file in ipairs(order) do
        if argv.exists(job.cwd, file) then
            list[#list + 1] = invocation(job, head, file, name_patterns(files[file], job.wide), #list + 1)
        end
    end
    return list
end

return node
