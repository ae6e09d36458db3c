runbook "T" { }
parallel "All" {
  step "a" { run = [[ true ]] }
  step "b" { run = [[ true ]] },
}
