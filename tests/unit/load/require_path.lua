runbook "T" { }
local m = require "../deploy"
