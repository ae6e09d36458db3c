-- A message as a document for programs, runbook.message/1 (docs/json.md): the channels webhook, command and file.
local text = require "notify.text"

local document = {}

local function event_of(event)
    local made = {}
    for name, value in pairs(event) do
        made[name] = value
    end
    made.time = event.time and text.time(event.time)
    return made
end

function document.of(message)
    local events = {}
    for i, event in ipairs(message.events) do
        events[i] = event_of(event)
    end
    return {
        schema = "runbook.message/1",
        key = message.key,
        channel = message.channel,
        group = message.group,
        priority = message.priority,
        subject = message.subject,
        count = message.count,
        attempt = (message.attempts or 0) + 1,
        created = text.time(message.created or 0),
        events = events,
    }
end

return document
