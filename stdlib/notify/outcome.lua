-- What became of an attempt to send a message: accepted, to be tried again, or dead. For receivers that speak HTTP it
-- is decided here, once: 2xx is accepted; 408, 425, 429 and 5xx are tried again when the receiver asks for it, and so
-- is what a person mends in the settings (credentials, an address that is not there). Any other answer is about the
-- message and final, and so is a request that may never be made. A connection that failed is tried again.
local text = require "notify.text"

local outcome = {}

local AGAIN = {
    [401] = true, [403] = true, [404] = true, [407] = true, [408] = true, [425] = true, [429] = true,
}
local MONTHS = {
    Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12,
}

function outcome.accepted(memory)
    return { sent = "accepted", memory = memory }
end

-- `after`: seconds that the receiver asks to wait.
function outcome.retry(why, after)
    return { sent = "retry", why = why, after = after }
end

function outcome.dead(why)
    return { sent = "dead", why = why }
end

-- Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); the days are those of the civil calendar
-- (http://howardhinnant.github.io/date_algorithms.html, days_from_civil).
local function http_date(date)
    local day, name, year, hour, minute, second = tostring(date):match "^%a+, (%d+) (%a+) (%d+) (%d+):(%d+):(%d+) GMT$"
    local month = MONTHS[name]
    if not month then
        return nil
    end
    local y = month > 2 and year // 1 or year // 1 - 1
    local era = y // 400
    local in_year = (153 * ((month + 9) % 12) + 2) // 5 + day // 1 - 1
    local in_era = (y - era * 400) * 365 + (y - era * 400) // 4 - (y - era * 400) // 100 + in_year
    return (era * 146097 + in_era - 719468) * 86400 + hour * 3600 + minute * 60 + second
end

-- Retry-After (RFC 9110, 10.2.3) in seconds: a number, or a date, counted from the receiver's own clock.
function outcome.retry_after(headers)
    local value = headers["retry-after"]
    if not value then
        return nil
    end
    local at = http_date(value)
    if at then
        return math.max(at - (http_date(headers.date) or os.time()), 0)
    end
    return tonumber(value)
end

-- "HTTP 400: invalid_blocks"
function outcome.describe(response)
    local said = text.one_line(response.body or "", 200)
    return ("HTTP %d%s"):format(response.status, said ~= "" and ": " .. said or "")
end

-- nil when the receiver has accepted it (2xx), else what became of it.
function outcome.failed(response, failed)
    if not response then
        return failed.kind == "never" and outcome.dead(failed.message) or outcome.retry(failed.message)
    end
    local status = response.status
    if status >= 200 and status < 300 then
        return nil
    elseif AGAIN[status] or status >= 500 then
        return outcome.retry(outcome.describe(response), outcome.retry_after(response.headers))
    end
    return outcome.dead(outcome.describe(response))
end

-- The whole of it, for a receiver that says no more than that.
function outcome.of(response, failed)
    return outcome.failed(response, failed) or outcome.accepted()
end

return outcome
