-- `runbook tests rerun [LEVEL]` is this runbook with its parameters from the command line. It fails when one of
-- the cases that it ran again still fails.
runbook "Run failing tests again" { overlap = "allow" }

param "level" { default = "all", choices = tests.levels, help = "only the failing cases of this level" }
param "case" { default = "", help = "only this case, failing or not" }
param "times" { type = "integer", default = 1, min = 1, help = "run each failing case so often" }

step "Run the failing tests again" {
    run = tests.rerun { level = "$level", case = "$case", times = "$times" },
    check = "failing_again == 0",
}
