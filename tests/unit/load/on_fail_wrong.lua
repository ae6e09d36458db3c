runbook "T" { }
step "Build" { run = [[ make ]], on_fail = "contine" }
