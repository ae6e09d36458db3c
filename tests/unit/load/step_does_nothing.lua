runbook "T" { }
step "Build" { note = "later" }
