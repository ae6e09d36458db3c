runbook "T" { }
step "Build" {
  run = [[ make ]],
  retry = {
    tims = 3,
  },
}
