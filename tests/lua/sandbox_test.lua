-- What scripts see: the safe part of Lua, and nothing that reaches around the engine.
runbook "Sandbox" {}

local function raises(text, fn, ...)
  local ok, e = pcall(fn, ...)
  assert(not ok and tostring(e):find(text, 1, true), tostring(e))
end

step "Safe Lua is there" {
  run = function()
    assert(("x"):rep(3) == "xxx" and string.format("%d", 3) == "3")
    assert(table.concat({ 1, 2 }, ",") == "1,2" and math.max(1, 2) == 2 and utf8.len("ä") == 1)
    assert(os.time() > 0 and os.date("!%Y", 0) == "1970" and os.getenv("PATH"))
    assert(env("NO_SUCH_VARIABLE", "default") == "default" and env("PATH"))
    assert(select("#", 1, 2) == 2 and type(next) == "function")
  end,
}

step "What reaches around the engine is not" {
  run = function()
    for name in ("io debug package coroutine load loadfile dofile collectgarbage _G"):gmatch("%g+") do
      raises("unknown name `" .. name .. "`", function() return _ENV[name] end)
    end
    raises("`os` has no `execute`", function() os.execute("true") end)
    raises("`os` has no `exit`", function() os.exit(0) end)
    raises("`string` has no `dump`", function() return string.dump(print) end)
  end,
}

step "Metatables of the engine are closed" {
  run = function(ctx)
    assert(getmetatable(ctx) == false and getmetatable(seconds(1)) == false)
    assert(getmetatable(_ENV) == false and getmetatable("") == false)
    assert(getmetatable(string) == false and getmetatable(tests) == false)
    raises("protected", setmetatable, _ENV, {})
    raises("cannot have `__gc`", setmetatable, {}, { __gc = print })
    assert(getmetatable(setmetatable({}, { __index = { a = 1 } })).__index.a == 1)
  end,
}

step "Globals cannot be made" {
  run = function() raises("would become a global variable", function() _ENV.x = 1 end) end,
}

step "Errors can be caught, read and passed on" {
  on_fail = "continue",
  note = "fails: tests/lua/sandbox_test.lua:49: unknown name `nosuchthing`",
  run = function()
    local ok, e = pcall(function() return _ENV["nosuchthing"] end)
    assert(not ok and tostring(e):find("sandbox_test.lua:%d+: unknown name"), e)
    assert(("said: " .. e):find("said: ", 1, true))
    error(e)
  end,
}
