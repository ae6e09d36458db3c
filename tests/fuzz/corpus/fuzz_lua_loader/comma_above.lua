runbook "T" { }
step "Build" {
  run = [[ make ]]
  check = "rate < 5%",
}
