runbook "T" { }
step "Test" {
  run = tests.run { times = "twice" },
}
