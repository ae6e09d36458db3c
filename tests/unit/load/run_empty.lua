runbook "T" { }
step "Build" { run = "  " }
