runbook "T" { }
step "Build" {
  run = [[ make ]],
  colour = "red",
}
