-- What became of an attempt to send a message: accepted, to be tried again, or dead. For receivers that speak HTTP it
-- is decided here, once: 2xx is accepted; 408, 425, 429 and 5xx are tried again when the receiver asks for it, and so
-- is what a person mends in the settings (credentials, an address that is not there). Any other answer is about the
-- message and final, and so is a request that may never be made. A connection that failed is tried again.
local text = require "notify.text"

local outcome = {}

local AGAIN = {
    [401] = true, [403] = true, [404] = true, [407] = true, [408] = true, [425] = true, [429] = true,
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
        return outcome.retry(outcome.describe(response), response.retry_after)
    end
    return outcome.dead(outcome.describe(response))
end

-- The whole of it, for a receiver that says no more than that.
function outcome.of(response, failed)
    return outcome.failed(response, failed) or outcome.accepted()
end

return outcome
