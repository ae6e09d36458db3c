-- A level run, recorded and measured: the one way by which test results come into the history.
local coverage = require "tests.coverage"
local execute = require "tests.execute"
local level = require "tests.level"
local metrics = require "runbook.metrics"
local results = require "runbook.results"
local values = require "sla.values"

local measure = {}

-- What the verbs set, with their units.
measure.SETS = {
    passed = "integer", failed = "integer", errors = "integer", skipped = "integer", total = "integer",
    pass_rate = "ratio", failure_rate = "ratio", failing = "list", failing_count = "integer",
    fixed_count = "integer", flaky_count = "integer", duration = "seconds",
    over_target = "boolean", over_max = "boolean", coverage = "ratio",
}

local function over(duration, limit)
    if not limit or duration == no_data then
        return no_data
    end
    return duration > limit
end

-- Adds to the facts of the history what only the configuration can say.
function measure.judge(facts, l)
    facts.over_target = over(facts.duration, l and l.target)
    facts.over_max = over(facts.duration, l and l.max)
    facts.coverage = l and coverage.of(l) or no_data
    return facts
end

-- What is kept of every whole run of a level: the fact, the metric, what it is.
local KEPT = {
    { "passed", "tests_passed", "Test cases that passed." },
    { "failed", "tests_failed", "Test cases that failed." },
    { "errors", "tests_errors", "Test cases that ended in an error." },
    { "skipped", "tests_skipped", "Test cases that were skipped." },
    { "flaky_count", "tests_flaky", "Test cases that both failed and passed." },
    { "pass_rate", "tests_pass_rate", "Passed of all tests that ran." },
    { "failure_rate", "tests_failure_rate", "Failed of all tests that ran." },
    { "duration", "tests_duration_seconds", "Time that a level took.", "duration" },
    { "coverage", "tests_coverage", "Lines that the tests reach." },
}

local function keep(facts, name)
    local samples = {}
    for i, kept in ipairs(KEPT) do
        samples[i] = {
            name = kept[2], value = facts[kept[1]], labels = { level = name }, help = kept[3], kind = kept[4],
        }
    end
    local done, why = metrics.record(samples)
    if done then
        done, why = values.record()
    end
    return done, why
end

-- Why a run is not good whatever its cases say: a command failed without naming a failing case, or nothing ran.
local function problem_of(facts, done, l)
    if done.bad_end then
        return ("%s although its report names no failing test (%s)%s"):format(
            done.bad_end.explained or ("the tests of level `%s` ended badly"):format(l.name), done.bad_end.how,
            done.bad_end.said)
    end
    if facts.total == 0 then
        return ("level `%s` executed no test"):format(l.name)
    end
    if facts.total == facts.skipped then
        return ("level `%s` executed nothing: all of its %d tests were skipped"):format(l.name, facts.total)
    end
end

-- Runs one level. Gives its facts and, where something other than a failing test is wrong, what; or nil and why there
-- are no facts at all.
function measure.run(ctx, name, options)
    local l, why = level.find(name, options.variant)
    if not l then
        return nil, why
    end
    local ready
    ready, why = execute.prepare(ctx, l)
    if not ready then
        return nil, why
    end
    local started = os.time() * 1000
    local done
    done, why = execute.run(ctx, l, options)
    if not done then
        return nil, why
    end
    if #done.files == 0 then
        return nil, ("level `%s` executed no test: no test file was found"):format(name)
    end
    local whole = not (options.cases or options.fail_fast or options.variant or done.bad_end or done.cut_short)
    local test_run, reports, malformed = results.import {
        files = done.files, sources = done.sources, level = name, variant = options.variant,
        complete = whole, started_ms = started, duration = done.duration,
    }
    if not test_run or malformed then -- it was whole a moment ago: something has written to it since
        return nil, malformed or reports
    end
    local facts
    facts, why = results.facts(test_run)
    if not facts then
        return nil, why
    end
    measure.judge(facts, l)
    if whole then
        local kept
        kept, why = keep(facts, name)
        if not kept then
            return nil, why
        end
    end
    return facts, problem_of(facts, done, l)
end

return measure
