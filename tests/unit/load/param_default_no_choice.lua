runbook "T" { }
param "level" { choices = { "smoke", "unit" }, default = "smke" }
