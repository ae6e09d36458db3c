-- Doing something again until it is well: the pauses between the tries, and the two loops around them.
local clock = require "runbook.timing"

local again = {}

-- What waits needs the step's ctx before everything else, which is easily forgotten.
function again.needs_ctx(who, ctx)
    if type(ctx) ~= "userdata" then
        error(("%s begins with the step's ctx: run = function(ctx) %s(ctx, ...) end"):format(who, who), 0)
    end
end

-- Options as a caller in Lua wrote them: a slip is told, what is missing has its default.
function again.options(who, given, defaults)
    if type(given) ~= "table" then
        error(("%s takes a table of options"):format(who), 0)
    end
    local o = {}
    for name, value in pairs(given) do
        if defaults[name] == nil then
            error(("unknown option `%s` of %s"):format(tostring(name), who), 0)
        end
        o[name] = value
    end
    for name, value in pairs(defaults) do
        if o[name] == nil then
            o[name] = value
        end
    end
    return o
end

-- A function that gives one pause after the other, in seconds: each `backoff` times the one before, `longest` at most.
function again.pauses(first, backoff, longest)
    if type(backoff) ~= "number" or backoff < 1 then
        error("`backoff` must be a number from 1 on", 0)
    end
    local pause
    return function()
        pause = pause and math.min(pause * backoff, math.max(first, longest)) or first
        return pause
    end
end

-- Calls try(left) until it gives something true, and returns that and the number of tries; nil, why and the number when
-- `timeout` seconds are over. The last try is made when they are.
function again.until_true(ctx, timeout, pauses, try)
    local over, tries = clock.now() + timeout, 0
    while true do
        local left = math.max(over - clock.now(), 0)
        local found, why = try(left)
        tries = tries + 1
        if found then
            return found, tries
        elseif left == 0 then
            return nil, why, tries
        end
        -- Pauses are whole milliseconds: less than one would be none, and the end would be waited for by trying.
        ctx:sleep(math.max(math.min(pauses(), over - clock.now()), 0.001))
    end
end

-- Calls fn until it neither fails nor returns nil or false with a message, once and `times` times more.
function again.while_failing(ctx, times, pauses, fn)
    for try = 0, times do
        local done = table.pack(pcall(fn, ctx, try + 1))
        local fine = done[1] and (done[2] or done[3] == nil and done[2] ~= false)
        if fine or try == times then
            if not done[1] then
                error(done[2], 0)
            end
            return table.unpack(done, 2, done.n)
        end
        local pause, why = pauses(), done[2]
        if done[1] then
            why = done[3] or "it returned false"
        end
        ctx:log(("try %d failed: %s; again in %s"):format(try + 1, tostring(why), tostring(seconds(pause))))
        ctx:sleep(pause)
    end
end

return again
