runbook "T" { }
parallel "All" { }
