runbook "T" { }
step "Build" { run = [[ make ]], capture = { Count = "%d+" } }
