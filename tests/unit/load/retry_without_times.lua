runbook "T" { }
step "Build" { run = [[ make ]], retry = { delay = "1s" } }
