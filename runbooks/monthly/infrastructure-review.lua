-- The first Monday: the machine and the services that tests need, old logs, packages with known holes, and where the
-- coverage went in three months.
runbook "Infrastructure Review" {
    priority = "medium",
    schedule = "first monday at 09:00",
}

step "Test environment health check" {
    call = "troubleshoot/environment",
    on_fail = "continue",
}

step "Database maintenance" {
    run = maintenance.run { what = "database" },
    on_fail = "continue",
}

step "Log rotation and cleanup" {
    run = cleanup.logs {}, -- those older than logs.keep of runbook.yaml
    on_fail = "continue",
}

step "Dependency security audit" {
    run = dependencies.audit {},
    check = "vulnerability_count == 0",
    on_fail = "continue",
}

step "Test coverage trend analysis" {
    run = tests.trends { of = "coverage", since = "90d" },
    on_fail = "continue",
}
