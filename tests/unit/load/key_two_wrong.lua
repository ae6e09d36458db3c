runbook "T" { }
step "Build" {
  run = [[ make ]],
  tiemout = "3s",
  cwwd = "x",
}
