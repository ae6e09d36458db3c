runbook "T" { }
local function lost() step "b" { run = [[ true ]] } return step "c" { run = [[ true ]] } end
parallel "All" {
  step "a" { run = [[ true ]] },
  lost(),
}
