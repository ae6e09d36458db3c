runbook "T" { }
param "level" { type = "choice" }
