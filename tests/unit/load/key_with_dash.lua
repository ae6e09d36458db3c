runbook "T" { }
step "Build" { run-now = "make" }
