-- The metrics overview: what runbook.yaml promises under `sla`, beside what the test history says. A metric without a
-- measurement has no data, which is neither met nor missed.
local config = require "runbook.config"
local results = require "runbook.results"
local values = require "sla.values"
local format = require "text.format"

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

sla.overview = verb {
    name = "sla.overview",
    help = "A line for each metric of runbook.yaml's sla: value, target, and whether it is met, missed or an alert.",
    options = {},
    sets = { sla_met = "integer", sla_missed = "integer", sla_missing = "list", sla_metrics = "list" },
    perform = function(ctx)
        local promises = config.get "sla" or {}
        local state = results.state()
        local met, missed, rows = 0, {}, {}
        local kept, why = values.record()
        if not kept then
            return nil, why
        end
        for i, name in ipairs(format.names(promises)) do
            local promise = promises[name]
            local value = values.of(name, state)
            local verdict = judge(value, promise)
            rows[i] = ("%-16s %-8s target %s %-6s %-7s  %s"):format(name, shown(value),
                promise.better == "lower" and "<=" or ">=", shown(promise.target), verdict,
                values.trend(name, promise.better) or ""):gsub("%s+$", "")
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
