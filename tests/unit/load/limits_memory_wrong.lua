runbook "T" { }
step "Build" { run = [[ make ]], limits = { memory = "2 apples" } }
