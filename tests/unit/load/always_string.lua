runbook "T" { }
step "Build" { run = [[ make ]], always = "yes" }
