-- A body fails by error or by returning nil and a message; what is said has the runbook's own lines in it.
runbook "Failures" {}

local kept
local function deep() error("deep") end

step "Raises" { on_fail = "continue", note = "fails: no such host", run = function() error("no such host", 0) end }
step "Raises with its place" {
  on_fail = "continue",
  note = "fails: tests/lua/failures_test.lua:5: deep",
  run = function() deep() end,
}
step "Returns nil and why" {
  on_fail = "continue",
  note = "fails: nothing there",
  run = function() return nil, "nothing there" end,
}
step "Returns false and why" {
  on_fail = "continue",
  note = "fails: not so",
  run = function() return false, "not so" end,
}
step "Returns false" {
  on_fail = "continue",
  note = "fails: the function returned false",
  run = function() return 1 > 2 end,
}
step "Returns nothing" { run = function() end }
step "Returns nil" { run = function() return nil end }
step "Returns something" { run = function() return { 1 } end }

step "Never ends" {
  on_fail = "continue",
  note = "fails: tests/lua/failures_test.lua:35: stopped after 1 s of processor time",
  run = function() while true do end end,
}

step "Never ends within pcall" {
  on_fail = "continue",
  note = "fails: tests/lua/failures_test.lua:41: stopped after 1 s of processor time",
  run = function() while true do pcall(function() while true do end end) end end,
}

step "Calls itself without end" {
  on_fail = "continue",
  note = "fails: tests/lua/failures_test.lua:48: stack overflow",
  run = function()
    local function down() return (("x"):gsub("x", down)) end
    return down()
  end,
}

step "Keeps its ctx" { run = function(ctx) kept = ctx end }
step "Uses a ctx that is over" {
  on_fail = "continue",
  note = "fails: tests/lua/failures_test.lua:57: this ctx belongs to a step that is over",
  run = function() kept:note("x") end,
}

step "Misspells a method" {
  run = function(ctx)
    local ok, e = pcall(function() ctx:exce { "true" } end)
    assert(not ok and tostring(e):find("ctx has no `exce`\n  did you mean `exec`?", 1, true), e)
  end,
}

step "Declares a step" {
  run = function()
    local ok, e = pcall(step, "late")
    assert(not ok and tostring(e):find("`step` cannot be used while a step runs", 1, true), e)
  end,
}

step "Has its time" {
  on_fail = "continue",
  timeout = "100ms",
  note = "fails: no end within its time-out of 100ms",
  run = function(ctx) ctx:sleep("30s") end,
}
