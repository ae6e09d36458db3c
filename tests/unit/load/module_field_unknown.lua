runbook "T" { }
local s = string.formatt("x")
