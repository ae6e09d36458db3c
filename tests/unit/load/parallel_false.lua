runbook "T" { }
parallel "All" {
  step "a" { run = [[ true ]] },
  1 > 2 and step "b" { run = [[ true ]] },
}
