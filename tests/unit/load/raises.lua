runbook "T" { }
error("no such host")
