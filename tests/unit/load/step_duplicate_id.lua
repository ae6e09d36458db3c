runbook "T" { }
step "Build" { run = [[ make ]] }
step "build" { run = [[ make ]] }
