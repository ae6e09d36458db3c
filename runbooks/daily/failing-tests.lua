-- Every four hours: what is known to fail is run again, and what still fails makes the run fail, which is the alert.
local severe = config.get "thresholds.failure_rate.escalate"

runbook "Check for failing tests (every 4 hours)" {
    priority = "high",
    schedule = "0 */4 * * *",
    escalate = { when = ("failure_rate > %s"):format(severe), to = "engineering-lead" },
    help = "A run that fails is the alert: `runbook incident/test-failures` is what to do then.",
}

step "Check the services" {
    run = services.check {},
    retry = { times = 2, delay = "2s" }, -- one that is just being restarted is no failure
    on_fail = "continue",
}

step "Check for failing tests" {
    run = tests.failing { level = "all" },
    lock = "tests", lock_wait = "1h",
}

step "Alert on failures" {
    when = "failing_count > 0",
    run = tests.rerun { level = "all" },
    check = "failing_count == 0",
    lock = "tests", lock_wait = "1h",
}
