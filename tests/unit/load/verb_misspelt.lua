runbook "T" { }
step "Test" {
  run = tests.rnu { level = "all" },
}
