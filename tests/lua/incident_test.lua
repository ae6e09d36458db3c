-- Incidents opened, noted and resolved by runbooks.
runbook "Incidents" {}

local native = require "runbook.incident"

step "Opened" {
    run = incident.open { key = "checkout-down", priority = "high", title = "Checkout", text = "payments fail" },
    check = { "incident_id > 0", "incident_level == 1" },
}

step "Opened again is the same" {
    run = function(ctx)
        local id = ctx:get "incident_id"
        assert(native.open { key = "checkout-down", text = "still" }.id == id)
        local raised = native.open { key = "checkout-down", priority = "critical" }
        assert(raised.id == id and raised.priority == "critical" and raised.called == "On-call engineer")
    end,
}

step "Noted" { run = incident.note { key = "checkout-down", text = "made room" } }
step "Resolved" { run = incident.resolve { key = "checkout-down", text = "works" } }
step "Resolved twice does no harm" { run = incident.resolve { key = "checkout-down" } }
step "What never was is over" { run = incident.resolve { key = "never" } }

step "A new one has a new number" {
    run = function(ctx)
        local old = ctx:get "incident_id"
        local new = assert(native.open { key = "checkout-down" })
        assert(new.id > old and new.state == "open" and new.priority == "medium")
        assert(native.resolve { key = "checkout-down" }.state == "resolved")
    end,
}

step "Mistakes are told" {
    run = function()
        local ok, message, code = native.open { key = "a b" }
        assert(ok == nil and message:find("cannot be the key", 1, true) and code == "EINVAL", message)
        ok, message = native.open { key = "a", priority = "urgend" }
        assert(ok == nil and message:find("no priority", 1, true), message)
        ok, message, code = native.note { key = "nothing", text = "x" }
        assert(ok == nil and message:find("no incident nothing", 1, true) and code == "ENOENT", message)
        ok, message = native.note { key = "checkout-down" }
        assert(ok == nil and message:find("needs a text", 1, true), message)
        ok, message = native.open {}
        assert(ok == nil and message:find("needs a key", 1, true), message)
        assert(not pcall(native.open, 1))
    end,
}
