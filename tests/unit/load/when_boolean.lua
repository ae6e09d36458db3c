runbook "T" { }
step "Build" { run = [[ make ]], when = 1 > 2 }
