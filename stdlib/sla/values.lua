-- What the metrics of runbook.yaml's `sla` are right now, from the test history and from what was measured.
local config = require "runbook.config"
local coverage = require "tests.coverage"
local metrics = require "runbook.metrics"
local results = require "runbook.results"

local values = {}

local UPTIME_OVER = "7d"
local DAYS_OF_A_LINE = 3
local LOOK = "30d" -- how far back a stored value counts, and its trend goes

-- How long each level took compared with its target; the worst one counts.
local function execution_time()
    local worst = no_data
    for _, level in ipairs(config.levels()) do
        local state = results.state(level.name)
        if state and level.target and state.duration ~= no_data then
            local share = ratio(state.duration / level.target)
            if worst == no_data or share > worst then
                worst = share
            end
        end
    end
    return worst
end

local function line_coverage()
    for _, level in ipairs(config.levels()) do
        local value = coverage.of(level)
        if value ~= no_data then
            return value
        end
    end
    return no_data
end

local function flaky_rate(state)
    local judged = state and state.passed + state.failed + state.errors or 0
    return judged > 0 and ratio(state.flaky_count / judged) or no_data
end

-- How often services.check found the services up lately.
local function uptime()
    local found = metrics.query { name = "service_up", agg = "avg", since = UPTIME_OVER, by = "" }
    return found and found[1] and ratio(found[1].points[1][2]) or no_data
end

local MEASURES = {
    pass_rate = function(state)
        return state and state.pass_rate or no_data
    end,
    execution_time = execution_time,
    flaky_rate = flaky_rate,
    coverage = line_coverage,
    uptime = uptime,
}

-- The newest stored value of a metric, lately when `since` is given.
local function stored(name, since)
    local found = metrics.query { name = name, agg = "last", since = since, by = "" }
    return found and found[1] and found[1].points[1][2] or no_data
end

-- One by its name: a number, a ratio, or no_data. What cannot be measured now is what it last was; any other name is a
-- metric that somebody records.
function values.of(name, state)
    local measure = MEASURES[name]
    if not measure then
        return stored(name)
    end
    local value = measure(state)
    if value == no_data then
        value = stored("sla_" .. name, LOOK)
    end
    return type(value) == "number" and ratio(value) or value
end

-- Where it went in the last 30 days: "better", "worse" or "steady", "new" when fewer than three days have it; nothing
-- when it was not measured. Days count, not how often a day measured.
function values.trend(name, better)
    local of = MEASURES[name] and "sla_" .. name or name
    local found = metrics.trend { name = of, since = LOOK, agg = "avg", step = "1d", by = "" }
    local direction = found and found[1] and found[1].direction
    if not direction or direction == "none" then
        return direction and (found[1].count < DAYS_OF_A_LINE and "new" or "steady")
    end
    return (direction == "falling") == (better == "lower") and "better" or "worse"
end

-- Measures the handbook's and records them as sla_<name>, so that they have a past.
function values.record()
    local state, samples = results.state(), {}
    for name, measure in pairs(MEASURES) do
        samples[#samples + 1] = { name = "sla_" .. name, value = measure(state) }
    end
    return metrics.record(samples)
end

return values
