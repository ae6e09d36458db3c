runbook "T" { }
step "Build"

step "Test" { run = [[ make test ]] }
