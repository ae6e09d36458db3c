runbook "T" { }
parallel "All" {
  step "a",
  step "b" { run = [[ true ]] },
}
