-- Incidents: a runbook says that something is wrong, what it found out, or that it is over.
local native = require "runbook.incident"

local incident = {}

local KEY = { type = "string", required = true, help = "what it is about: checkout-down" }

incident.open = verb {
    name = "incident.open",
    help = "Opens an incident and calls its first contact. Where it is open already, the text joins its timeline.",
    options = {
        key = KEY,
        title = { type = "string", help = "one line that says what is wrong; the key unless said" },
        priority = { type = "string", help = "a row of the escalation matrix; medium unless said" },
        contact = { type = "string", help = "who is called first; as the matrix says unless said" },
        text = { type = "string", help = "what happened" },
    },
    sets = { incident_id = "number", incident_level = "number" },
    writes = true,
    perform = function(ctx, o)
        local opened = assert(native.open {
            key = o.key, title = o.title, priority = o.priority, contact = o.contact, text = o.text,
        })
        ctx:set { incident_id = opened.id, incident_level = opened.level }
        ctx:note(("incident %s, %s: called %s"):format(opened.key, opened.priority, opened.called))
        return opened.id
    end,
}

incident.note = verb {
    name = "incident.note",
    help = "Adds a line to the timeline of an incident.",
    options = {
        key = KEY,
        text = { type = "string", required = true, help = "the line" },
    },
    writes = true,
    perform = function(_, o)
        return native.note { key = o.key, text = o.text }
    end,
}

incident.resolve = verb {
    name = "incident.resolve",
    help = "Ends an incident. One that is not open stays as it is.",
    options = {
        key = KEY,
        text = { type = "string", help = "how it ended" },
    },
    writes = true,
    perform = function(ctx, o)
        local resolved = assert(native.resolve { key = o.key, text = o.text })
        ctx:note(resolved.key and ("incident %s is resolved"):format(resolved.key) or "there was no incident " .. o.key)
        return true
    end,
}

return incident
