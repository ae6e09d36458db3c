runbook "T" { }
step "Build" { run = [[ make ]], tags = { "a", 3 } }
