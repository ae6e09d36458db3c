-- A message as a document for programs: the channels webhook, command and file. docs/notifications.md describes it.
local document = {}

function document.of(message)
    return {
        schema = "runbook.message/1",
        key = message.key,
        channel = message.channel,
        group = message.group,
        priority = message.priority,
        subject = message.subject,
        count = message.count,
        attempt = (message.attempts or 0) + 1,
        created = message.created,
        events = message.events,
    }
end

return document
