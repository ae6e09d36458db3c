runbook "T" { }
param "level" { default = "all" }
param "level" { default = "all" }
