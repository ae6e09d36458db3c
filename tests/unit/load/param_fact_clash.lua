runbook "T" { }
param "level" { default = "all" }
step "Build" { run = [[ make ]], capture = { level = "%d+" } }
