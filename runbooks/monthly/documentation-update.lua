-- The second Monday: what can be checked is checked first, so that a run without a terminal has done its part when it
-- waits for the person who reads the guides. `runbook resume RUN` goes on from there.
runbook "Documentation Update" {
    priority = "low",
    schedule = "second monday at 09:00",
}

step "Verify documentation accuracy" {
    run = documents.links {},
    on_fail = "continue",
}

step "Run the project's own check" {
    run = maintenance.run { what = "documentation" },
    on_fail = "continue",
}

step "Update test metrics in documentation" {
    run = report.write {
        name = "test-metrics", title = "Test metrics", since = "30d", dated = false,
        sections = { "sla", "levels", "trends" },
    },
    note = "always the same file, so that pages can link to it",
}

step "Review and update troubleshooting guides" {
    manual = "Read the troubleshooting guides and correct them: do the commands work, are the names right?",
}

step "Update operational procedures" {
    manual = "Read the project's runbooks, `runbook show NAME`, and correct what has changed since last month.",
}
