runbook "T" { }
local function target()
  return targt
end
step "Build" { run = target() }
