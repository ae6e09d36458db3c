runbook "T" { }
step("Build", "make")
