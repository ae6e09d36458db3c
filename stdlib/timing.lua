-- Time, on the monotonic clock: measuring it, waiting until something holds, and limits that all runs of a project
-- share.
local again = require "timing.again"
local clock = require "runbook.timing"
local config = require "runbook.config"
local format = require "text.format"

local timing = {}

local SLOTS_MAX = 1000
local GRACE = 1 -- seconds that the last try of a command gets

-- ---- measuring -----------------------------------------------------------------------------------------------------

-- watch.elapsed() since the start or the last watch.restart().
function timing.stopwatch()
    local started = clock.now()
    local watch = {}
    function watch.elapsed()
        return seconds(clock.now() - started)
    end
    function watch.restart()
        started = clock.now()
    end
    return watch
end

-- deadline.remaining(), never below 0, and deadline.expired().
function timing.deadline(duration)
    local over = clock.now() + clock.span(duration, "a deadline")
    local deadline = {}
    function deadline.remaining()
        return seconds(math.max(over - clock.now(), 0))
    end
    function deadline.expired()
        return clock.now() >= over
    end
    return deadline
end

-- ---- waiting and trying again --------------------------------------------------------------------------------------

local function pauses_of(o, first)
    return again.pauses(clock.span(o[first], "`" .. first .. "`"), o.backoff,
        clock.span(o.max_interval or o.max_delay, "the longest pause"))
end

-- "not so within 5s, after 6 tries: connection refused"
local function too_late(timeout, tries, why)
    return ("not so within %s, after %s%s"):format(tostring(seconds(timeout)), format.count(tries, "try", "tries"),
        why and ": " .. tostring(why) or "")
end

-- What o.check(ctx) gives as soon as it is true; nil and why when it never was.
function timing.wait_until(ctx, options)
    again.needs_ctx("timing.wait_until", ctx)
    local o = again.options("timing.wait_until", options,
        { check = false, interval = "1s", timeout = "1m", backoff = 1, max_interval = "1m" })
    if type(o.check) ~= "function" then
        error("timing.wait_until needs `check`, a function", 0)
    end
    local timeout = clock.span(o.timeout, "`timeout`")
    local found, why, tries = again.until_true(ctx, timeout, pauses_of(o, "interval"), function()
        return o.check(ctx)
    end)
    if not found then
        return nil, too_late(timeout, tries, why)
    end
    return found
end

-- What fn(ctx, try) returns as soon as it does not fail; `times` more tries after the first, as for a step.
function timing.retry(ctx, options, fn)
    again.needs_ctx("timing.retry", ctx)
    local o = again.options("timing.retry", options, { times = 3, delay = "1s", backoff = 2, max_delay = "1m" })
    if math.type(o.times) ~= "integer" or o.times < 0 then
        error("`times` must be a whole number from 0 on", 0)
    end
    return again.while_failing(ctx, o.times, pauses_of(o, "delay"), fn)
end

local function try_command(ctx, o, left)
    local words = table.move(o.command, 1, #o.command, 1, {})
    words.timeout, words.quiet = math.max(left, GRACE), true
    local result, why = ctx:exec(words)
    if not result then
        return nil, why
    elseif result.timed_out then
        return nil, "it did not end in time"
    elseif result.code == 0 then
        return true
    end
    local said = result.err:match "([^\n]+)\n*$" or result.out:match "([^\n]+)\n*$"
    return nil, format.ending(result) .. (said and ", " .. said or "")
end

timing.wait = verb {
    name = "timing.wait",
    help = "Runs a command again and again until it exits 0. Fails when it has not within `timeout`.",
    options = {
        command = { type = "list", required = true, help = "the program and its arguments" },
        interval = { type = "duration", default = seconds(2), help = "the pause between two tries; 2s unless said" },
        timeout = { type = "duration", default = seconds(300), help = "how long to wait; 5m unless said" },
        backoff = { type = "number", default = 1, help = "what each pause is multiplied by; 1 unless said" },
        max_interval = { type = "duration", default = seconds(60), help = "the longest pause; 1m unless said" },
    },
    sets = { waited = "seconds", tries = "integer" },
    perform = function(ctx, o)
        local watch, timeout = timing.stopwatch(), clock.span(o.timeout, "`timeout`")
        local found, why, count = again.until_true(ctx, timeout, pauses_of(o, "interval"), function(left)
            return try_command(ctx, o, left)
        end)
        local tries = found and why or count
        ctx:set { waited = watch.elapsed(), tries = tries }
        if not found then
            return nil, too_late(timeout, tries, why)
        end
        ctx:note(("after %s, %s"):format(tostring(watch.elapsed()), format.count(tries, "try", "tries")))
        return true
    end,
}

timing.sleep = verb {
    name = "timing.sleep",
    help = "Waits that long. A run that is resumed waits only for what is left of it.",
    options = { duration = { type = "duration", required = true, help = "how long" } },
    perform = function(ctx, o)
        local left, why = clock.sleep_begin(clock.span(o.duration, "`duration`"))
        if not left then
            return nil, why
        end
        ctx:sleep(left)
        return clock.sleep_end()
    end,
}

-- ---- limits across processes ---------------------------------------------------------------------------------------

local function wait_option(who, options)
    local o = again.options(who, options or {}, { wait = false })
    return o.wait and clock.span(o.wait, "`wait`") or nil
end

-- Returns when a turn of `name` was given: at most n in any time of `per`, to all processes together.
function timing.rate_limit(ctx, name, n, per, options)
    again.needs_ctx("timing.rate_limit", ctx)
    local wait = wait_option("timing.rate_limit", options)
    local over, span = clock.now() + (wait or math.huge), clock.span(per, "the time of a rate limit")
    while true do
        local given, free = clock.turn(name, n, span)
        if given or given == nil then
            return given, free
        elseif free > over then
            return nil, ("no turn of \"%s\" is free within %s"):format(name, tostring(seconds(wait)))
        end
        ctx:sleep(math.max(free - clock.now(), 0) + 0.001) -- durations end at whole milliseconds
    end
end

-- Any free slot of the n; nil and why when all are taken.
local function any_slot(name, n)
    local slot, why, code
    for i = 1, n do
        slot, why, code = clock.slot(name, i)
        if slot or code ~= "EBUSY" then
            return slot, why, code
        end
    end
    local taken = n == 1 and ("\"%s\" is taken"):format(name) or ("all %d slots of \"%s\" are taken"):format(n, name)
    return nil, taken, "EBUSY"
end

local function wait_for_slot(ctx, name, n, wait)
    local over, pause = clock.now() + (wait or math.huge), again.pauses(0.02, 1.5, 0.5)
    while true do
        local slot, why, code = any_slot(name, n)
        if slot or code ~= "EBUSY" or clock.now() >= over then
            return slot, why
        end
        ctx:sleep(math.max(math.min(pause(), over - clock.now()), 0.001)) -- less would be none
    end
end

-- Calls fn(ctx) while one of n slots of `name` is held, and returns what it returns. Slots are dropped by the kernel
-- when their process dies.
function timing.limit(ctx, name, n, fn, options)
    again.needs_ctx("timing.limit", ctx)
    local wait = wait_option("timing.limit", options)
    if math.type(n) ~= "integer" or n < 1 or n > SLOTS_MAX then
        error(("timing.limit needs a whole number of slots from 1 to %d"):format(SLOTS_MAX), 0)
    end
    local held, why = wait_for_slot(ctx, name, n, wait)
    if not held then
        return nil, why
    end
    local _ <close> = held
    return fn(ctx)
end

-- Calls fn(ctx) within a limit of runbook.yaml, which is never reached: `llm_calls: 5/s` is 4 calls in any second,
-- `database_connections: 50` is 49 at once. Returns what fn returns.
function timing.within(ctx, limit, fn, options)
    again.needs_ctx("timing.within", ctx)
    local most = config.get("limits." .. tostring(limit))
    if type(most) ~= "number" or most <= 0 then
        error(("runbook.yaml has no limit `%s` that can be counted"):format(tostring(limit)), 0)
    elseif math.type(most) == "integer" then
        return timing.limit(ctx, limit, math.max(most - 1, 1), fn, options)
    end
    local given, why
    if most > 1 then -- a rate is a number a second
        given, why = timing.rate_limit(ctx, limit, math.ceil(most) - 1, 1, options)
    else
        given, why = timing.rate_limit(ctx, limit, 1, 1 / most, options)
    end
    if not given then
        return nil, why
    end
    return fn(ctx)
end

return timing
