runbook "T" { }
step "Test" {
  run = tests.run("all"),
}
