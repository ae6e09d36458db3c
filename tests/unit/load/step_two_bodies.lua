runbook "T" { }
step "Build" {
  run = [[ make ]],
  call = "a/b",
}
