runbook "T" { }
local s
step("Check " .. s.name) { run = [[ true ]] }
