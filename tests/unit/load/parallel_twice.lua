runbook "T" { }
local a = step "a" { run = [[ true ]] }
parallel "One" { a }
parallel "Two" { a }
