-- Metrics for runbooks: a value is recorded, asked for, or compared with what it usually is.
local native = require "runbook.metrics"

local metrics = {}

-- The one value that an aggregate makes of all series that fit, or no_data; or nil and why not.
local function ask(o, agg, since, before)
    local found, why = native.query {
        name = o.name, labels = o.labels, agg = agg, since = since, ["until"] = before, by = "",
    }
    if not found then
        return nil, why
    end
    return found[1] and found[1].points[1][2] or no_data
end

metrics.record = verb {
    name = "metrics.record",
    help = "Records a value: a number, a quantity or a fact as $name. What has no data is not recorded.",
    options = {
        name = { type = "string", required = true, help = "as in Prometheus: queue_size, import_duration_seconds" },
        value = { type = "any", required = true, help = "the value" },
        labels = { type = "any", help = "a table of strings: { queue = \"mail\" }" },
        help = { type = "string", help = "what it is, for exports" },
    },
    writes = true,
    perform = function(_, o)
        return native.record { name = o.name, value = o.value, labels = o.labels, help = o.help }
    end,
}

metrics.query = verb {
    name = "metrics.query",
    help = "Asks for a recorded metric over a time: metric_value is what the aggregate makes of it, or no data.",
    options = {
        name = { type = "string", required = true, help = "the metric" },
        labels = { type = "any", help = "only series with these labels" },
        since = { type = "duration", default = "24h", help = "how far back" },
        agg = {
            type = "choice", default = "last", help = "last, avg, p95, ...",
            choices = {
                "last", "avg", "min", "max", "sum", "count", "rate", "increase", "p50", "p90", "p95", "p99",
            },
        },
    },
    sets = { metric_value = "number" },
    perform = function(ctx, o)
        local value, why = ask(o, o.agg, o.since)
        if value == nil then
            return nil, why
        end
        ctx:set { metric_value = value }
        ctx:note(("%s %s %s"):format(o.agg, o.name, tostring(value)))
        return value
    end,
}

-- Twice as slow as usual is metric_ratio >= 2.
metrics.compare = verb {
    name = "metrics.compare",
    help = "Compares the last `window` of a metric with the `baseline` before it: metric_ratio times as much.",
    options = {
        name = { type = "string", required = true, help = "the metric" },
        labels = { type = "any", help = "only series with these labels" },
        window = { type = "duration", default = "24h", help = "what counts as now" },
        baseline = { type = "duration", default = "7d", help = "what counts as usual, before the window" },
        agg = {
            type = "choice", default = "avg", help = "of both",
            choices = { "avg", "p50", "p90", "p95", "p99", "max" },
        },
    },
    sets = { metric_value = "number", metric_usual = "number", metric_ratio = "number" },
    perform = function(ctx, o)
        local now, why = ask(o, o.agg, o.window)
        local usual = now and ask(o, o.agg, o.window + o.baseline, o.window)
        if not usual then
            return nil, why
        end
        local known = now ~= no_data and usual ~= no_data and usual ~= usual * 0
        ctx:set { metric_value = now, metric_usual = usual, metric_ratio = known and now / usual or no_data }
        ctx:note(("%s %s %s, usually %s"):format(o.agg, o.name, tostring(now), tostring(usual)))
        return now
    end,
}

return metrics
