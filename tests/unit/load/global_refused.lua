runbook "T" { }
local f = io.open("/etc/passwd")
