runbook "T" {}
param "since" { type = "duration", min = "2h", max = "1h" }
step "S" { run = "true" }
