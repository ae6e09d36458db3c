-- Wednesdays: the tests that fail now and then are run several times to be sure, written down with what they said, and
-- handed to somebody when they fail too often.
local persistent = config.get "thresholds.flake_rate.persistent"

runbook "Flaky Test Resolution" {
    priority = "medium",
    schedule = "wednesday at 10:00",
}

param "since" { default = "14d", type = "duration", help = "how far back to look" }
param "times" { default = 5, type = "integer", help = "run each flaky test so often" }

step "Identify flaky tests" {
    run = tests.flaky { since = "$since" },
}

step "Run flaky tests multiple times to confirm" {
    each = "flaky",
    run = tests.rerun { case = "$item", times = "$times" },
    on_fail = "continue",
    lock = "tests", lock_wait = "1h",
}

step "Document flaky test patterns" {
    run = report.write { name = "flaky-tests", title = "Flaky tests", since = "$since", sections = { "flaky" } },
}

step "Create tickets for persistent flaky tests" {
    when = "persistent_cases > 0",
    manual = ("Create an issue for each of the $persistent_cases tests that fail more than %s of the time: $report "
        .. "lists them."):format(persistent),
}
