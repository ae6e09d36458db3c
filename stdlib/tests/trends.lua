-- Where the time, the pass rate and the coverage of each level go: a line fitted through what was measured, and when it
-- comes to the limit that runbook.yaml sets.
local config = require "runbook.config"
local format = require "text.format"
local metrics = require "runbook.metrics"

local trends = {}

-- What is looked at: its word, its metric, the direction that is worse, and the limit of a level.
local LOOKED_AT = {
    {
        word = "duration", metric = "tests_duration_seconds", worse = "rising",
        limit = function(level)
            return level.max
        end,
    },
    {
        word = "pass_rate", metric = "tests_pass_rate", worse = "falling",
        limit = function()
            return config.get "sla.pass_rate.alert"
        end,
    },
    {
        word = "coverage", metric = "tests_coverage", worse = "falling",
        limit = function()
            return config.get "sla.coverage.alert"
        end,
    },
}

trends.WORDS = { "all", "duration", "pass_rate", "coverage" }

local POINTS_MIN = 3 -- two always lie on a line

local function shown(value)
    if value.unit == "ratio" then
        return format.percent(value)
    end
    return format.time(value)
end

-- "rising 100ms a day, at 45s on 2027-01-04"
local function describe(found, what, limit)
    if found.count < POINTS_MIN then
        return ("too few to say (%s)"):format(format.count(found.count, "run", "runs"))
    elseif found.direction == "none" then
        return ("steady (%s)"):format(format.count(found.count, "run", "runs"))
    end
    local text = ("%s %s a day"):format(found.direction, shown(found.per_day))
    if found.direction == what.worse and found.reached_ms and limit then
        text = text .. (", at %s on %s"):format(shown(limit), os.date("%Y-%m-%d", found.reached_ms // 1000))
    end
    return text
end

local function one(level, what, since)
    local limit = what.limit(level)
    local found, why = metrics.trend {
        name = what.metric, labels = { level = level.name }, since = since, by = "", limit = limit,
    }
    if not found then
        return nil, why
    elseif not found[1] then
        return false
    end
    local row = { level = level.name, what = what.word, last = shown(found[1].last) }
    row.trend = describe(found[1], what, limit)
    row.worse = found[1].count >= POINTS_MIN and found[1].direction == what.worse
    return row
end

-- A row { level, what, last, trend, worse } for each that was measured; or nil and why.
function trends.rows(of, since)
    local rows = {}
    for _, level in ipairs(config.levels()) do
        for _, what in ipairs(LOOKED_AT) do
            if of == "all" or of == what.word then
                local row, why = one(level, what, since)
                if row == nil then
                    return nil, why
                end
                rows[#rows + 1] = row or nil
            end
        end
    end
    return rows
end

function trends.perform(ctx, o)
    local rows, why = trends.rows(o.of, o.since)
    if not rows then
        return nil, why
    end
    local worsening = {}
    for _, row in ipairs(rows) do
        ctx:note(("%-14s %-10s %-8s %s"):format(row.level, row.what, row.last, row.trend))
        if row.worse then
            worsening[#worsening + 1] = row.level .. " " .. row.what
        end
    end
    if #rows == 0 then
        ctx:note(("no data: nothing was measured in the last %s"):format(o.since))
    end
    ctx:set { worsening = worsening, worsening_count = #rows > 0 and #worsening or no_data }
    return worsening
end

return trends
