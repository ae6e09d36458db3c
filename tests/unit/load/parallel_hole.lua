runbook "T" { }
parallel "All" {
  step "a" { run = [[ true ]] },
  nil,
  step "b" { run = [[ true ]] },
}
