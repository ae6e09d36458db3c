runbook "T" { }
step "Build" { run = [[ make ]], timeout = true }
