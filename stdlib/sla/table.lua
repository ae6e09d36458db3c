-- The rows of the metrics overview: what runbook.yaml promises under `sla`, beside what is so. A metric without a
-- measurement has no data, which is neither met nor missed.
local config = require "runbook.config"
local format = require "text.format"
local results = require "runbook.results"
local values = require "sla.values"

local sla = {}

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

-- { name, value, target, alert, better, verdict, trend } as people read them, by name.
function sla.rows()
    local promises, state, rows = config.get "sla" or {}, results.state(), {}
    for i, name in ipairs(format.names(promises)) do
        local promise = promises[name]
        local value = values.of(name, state)
        rows[i] = {
            name = name, value = shown(value), target = shown(promise.target), better = promise.better,
            alert = promise.alert and shown(promise.alert) or "", verdict = judge(value, promise),
            trend = values.trend(name, promise.better),
        }
    end
    return rows
end

return sla
