runbook "One step" {}

step "True" { run = "true" }
