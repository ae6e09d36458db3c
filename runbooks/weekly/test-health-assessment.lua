-- Mondays: every test, the coverage, where both go, and the packages that have a newer release.
local whole = config.level "comprehensive" and "comprehensive" or "all"
local pass_rate = config.get "sla.pass_rate.target"
local coverage = config.get "sla.coverage.target"

runbook "Test Health Assessment" {
    priority = "medium",
    schedule = "monday at 10:00",
}

step "Comprehensive test suite validation" {
    run = tests.run { level = whole, allow_failures = true },
    check = ("pass_rate >= %s"):format(pass_rate),
    on_fail = "continue",
    lock = "tests", lock_wait = "1h",
}

-- All levels have just left their reports, unless only one of them was run.
step "Coverage analysis" {
    run = whole ~= "all" and config.level "unit" and tests.run { level = "unit", allow_failures = true }
        or tests.coverage {},
    check = ("coverage >= %s"):format(coverage),
    on_fail = "continue",
    lock = "tests", lock_wait = "1h",
}

step "Performance trend analysis" {
    run = tests.trends { since = "30d" },
    on_fail = "continue",
}

step "Update test dependencies" {
    run = dependencies.outdated {},
    on_fail = "continue",
}
