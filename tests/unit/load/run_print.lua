runbook "T" { }
step "Build" { run = print }
