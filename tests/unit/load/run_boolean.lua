runbook "T" { }
step "Build" { run = false }
