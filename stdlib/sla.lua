-- The metrics overview: what runbook.yaml promises under `sla`, beside what the test history says. A metric without a
-- measurement has no data, which is neither met nor missed.
local config = require "runbook.config"
local coverage = require "tests.coverage"
local results = require "runbook.results"
local format = require "text.format"

local sla = {}

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

-- What can be measured so far, by the name of the metric.
local MEASURES = {
    pass_rate = function(state)
        return state and state.pass_rate or no_data
    end,
    execution_time = execution_time,
    flaky_rate = flaky_rate,
    coverage = line_coverage,
}

-- Whether `value` is as good as `limit`, by the way that is better.
local function reaches(value, limit, better)
    if better == "lower" then
        return value <= limit
    end
    return value >= limit
end

local function judge(value, promise)
    if value == no_data or not promise.target then
        return "no data"
    elseif reaches(value, promise.target, promise.better) then
        return "met"
    elseif promise.alert and not reaches(value, promise.alert, promise.better) then
        return "alert"
    end
    return "missed"
end

local function shown(value)
    if type(value) == "userdata" and value ~= no_data and value.unit == "ratio" then
        return format.percent(value)
    end
    return tostring(value)
end

sla.overview = verb {
    name = "sla.overview",
    help = "A line for each metric of runbook.yaml's sla: value, target, and whether it is met, missed or an alert.",
    options = {},
    sets = { sla_met = "integer", sla_missed = "integer", sla_missing = "list", sla_metrics = "list" },
    perform = function(ctx)
        local promises = config.get "sla" or {}
        local state = results.state()
        local met, missed, rows = 0, {}, {}
        for i, name in ipairs(format.names(promises)) do
            local promise = promises[name]
            local value = MEASURES[name] and MEASURES[name](state) or no_data
            local verdict = judge(value, promise)
            rows[i] = ("%-16s %-8s target %s %-6s %s"):format(name, shown(value),
                promise.better == "lower" and "<=" or ">=", shown(promise.target), verdict)
            ctx:note(rows[i])
            met = met + (verdict == "met" and 1 or 0)
            if verdict == "missed" or verdict == "alert" then
                missed[#missed + 1] = name
            end
        end
        ctx:set { sla_met = met, sla_missed = #missed, sla_missing = missed, sla_metrics = rows }
        return rows
    end,
}

return sla
