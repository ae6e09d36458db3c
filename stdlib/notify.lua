-- Messages to people: put into the outbox with the step, delivered to a channel of runbook.yaml.
local native = require "runbook.notify"

local notify = {}

notify.send = verb {
    name = "notify.send",
    help = "Sends a message to a channel of runbook.yaml. A step that runs again sends it once.",
    options = {
        channel = { type = "string", required = true, help = "a name in `channels:`" },
        subject = { type = "string", required = true, help = "one line" },
        text = { type = "string", help = "more" },
        priority = {
            type = "choice", choices = { "critical", "high", "medium", "low" }, default = "medium",
            help = "medium unless said",
        },
        key = { type = "string", help = "what it is about: messages with the same key go into one thread" },
    },
    writes = true,
    perform = function(ctx, o)
        local queued, why = native.send(o)
        if not queued then
            return nil, why
        end
        ctx:note(queued > 0 and "message to " .. o.channel or "message to " .. o.channel .. ", said before")
        return queued
    end,
}

return notify
