-- Too many tests fail: find out which, whether they fail again, whether the machine or a change is to blame, and let a
-- person decide about a rollback.
local limit = config.get("thresholds.failure_rate.incident", "5%")
local severe = config.get("thresholds.failure_rate.escalate", "20%")

runbook(("Test Failures (>%s failure rate)"):format(limit)) {
    priority = "high",
    trigger = ("failure_rate > %s"):format(limit),
    escalate = { when = ("failure_rate > %s"):format(severe), to = "engineering-lead" },
}

param "level" { default = "all", choices = tests.levels, help = "the test level to diagnose" }
param "since" { default = "24h", type = "duration", help = "how far back to look for commits" }

step "Identify failing tests" {
    run = tests.failing { level = "$level" },
}

step "Run only failing tests for quick diagnosis" {
    when = "failing_count > 0",
    run = tests.rerun { level = "$level", times = 1 },
    check = ("failure_rate < %s"):format(limit),
    on_fail = "continue",
}

step "Check for environment issues" {
    call = "troubleshoot/environment",
    on_fail = "continue",
}

step "Check recent code changes" {
    run = git.log { since = "$since" },
}

step "Rollback if necessary" {
    when = ("failure_rate > %s"):format(severe),
    manual = "Consider rollback if failures are widespread.",
    run = tests.rerun { level = "$level" },
    check = ("failure_rate < %s"):format(limit),
}
