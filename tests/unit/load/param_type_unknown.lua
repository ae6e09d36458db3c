runbook "T" { }
param "level" { type = "strng" }
