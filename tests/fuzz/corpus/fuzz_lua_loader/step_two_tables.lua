runbook "T" { }
step "Build" { run = [[ make ]] }
{ check = "a > 1" }
