runbook "T" { }
param "Test Level" { default = "all" }
