runbook "T" { }
param "json" { default = "all" }
