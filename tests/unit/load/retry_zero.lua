runbook "T" { }
step "Build" { run = [[ make ]], retry = 0 }
