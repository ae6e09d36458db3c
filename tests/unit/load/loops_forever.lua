runbook "T" { }
while true do end
