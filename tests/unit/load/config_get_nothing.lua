runbook "T" { }
local n = config.get(nil)
