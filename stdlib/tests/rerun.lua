-- Running cases again: those whose latest execution failed, level by level, or one case by name. What was not executed
-- is not fixed.
local level = require "tests.level"
local measure = require "tests.measure"
local results = require "runbook.results"
local format = require "text.format"
local words = require "tests.words"

local rerun = {}

local function is_named(case, name)
    return name == case.id or name == case.name or name == case.suite .. " > " .. case.name
end

-- One case by its name: among the failing ones, else from the history.
local function named_cases(name, level_name)
    local executions, why = results.history(name, 1000)
    if not executions then
        return nil, why
    end
    local cases, seen = {}, {}
    for _, case in ipairs(executions) do
        local key = case.level .. "\0" .. case.id .. "\0" .. case.file
        if is_named(case, name) and not seen[key] and (level_name == "all" or case.level == level_name) then
            seen[key] = true
            cases[#cases + 1] = case
        end
    end
    if #cases == 0 then
        return nil, ("no case of level `%s` is called `%s`"):format(level_name, name)
    end
    return cases
end

local function cases_to_run(o)
    if o.case and o.case ~= "" then
        return named_cases(o.case, o.level)
    end
    return results.failing(o.level)
end

-- Groups by level, in the order of the list.
local function by_level(cases)
    local groups, order = {}, {}
    for _, case in ipairs(cases) do
        if not groups[case.level] then
            groups[case.level] = {}
            order[#order + 1] = case.level
        end
        table.insert(groups[case.level], case)
    end
    return groups, order
end

-- Cases of levels that runbook.yaml does not name (imported ones) cannot be run here.
local function without_foreign(ctx, groups, order)
    local runnable = {}
    for _, name in ipairs(order) do
        if level.find(name) then
            runnable[#runnable + 1] = name
        else
            ctx:note(("level `%s` is not in runbook.yaml: its %s cannot be run here"):format(name,
                format.count(#groups[name], "case", "cases")))
        end
    end
    return runnable
end

-- Runs a level with the given options and adds what came of it; gives how many cases were found.
local function run_and_add(ctx, name, options, sum)
    local facts, problem = measure.run(ctx, name, options)
    if not facts then
        return nil, problem
    end
    sum.executed = sum.executed + facts.total - facts.skipped
    sum.fixed = sum.fixed + facts.fixed_count
    sum.duration = sum.duration + facts.duration
    sum.problem = sum.problem or problem
    return facts.total
end

-- The cases that stand for a file which could not even be loaded.
local function modules(runner, l, cases)
    local found = {}
    for _, case in ipairs(cases) do
        if runner.is_module(case, l.cwd) then
            found[#found + 1] = case
        end
    end
    return found
end

local function count_gone(name, cases)
    local failing, gone = {}, #cases
    for _, case in ipairs(results.failing(name) or {}) do
        failing[case.id] = true
    end
    for _, case in ipairs(cases) do
        gone = gone - (failing[case.id] and 1 or 0)
    end
    return gone
end

-- Asks for what encloses the cases. What went wrong before is told only if this does no better.
local function widen(ctx, name, cases, o, sum)
    local before = sum.problem
    sum.problem = nil
    local found, why = run_and_add(ctx, name, { cases = cases, times = o.times, wide = true }, sum)
    if not found then
        sum.problem = before or why
    end
end

-- The cases of one level. What could not be loaded has no cases to ask for, so then the whole level is run.
local function run_level(ctx, name, cases, o, sum)
    local l = level.find(name)
    local runner = require("runners." .. l.runner)
    local unloaded = modules(runner, l, cases)
    if #unloaded > 0 then
        ctx:note(("`%s` could not be loaded: running all of level `%s`"):format(unloaded[1].name, name))
        local found, why = run_and_add(ctx, name, { times = o.times }, sum)
        sum.fixed = sum.fixed + count_gone(name, unloaded)
        return found, why
    end
    local found, why = run_and_add(ctx, name, { cases = cases, times = o.times }, sum)
    if found and found < #cases and runner.widens then
        widen(ctx, name, cases, o, sum)
    end
    return found, why
end

-- The facts of the level as it stands now, with what this rerun has changed.
local function settle(ctx, o, sum)
    local facts, why = results.state(o.level)
    if not facts then
        return nil, why
    end
    facts.fixed_count = sum.fixed
    facts.failing_again = sum.failing_again
    measure.judge(facts, o.level ~= "all" and level.find(o.level) or nil)
    facts.duration = sum.duration
    ctx:set(facts)
    return facts
end

-- A case of several levels is run in each of them, and counts in each.
local function tell(ctx, sum, facts, levels)
    if levels > 1 then
        ctx:note(("%d fixed, %d still failing (counted in each of %d levels)"):format(sum.fixed, sum.failing_again,
            levels))
    else
        ctx:note(("%d fixed, %d still failing"):format(sum.fixed, facts.failing_count))
    end
end

function rerun.perform(ctx, o)
    if words.bad_count(o) then
        return nil, words.bad_count(o)
    end
    local cases, why = cases_to_run(o)
    if not cases then
        return nil, why
    end
    local sum = { executed = 0, fixed = 0, failing_again = 0, duration = seconds(0) }
    if #cases == 0 then
        ctx:note "nothing is failing: nothing to run again"
        return settle(ctx, o, sum)
    end
    local groups, order = by_level(cases)
    local runnable = without_foreign(ctx, groups, order)
    local unable -- why a level could not be run; the others are, and then it fails the whole
    for _, name in ipairs(runnable) do
        local found
        found, why = run_level(ctx, name, groups[name], o, sum)
        if not found then
            unable = unable or why
            ctx:note(("%s: could not be run"):format(name))
        end
        sum.failing_again = sum.failing_again + #groups[name] - count_gone(name, groups[name])
    end
    local facts
    facts, why = settle(ctx, o, sum)
    if not facts then
        return nil, why
    end
    if unable then
        return nil, unable
    elseif sum.executed == 0 then
        return nil, sum.problem or ("nothing was executed of %s: nothing is fixed"):format(format.count(#cases,
            "failing case", "failing cases"))
    end
    tell(ctx, sum, facts, #runnable)
    if sum.problem then
        ctx:note(sum.problem:match "^[^\n]*")
    end
    return facts
end

return rerun
