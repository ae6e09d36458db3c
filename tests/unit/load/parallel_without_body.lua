runbook "T" { }
parallel "All"
