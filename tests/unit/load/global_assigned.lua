runbook "T" { }
levels = { "smoke" }
