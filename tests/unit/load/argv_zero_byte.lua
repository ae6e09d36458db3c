runbook "T" { }
step "Build" { run = { "echo", "a\0b" } }
