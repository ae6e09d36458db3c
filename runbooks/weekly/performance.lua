-- Fridays: the performance tests against their target, the tests that take longest, old test data, and the report of
-- the week.
local performance = config.level "performance"

runbook "Performance Optimization" {
    priority = "medium",
    schedule = "friday at 10:00",
}

step "Performance test suite" {
    run = tests.run { level = "performance", optional = true },
    check = performance and performance.target and ("duration <= %s"):format(performance.target),
    on_fail = "continue",
    lock = "tests", lock_wait = "1h",
}

step "Identify slow tests" {
    run = tests.slowest { count = 20, since = "7d" },
    on_fail = "continue",
}

step "Database cleanup" {
    run = maintenance.run { what = "test_data" },
    on_fail = "continue",
}

step "Generate weekly report" {
    run = report.write { name = "weekly", title = "Weekly report", since = "7d" },
}
