-- PagerDuty, Events API v2 (https://developer.pagerduty.com/docs/send-alert-event): a matter triggers an alert, which
-- acknowledging an incident acknowledges and a recovery resolves. Its dedup_key (at most 255 characters) is the same
-- for one matter, so that a repetition never makes a second alert. The summary holds 1024 characters, an event 512 KB.
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local SEVERITY = { critical = "critical", high = "error", medium = "warning", low = "info" }
local DEDUP_MAX = 255

local pagerduty = {
    help = "alerts of a PagerDuty service (Events API v2)",
    options = {
        routing_key = { type = "secret", required = true, help = "integration key of the service" },
        source = { type = "string", help = "what the alert is of; default: host and project" },
        api = { type = "url", default = "https://events.pagerduty.com", help = "of another region, or for tests" },
    },
}

local function action_of(s)
    if s.status == "resolved" then
        return "resolve"
    end
    return s.event.event == "incident.acknowledged" and "acknowledge" or "trigger"
end

-- What is only said ("info") is a matter of its own.
local function dedup_key(message, s)
    local key = s.status == "info" and s.event.event == "message" and message.key or message.group or message.key
    return text.key(key, DEDUP_MAX)
end

local function details_of(s)
    local details = {}
    for _, field in ipairs(s.fields) do
        details[field.name] = field.value
    end
    story.sections(s, function(title, kind, content)
        if kind == "list" or kind == "commands" then
            details[title] = text.clip(table.concat(content, "\n"), 8000)
        elseif kind == "code" then
            details[title] = text.tail(content, 20000)
        elseif kind == "text" then
            details[title or "Text"] = text.clip(content, 8000)
        end
    end)
    return details
end

local function payload_of(s, o)
    local e = s.event
    local source = o.source or table.concat({ e.host or "runbook", e.project }, " ")
    return {
        summary = text.clip(s.heading, 1024),
        source = text.one_line(source, 200),
        severity = s.status == "info" and "info" or SEVERITY[s.priority] or "warning",
        timestamp = text.time(s.time),
        component = e.runbook and text.one_line(e.runbook, 200),
        group = e.project and text.one_line(e.project, 200),
        class = e.event,
        custom_details = details_of(s),
    }
end

function pagerduty.render(message, o)
    local s = story.of(message)
    local event = { routing_key = o.routing_key, event_action = action_of(s), dedup_key = dedup_key(message, s) }
    if event.event_action == "trigger" then
        event.payload = payload_of(s, o)
        event.client = "runbook"
        event.client_url = s.url
    end
    return { url = o.api .. "/v2/enqueue", headers = { ["Idempotency-Key"] = message.key }, json = event }
end

-- What is noted in an incident has no place in an alert, and would open it again when it is over.
function pagerduty.send(message, o, via)
    if story.of(message).event.event == "incident.noted" then
        return outcome.accepted()
    end
    return outcome.of(via.http(pagerduty.render(message, o)))
end

return pagerduty
