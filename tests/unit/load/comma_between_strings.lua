runbook "T" { }
step "Build" {
  run = { "make"
  "install" },
}
