runbook "T" { }
local function down() local ok, e = pcall(down) error(e, 0) end
down()
