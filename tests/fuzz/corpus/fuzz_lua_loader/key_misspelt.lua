runbook "T" { }
step "Build" {
  rum = [[ make ]],
}
