-- The third Monday: how long the tests take and will take, what they use of the machine, and what somebody decides
-- about it. All is measured before anybody is asked.
local memory = config.get "limits.memory.process"

runbook "Capacity Planning" {
    priority = "low",
    schedule = "third monday at 09:00",
}

step "Analyze test execution trends" {
    run = tests.trends { of = "duration", since = "90d" },
    on_fail = "continue",
}

step "Review resource utilization" {
    run = environment.usage { since = "30d" },
    check = memory > 0 and ("memory_peak < %s"):format(memory) or nil, -- 0: no limit
    on_fail = "continue",
}

step "Write the capacity report" {
    run = report.write {
        name = "capacity", title = "Capacity", since = "90d", sections = { "levels", "slowest", "trends" },
    },
}

step "Plan infrastructure scaling" {
    manual = "Read $report: which level comes to its limit, and what will be done before it does?",
}

step "Update SLA targets if needed" {
    manual = "Look at `levels` and `sla` in runbook.yaml: change the targets that are no longer right.",
}
