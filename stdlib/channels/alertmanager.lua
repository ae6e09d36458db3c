-- Prometheus Alertmanager, API v2, POST /api/v2/alerts
-- (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml): one alert per matter. An alert is known
-- by its labels, so those with which it was raised are remembered and used again to resolve it. Alertmanager takes an
-- alert that is not repeated for over, so each says how long it holds.
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local SAID_HOLDS = 300 -- Alertmanager's own resolve_timeout

local alertmanager = {
    help = "alerts of a Prometheus Alertmanager (API v2)",
    options = {
        url = { type = "url", required = true, help = "of the Alertmanager, without /api" },
        labels = { type = "map", help = "labels to add, e.g. team: qa" },
        holds = { type = "duration", default = seconds(7 * 86400), help = "an alert nobody resolves is over then; 7d" },
        headers = { type = "map", private = true, help = "headers to add; a value may be env:NAME or file:PATH" },
    },
}

local function labels_of(message, s, o)
    local e = s.event
    local labels = {}
    for name, value in pairs(o.labels or {}) do
        labels[name] = tostring(value)
    end
    labels.alertname = e.event or "message"
    labels.severity = s.priority
    labels.key = text.key(message.group or message.key, 300)
    labels.runbook = e.runbook
    labels.project = e.project
    return labels
end

local function annotations_of(s)
    return {
        summary = text.clip(s.heading, 1000),
        description = text.clip(story.plain(s), 20000),
    }
end

-- What is only said is over soon, unless it is about an alert that is there.
local function seconds_left(s, memory, o)
    if s.status == "resolved" then
        return 0
    end
    return s.status == "info" and not memory.labels and SAID_HOLDS or o.holds.value // 1
end

-- What is remembered holds no secret (*** stands for it): such a label is taken from the settings again.
local function labels_again(memory, o)
    local labels = {}
    for name, value in pairs(memory.labels) do
        local given = (o.labels or {})[name]
        labels[name] = given ~= nil and value:find("***", 1, true) and tostring(given) or value
    end
    return labels
end

local function alert_of(message, o)
    local s, memory = story.of(message), message.memory or {}
    local ends = os.time() + seconds_left(s, memory, o)
    local started = memory.started or s.time
    return {
        labels = memory.labels and labels_again(memory, o) or labels_of(message, s, o),
        annotations = annotations_of(s),
        startsAt = text.time(math.min(started, ends * 1000)),
        endsAt = text.time(ends * 1000),
        generatorURL = s.url,
    }, started, s.status
end

local function request_of(message, o, alert)
    local headers = { ["Idempotency-Key"] = message.key }
    for name, value in pairs(o.headers or {}) do
        headers[name] = value
    end
    return { url = o.url:gsub("/+$", "") .. "/api/v2/alerts", headers = headers, json = { alert } }
end

function alertmanager.render(message, o)
    return request_of(message, o, (alert_of(message, o)))
end

function alertmanager.send(message, o, via)
    local alert, started, status = alert_of(message, o)
    local ended = outcome.failed(via.http(request_of(message, o, alert)))
    if ended then
        return ended
    end
    return outcome.accepted(status == "resolved" and {} or { labels = alert.labels, started = started })
end

return alertmanager
