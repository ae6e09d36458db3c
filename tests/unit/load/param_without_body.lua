runbook "T" { }
param "level"
