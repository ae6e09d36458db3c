runbook "T" { }
step "Build" { ask = { target = "string" } }
