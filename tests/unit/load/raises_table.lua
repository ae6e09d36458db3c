runbook "T" { }
error({ })
