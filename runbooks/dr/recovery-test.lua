-- The fourth Monday: a backup that was never restored is none. What runbook itself records and the repository are
-- copied, restored elsewhere and compared; the project's own commands do the rest.
runbook "Disaster Recovery Testing" {
    priority = "high",
    schedule = "fourth monday at 09:00",
}

step "Test backup and restore procedures" {
    run = maintenance.run { what = "backup" },
    on_fail = "continue",
}

step "Restore the record of runs" {
    run = backup.state {},
    on_fail = "continue",
}

step "Restore the repository" {
    run = backup.repository {},
    on_fail = "continue",
}

step "Validate failover scenarios" {
    run = maintenance.run { what = "failover" },
    on_fail = "continue",
}

step "Wait until the services are back" {
    run = services.wait { timeout = "2m" },
    on_fail = "continue",
}

step "Test environment recreation" {
    run = maintenance.run { what = "environment" },
    on_fail = "continue",
}

step "Document recovery procedures" {
    manual = "Update the disaster recovery documentation: what was restored, how long it took, what was missing?",
}
