-- Tests: levels are run, reports become history, and what fails is run again. `tests.run` judges; `tests.failing` and
-- `tests.rerun` only measure.
local config = require "runbook.config"
local level = require "tests.level"
local coverage = require "tests.coverage"
local measure = require "tests.measure"
local ranking = require "tests.ranking"
local rerun = require "tests.rerun"
local results = require "runbook.results"
local format = require "text.format"
local trends = require "tests.trends"
local words = require "tests.words"

local tests = {}

-- Known at load: choices of a parameter. `all` is every level.
tests.levels = level.names()
table.insert(tests.levels, "all")

-- The variants of all levels, for the same use; the empty one is no variant.
tests.variants = level.variants()

-- Every configured level in turn, then the facts of all. One that cannot be run fails the whole, after the others.
local function run_all(ctx, options)
    local names = level.names()
    local took, problem = seconds(0), nil
    if #names == 0 then
        return nil, "no levels are configured\n  `runbook init` looks at the project and writes a runbook.yaml"
    end
    for _, name in ipairs(names) do
        local facts, wrong = measure.run(ctx, name, options)
        if facts then
            ctx:note(("%s: %s"):format(name, words.run(facts)))
            took = took + facts.duration
        else
            ctx:note(("%s: could not be run"):format(name))
        end
        problem = problem or wrong
    end
    local facts, why = results.state()
    if not facts then
        return nil, problem or why
    end
    facts.duration = took
    return measure.judge(facts), problem
end

-- A parameter that was left at its empty default is an option that was not given.
local function given(value)
    if value ~= "" and value ~= 0 then
        return value
    end
end

-- What a level that does not exist has measured: nothing.
local function pass_over(ctx, name)
    local facts = {}
    for fact in pairs(measure.SETS) do
        facts[fact] = no_data
    end
    ctx:set(facts)
    ctx:note(("no level `%s` in runbook.yaml: passed over"):format(name))
    return true
end

tests.run = verb {
    name = "tests.run",
    help = "Runs a level of runbook.yaml and records every case. Fails on any failing test unless allow_failures.",
    options = {
        level = { type = "string", default = "all", help = "the level; all runs every one" },
        variant = { type = "string", help = "a variant of the level" },
        parallel = { type = "integer", help = "how many tests at once" },
        fail_fast = { type = "boolean", default = false, help = "stop at the first failure" },
        times = { type = "integer", default = 1, help = "run everything so often" },
        allow_failures = { type = "boolean", default = false, help = "only measure" },
        optional = { type = "boolean", default = false, help = "a level that is not configured is passed over" },
    },
    sets = measure.SETS,
    writes = true,
    perform = function(ctx, o)
        if words.bad_count(o) then
            return nil, words.bad_count(o)
        end
        if o.optional and o.level ~= "all" and not level.find(o.level) then
            return pass_over(ctx, o.level)
        end
        local facts, problem
        local options = {
            variant = given(o.variant), parallel = given(o.parallel), fail_fast = o.fail_fast, times = o.times,
        }
        if o.level == "all" then
            facts, problem = run_all(ctx, options)
        else
            facts, problem = measure.run(ctx, o.level, options)
        end
        if not facts then
            return nil, problem
        end
        ctx:set(facts)
        ctx:note(words.run(facts))
        if problem then
            return nil, problem
        end
        if facts.failing_count > 0 and not o.allow_failures then
            return nil, ("%s of %d failed"):format(format.count(facts.failing_count, "test", "tests"), facts.total)
        end
        return facts
    end,
}

-- Without any history the level is run first; failures are what is asked about, so they do not fail it.
local function first_run(ctx, name)
    local target = name
    if name == "all" then
        target = level.whole()
    end
    if not target then
        return nil, "there is no test history, and no levels are configured\n  `runbook init` looks at the project and "
            .. "writes a runbook.yaml"
    end
    ctx:note(("no history yet: running level `%s`"):format(target))
    local facts, problem = measure.run(ctx, target, {})
    if not facts or problem then
        return nil, problem
    end
    return facts
end

tests.failing = verb {
    name = "tests.failing",
    help = "What fails according to the history; without any history it runs the level first (unit for all).",
    options = { level = { type = "string", default = "all", help = "the level; all counts each case once" } },
    sets = measure.SETS,
    writes = true,
    perform = function(ctx, o)
        local facts, why, code = results.state(o.level)
        if not facts and code ~= "ENOENT" then
            return nil, why
        end
        local recorded = facts ~= nil
        if not facts then
            facts, why = first_run(ctx, o.level)
            if not facts then
                return nil, why
            end
        elseif o.level ~= "all" then
            measure.judge(facts, level.find(o.level))
        else
            measure.judge(facts)
        end
        ctx:set(facts)
        ctx:note(words.state(facts))
        if recorded and facts.failing_count > 0 then
            ctx:note "as last recorded; `runbook tests rerun` runs exactly these again"
        end
        return facts
    end,
}

local rerun_sets = { failing_again = "integer" }
for fact, unit in pairs(measure.SETS) do
    rerun_sets[fact] = unit
end

tests.rerun = verb {
    name = "tests.rerun",
    help = "Runs exactly the failing cases again and only measures; a rerun that executes nothing fails.",
    options = {
        level = { type = "string", default = "all", help = "only the failing cases of this level" },
        times = { type = "integer", default = 1, help = "run each so often" },
        case = { type = "string", help = "only this case, failing or not" },
    },
    sets = rerun_sets,
    writes = true,
    perform = rerun.perform,
}

tests.flaky = verb {
    name = "tests.flaky",
    help = "The tests that failed and passed in one test run, or changed three times: `flaky`, worst first.",
    options = {
        level = { type = "string", default = "all", help = "only tests of this level" },
        since = { type = "duration", default = "14d", help = "how far back" },
        limit = { type = "integer", default = 20, help = "name so many in `flaky`" },
    },
    sets = {
        flaky = "list", flaky_cases = "integer", flaky_rate = "ratio",
        persistent = "list", persistent_cases = "integer",
    },
    perform = ranking.perform_flaky,
}

tests.slowest = verb {
    name = "tests.slowest",
    help = "The slowest tests by the mean of their times: `slowest`, slowest first.",
    options = {
        level = { type = "string", default = "all", help = "only tests of this level" },
        since = { type = "duration", default = "7d", help = "how far back" },
        count = { type = "integer", default = 20, help = "so many" },
    },
    sets = { slowest = "list", slowest_time = "seconds" },
    perform = ranking.perform_slowest,
}

tests.trends = verb {
    name = "tests.trends",
    help = "Where the time, pass rate and coverage of each level go, and when they come to their limit.",
    options = {
        of = { type = "choice", default = "all", choices = trends.WORDS, help = "only this" },
        since = { type = "duration", default = "30d", help = "how far back" },
    },
    sets = { worsening = "list", worsening_count = "integer" },
    perform = trends.perform,
}

tests.coverage = verb {
    name = "tests.coverage",
    help = "The line coverage that the last run of each level has left; the lowest is the fact `coverage`.",
    options = { level = { type = "string", default = "all", help = "only this level" } },
    sets = { coverage = "ratio" },
    perform = function(ctx, o)
        local lowest = no_data
        for _, l in ipairs(config.levels()) do
            local value = (o.level == "all" or o.level == l.name) and coverage.of(l) or no_data
            if value ~= no_data then
                ctx:note(("%s: %s"):format(l.name, format.percent(value)))
                lowest = (lowest == no_data or value < lowest) and value or lowest
            end
        end
        if lowest == no_data then
            ctx:note "no data: no level has left a report where its `coverage` says"
        end
        ctx:set("coverage", lowest)
        return lowest
    end,
}

return tests
