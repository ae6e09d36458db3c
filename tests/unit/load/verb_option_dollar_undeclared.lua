runbook "T" { }
step "Test" {
  run = tests.run { level = "$levl" },
}
