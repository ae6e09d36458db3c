runbook "T" { }
step "Test" {
  run = test.run { level = "all" },
}
