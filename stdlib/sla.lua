-- The metrics overview, as a step shows it.
local overview = require "sla.table"
local values = require "sla.values"

local sla = {}

sla.overview = verb {
    name = "sla.overview",
    help = "A line for each metric of runbook.yaml's sla: value, target, and whether it is met, missed or an alert.",
    options = {},
    sets = { sla_met = "integer", sla_missed = "integer", sla_missing = "list", sla_metrics = "list" },
    perform = function(ctx)
        local met, missed, lines = 0, {}, {}
        local kept, why = values.record()
        if not kept then
            return nil, why
        end
        for i, row in ipairs(overview.rows()) do
            lines[i] = ("%-16s %-8s target %s %-6s %-7s  %s"):format(row.name, row.value,
                row.better == "lower" and "<=" or ">=", row.target, row.verdict, row.trend or ""):gsub("%s+$", "")
            ctx:note(lines[i])
            met = met + (row.verdict == "met" and 1 or 0)
            if row.verdict == "missed" or row.verdict == "alert" then
                missed[#missed + 1] = row.name
            end
        end
        ctx:set { sla_met = met, sla_missed = #missed, sla_missing = missed, sla_metrics = lines }
        return lines
    end,
}

return sla
