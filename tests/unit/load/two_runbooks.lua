runbook "A" { }
runbook "B" { }
