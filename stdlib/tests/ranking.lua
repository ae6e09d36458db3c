-- The tests that stand out in the history of a while: the flaky ones, with how often they fail, and the slowest.
local config = require "runbook.config"
local format = require "text.format"
local text_lines = require "text.lines"
local results = require "runbook.results"

local ranking = {}

local FLAKY_MAX = 1000

local function since_ms(duration)
    return (os.time() - duration.value) * 1000
end

-- The cases, how many there are, how many of them are flaky; nothing at all without any history.
local function ask(what, o, limit)
    local cases, count, flaky = results.rank(what, o.level, since_ms(o.since), limit)
    if not cases and flaky == "ENOENT" then
        return {}, 0, 0
    end
    return cases, count, flaky
end

function ranking.flaky(o)
    return ask("flaky", o, FLAKY_MAX)
end

function ranking.slowest(o)
    return ask("slowest", o, o.count)
end

function ranking.persistent_from()
    return config.get "thresholds.flake_rate.persistent"
end

-- "failed 3 of 40 times (7.5%)"
function ranking.how_flaky(case)
    return ("failed %d of %s (%s)"):format(case.failures, format.count(case.executed, "time", "times"),
        format.percent(case.rate))
end

-- "1.2s on average, 3.4s at most"
function ranking.how_slow(case)
    return ("%s on average, %s at most"):format(format.time(case.time), format.time(case.longest))
end

local function tell(ctx, cases, how)
    text_lines.tell(ctx, cases, function(case)
        return ("%s: %s"):format(case.id, how(case))
    end)
end

local function ids(cases, limit)
    local list = {}
    for i = 1, math.min(#cases, limit) do
        list[i] = cases[i].id
    end
    return list
end

function ranking.perform_flaky(ctx, o)
    local cases, count, flaky = ranking.flaky(o)
    if not cases then
        return nil, count
    end
    local persistent, from = {}, ranking.persistent_from()
    for _, case in ipairs(cases) do
        if case.rate > from then
            persistent[#persistent + 1] = case.id
        end
    end
    ctx:set {
        flaky = ids(cases, o.limit), flaky_cases = flaky, flaky_rate = count > 0 and ratio(flaky / count) or no_data,
        persistent = persistent, persistent_cases = #persistent,
    }
    if count == 0 then
        ctx:note(("no data: no test ran in the last %s"):format(o.since))
    else
        ctx:note(("%d of %s flaky, %d above %s"):format(flaky, format.count(count, "test is", "tests are"),
            #persistent, from))
    end
    tell(ctx, cases, ranking.how_flaky)
    return ids(cases, o.limit)
end

function ranking.perform_slowest(ctx, o)
    local cases, count = ranking.slowest(o)
    if not cases then
        return nil, count
    end
    ctx:set { slowest = ids(cases, o.count), slowest_time = cases[1] and cases[1].time or no_data }
    if #cases == 0 then
        ctx:note(("no data: no test with a time ran in the last %s"):format(o.since))
    end
    tell(ctx, cases, ranking.how_slow)
    return ids(cases, o.count)
end

return ranking
