-- Every morning, in five minutes: what fails, whether the quick tests run in time, the metrics against the SLA, the
-- feature flags. A step that finds something wrong lets the others look too.
local smoke = config.level "smoke"
local healthy = config.get "thresholds.failure_rate.healthy"

runbook "Morning Health Check (5 minutes)" {
    priority = "medium",
    budget = "5m",
    schedule = "0 8 * * *", -- off until `runbook schedule enable daily/morning-health-check`
}

step "Check overall test health" {
    run = tests.failing { level = "all" },
    check = ("failure_rate < %s"):format(healthy),
    on_fail = "continue",
    lock = "tests", lock_wait = "1h",
}

step "Quick smoke test validation" {
    run = tests.run { level = "smoke" },
    check = smoke and smoke.target and ("duration <= %s"):format(smoke.target),
    on_fail = "continue",
    lock = "tests", lock_wait = "1h",
}

step "Check test metrics dashboard" {
    run = sla.overview {},
    check = "sla_missed == 0",
    on_fail = "continue",
}

step "Verify feature flag status" {
    run = flags.check {},
    on_fail = "continue",
}
