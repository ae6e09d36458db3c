runbook "T" { }
step "Build" { run = [[ make ]], each = "$failing" }
