runbook "T" {}
param "name" { type = "string", min = 1 }
step "S" { run = "true" }
