-- Requests to other machines. What comes back is a fact; what it should be is `expect`. A request that writes is never
-- sent twice unless it surely did not arrive.
local json = require "runbook.json"
local again = require "timing.again"

local http = {}

local BODY_MAX = 64 * 1024 -- of the fact; the step's log has all of it
local PAUSE_MAX = 60

local function is_read(o)
    if o.writes ~= nil then
        return not o.writes
    end
    local method = o.method or (o.body or o.json) and "POST" or "GET"
    return method == "GET" or method == "HEAD"
end

-- Whether sending it again can help, and does no harm.
local function may_repeat(o, answer, kind)
    if not answer then
        return kind == "refused" or kind == "unknown" and is_read(o)
    end
    return answer.status == 429 or answer.status == 503 or is_read(o) and answer.status >= 500
end

local function pause_asked_for(answer)
    local seconds = answer and answer.retry_after
    return seconds and math.min(seconds, PAUSE_MAX)
end

local function expected(status, wanted)
    if wanted == nil then
        return status >= 200 and status <= 299
    elseif type(wanted) ~= "table" then
        wanted = { wanted }
    end
    for _, one in ipairs(wanted) do
        if tonumber(one) == status then
            return true
        end
    end
    return false
end

local function send(ctx, o)
    return ctx:http {
        url = o.url, method = o.method, headers = o.headers, bearer = o.bearer, secret_headers = o.secret_headers,
        body = o.body, json = o.json, timeout = o.timeout, redirects = o.redirects, writes = not is_read(o),
    }
end

local function send_until_answered(ctx, o)
    local pauses = again.pauses(1, 2, PAUSE_MAX)
    for tries = 1, math.huge do
        local answer, message, kind = send(ctx, o)
        local good = answer and expected(answer.status, o.expect)
        if good or tries > o.retry or not may_repeat(o, answer, kind) then
            return answer, message
        end
        ctx:sleep(pause_asked_for(answer) or pauses())
    end
end

-- The body as a value, where it is JSON.
local function decoded(answer)
    local type = answer.headers["content-type"] or ""
    if answer.truncated or not type:lower():find("json", 1, true) then
        return nil
    end
    return (json.decode(answer.body))
end

local function first_line(text)
    local line = text:match "^%s*([^\r\n]+)"
    return line and (": " .. line:sub(1, 200)) or ""
end

local function perform(ctx, o)
    if o.body and o.json ~= nil then
        return nil, "a request has a body or json, not both"
    end
    local answer, message = send_until_answered(ctx, o)
    if not answer then
        return nil, message
    end
    answer.json = decoded(answer)
    ctx:set {
        http_status = answer.status,
        http_body = answer.body:sub(1, BODY_MAX),
        http_json = answer.json == nil and no_data or answer.json,
    }
    if not expected(answer.status, o.expect) then
        return nil, ("status %d%s"):format(answer.status, first_line(answer.body))
    end
    ctx:note(("status %d"):format(answer.status))
    return answer
end

local facts = { http_status = "integer", http_body = "string", http_json = "list" }

local function options(more)
    more.url = { type = "string", required = true, help = "https://.., or http:// to this machine" }
    more.headers = { type = "any", help = "a table of Name = \"value\"" }
    more.bearer = { type = "string", help = "name of the secret that is sent as Authorization: Bearer" }
    more.secret_headers = { type = "any", help = "a table of Name = name of a secret" }
    more.timeout = { type = "duration", help = "for the whole request; default: net.timeout" }
    more.retry = { type = "integer", default = 0, help = "how often it is tried again" }
    more.expect = { type = "any", help = "the right status, or a list of them; default: 200 to 299" }
    more.redirects = { type = "integer", default = 3, help = "how many are followed, reading only; 0 = none" }
    return more
end

http.get = verb {
    name = "http.get",
    help = "Gets a URL. Fails unless the status is as expected; the body is in the log and can be captured.",
    options = options {},
    sets = facts,
    perform = perform,
}

http.request = verb {
    name = "http.request",
    help = "Sends any request. GET and HEAD read, others write unless `writes = false`.",
    options = options {
        method = { type = "string", help = "default: GET, or POST with a body" },
        body = { type = "string", help = "the bytes to send" },
        json = { type = "any", help = "a value to send as JSON" },
        writes = { type = "boolean", help = "whether it changes something; default: as the method says" },
    },
    sets = facts,
    writes = function(o)
        return not is_read(o)
    end,
    perform = perform,
}

return http
