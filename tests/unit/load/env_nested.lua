runbook "T" { }
step "Build" { run = [[ make ]], env = { PATHS = { "a" } } }
