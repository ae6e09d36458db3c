-- Running a level's command and gathering its reports: services up, prepare commands, then every invocation that the
-- runner asks for, as often as asked. Nothing is judged here but what keeps a report from existing.
--
-- A runner is a module runners.NAME with
--   invocations(job)        the commands to run: { argv, report } each, or { argv, pattern, prepare, written } where
--                           the tool decides about its reports; `source` is the file of cases whose report names none,
--                           `folder` one to make first. `job` has command, cwd, level, scratch, tag (differs with every
--                           repetition), cases (nil: all), wide, fail_fast, parallel
--   explain(code)           what an exit code means, or nil
--   cuts_short              exit codes (a set, or nil) after which cases are missing from the report
--   is_module(case, cwd)    whether a "case" stands for a file that could not be loaded
--   widens                  whether cases that were not found may be found by asking for what encloses them (job.wide)
local argv = require "runners.argv"
local reports = require "tests.reports"
local services = require "services"
local format = require "text.format"

local execute = {}

local TAIL_LINES = 8

local function tail(text)
    local lines = {}
    for line in text:gmatch "[^\n]+" do
        lines[#lines + 1] = line
    end
    return table.concat(lines, "\n", math.max(1, #lines - TAIL_LINES + 1))
end

-- How a command ended, with the last lines that it printed.
local function describe(result)
    local said = tail(result.err ~= "" and result.err or result.out)
    return format.ending(result), said ~= "" and "\n" .. said or ""
end

local function prepare(ctx, level)
    for _, command in ipairs(level.prepare or {}) do
        local words = argv.copy(command)
        words.cwd, words.env = level.cwd, level.env
        local result, message = ctx:exec(words)
        if not result then
            return nil, message
        end
        if result.code ~= 0 then
            local how, said = describe(result)
            return nil, ("`%s`, which prepares level `%s`, failed: %s%s"):format(table.concat(command, " "), level.name,
                how, said)
        end
    end
    return true
end

local function require_services(ctx, level)
    for _, name in ipairs(level.requires) do
        local up, why = services.probe(ctx, name)
        if not up then
            return nil, ("level `%s` needs the service `%s`, which is not up: %s"):format(level.name, name, why)
        end
    end
    return true
end

local function run_command(ctx, level, invocation, left)
    local words = argv.copy(invocation.argv)
    words.cwd, words.env, words.timeout = level.cwd, level.env, left
    if invocation.folder then
        ctx:exec { "mkdir", "-p", "-m", "700", invocation.folder, quiet = true }
    end
    if invocation.prepare then
        invocation.prepare()
    end
    return ctx:exec(words)
end

local function absolute(ctx, path)
    return path:sub(1, 1) == "/" and path or ctx.root .. "/" .. path
end

-- The reports that an invocation has left, whole, and how many cases fail in them; or nil and what is wrong.
local function gather(ctx, runner, invocation, result)
    local paths = invocation.written and invocation.written() or { invocation.report }
    if #paths == 0 then
        local how, said = describe(result)
        return nil, ("the tests wrote no report to %s (%s)%s"):format(invocation.pattern, how, said)
    end
    local failing = 0
    for i, path in ipairs(paths) do
        paths[i] = absolute(ctx, path)
        local fails, why = reports.await(ctx, paths[i])
        if fails then
            failing = failing + fails
        else
            local how, said = describe(result)
            return nil, ("%s (%s)\n%s%s"):format(runner.explain(result.code) or "the tests left no usable report", how,
                why, said)
        end
    end
    return paths, failing
end

-- Copies of reports that lie where the tool wants them: a repetition would write over them.
local function keep(ctx, level, paths, number)
    local copies = {}
    for i, path in ipairs(paths) do
        copies[i] = ("%s/%s-%d.xml"):format(ctx:scratch(), level.runner, number + i)
        local result, message = ctx:exec { "cp", "--", path, copies[i], quiet = true }
        if not result then
            return nil, message
        elseif result.code ~= 0 then
            return nil, ("the report cannot be kept: %s"):format(result.err)
        end
    end
    return copies
end

-- One invocation; adds its reports to `done`. Nil and a message when the level cannot go on.
local function run_invocation(ctx, runner, level, invocation, done)
    local left = level.timeout and level.timeout - done.duration
    if left and left <= 0 then
        return nil, ("level `%s` was stopped after its time-out of %s"):format(level.name, level.timeout)
    end
    local result, message = run_command(ctx, level, invocation, left)
    if not result then
        return nil, message
    end
    done.duration = done.duration + result.duration
    if result.timed_out then
        return nil, ("level `%s` was stopped after its time-out of %s"):format(level.name, level.timeout or "the step")
    end
    local paths, failing = gather(ctx, runner, invocation, result)
    if not paths then
        return nil, failing
    end
    done.cut_short = done.cut_short or result.signal ~= 0 or (runner.cuts_short or {})[result.code]
    if invocation.pattern then
        local copies, why = keep(ctx, level, paths, #done.files)
        if not copies then
            return nil, why
        end
        paths = copies
    end
    for _, path in ipairs(paths) do
        table.insert(done.files, path)
        table.insert(done.sources, invocation.source or "")
    end
    if failing == 0 and (result.code ~= 0 or result.signal ~= 0) then
        local how, said = describe(result)
        done.bad_end = done.bad_end or { explained = runner.explain(result.code), how = how, said = said }
    end
    return result
end

-- Services and prepare commands, in that order: what tests need is there before they are built.
function execute.prepare(ctx, level)
    local ready, why = require_services(ctx, level)
    if not ready then
        return nil, why
    end
    return prepare(ctx, level)
end

-- Runs the level (or only `cases` of it) `times` times. Gives { files, sources, duration, bad_end, cut_short }, or nil
-- and why there is nothing to import. `bad_end` says how a command failed whose report names no failing case;
-- `cut_short` that reports name failing cases, and not all that there are.
function execute.run(ctx, level, options)
    local runner = require("runners." .. level.runner)
    local done = { files = {}, sources = {}, duration = seconds(0) }
    for time = 1, options.times or 1 do
        local job = {
            level = level, command = level.command, cwd = level.cwd, scratch = ctx:scratch(), tag = tostring(time),
            cases = options.cases, wide = options.wide, fail_fast = options.fail_fast,
            parallel = options.parallel or level.parallel,
        }
        for _, invocation in ipairs(runner.invocations(job)) do
            local result, why = run_invocation(ctx, runner, level, invocation, done)
            if not result then
                return nil, why
            end
            if options.fail_fast and result.code ~= 0 then
                return done
            end
        end
    end
    return done
end

return execute
