runbook "T" { }
step "Test" {
  run = tests.run {
    levle = "all",
  },
}
