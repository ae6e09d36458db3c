runbook "T" { }
local target
step "Build" { run = { "make", target, "install" } }
