-- Every evening: the metrics of the day, the tests that cannot decide, the bytecode that tests have left behind, and a
-- report of it all. No step stops the others, and nobody is asked.
local flaky = config.get "sla.flaky_rate.target"

runbook "End-of-Day Summary (3 minutes)" {
    priority = "low",
    budget = "3m",
    schedule = "0 18 * * *",
}

param "since" { default = "24h", type = "duration", help = "what the report is about" }

step "Collect daily metrics" {
    run = sla.overview {},
    on_fail = "continue",
}

step "Check for flaky tests" {
    run = tests.flaky { since = "$since" },
    check = ("flaky_rate <= %s"):format(flaky),
    on_fail = "continue",
}

step "Clean up temporary test files" {
    run = cleanup.bytecode {},
    on_fail = "continue",
}

step "Write the daily report" {
    run = report.write { name = "daily", title = "Daily report", since = "$since" },
}
