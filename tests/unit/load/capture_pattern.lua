runbook "T" { }
step "Build" { run = [[ make ]], capture = { count = "[0-9" } }
