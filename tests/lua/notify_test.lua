-- Messages of a step: queued once, whatever happens to the step. What is sent is proved in tests/e2e.
runbook "Messages" {}

local native = require "runbook.notify"

step "Queued" {
  run = notify.send { channel = "log", subject = "Done", text = "All of it", priority = "low" },
}
step "The same is said once in a step" {
  run = function()
    local one = { channel = "log", subject = "Again", priority = "low" }
    assert(native.send(one) == 1)
    assert(native.send(one) == 0)
    one.text = "and more"
    assert(native.send(one) == 1)
  end,
}
step "Another step says it again" {
  run = function()
    assert(native.send { channel = "log", subject = "Again", priority = "low" } == 1)
  end,
}
step "With its facts" {
  run = function(ctx)
    ctx:set { count = 3 }
    ctx:perform(notify.send { channel = "log", subject = "$count of them" })
  end,
}
step "A channel that there is not" {
  run = function()
    local queued, why, code = native.send { channel = "lgo", subject = "Lost", priority = "low" }
    assert(queued == nil and why:find("there is no channel \"lgo\"", 1, true) and code == "ENOENT", why)
  end,
}
