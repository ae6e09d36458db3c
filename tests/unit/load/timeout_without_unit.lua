runbook "T" { }
step "Build" {
  run = [[ make ]],
  timeout = "30 parsecs",
}
