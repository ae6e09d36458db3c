runbook "T" { }
parallel "All" {
  fail_fst = true,
  step "a" { run = [[ true ]] },
}
