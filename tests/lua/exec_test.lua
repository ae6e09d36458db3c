-- ctx:exec runs programs and tells what became of them; waiting can be nested, repeated and stopped.
runbook "Commands" {}

step "Output, exit code and figures" {
  run = function(ctx)
    local r = assert(ctx:exec { "sh", "-c", "echo out; echo err >&2; exit 3" })
    assert(r.code == 3 and r.signal == 0)
    assert(r.out == "out\n" and r.err == "err\n")
    assert(r.duration.unit == "seconds" and r.cpu.unit == "seconds" and r.max_rss > bytes(1000))
    assert(r.timed_out == false and r.truncated == false)
  end,
}

step "A shell text" {
  run = function(ctx)
    assert(ctx:exec("echo $((1 + 2))").out == "3\n")
  end,
}

step "Input, environment and folder" {
  run = function(ctx)
    local r = ctx:exec { shell = "cat; echo $NAME; pwd", input = "in\n", env = { NAME = "x y" }, cwd = "/" }
    assert(r.out == "in\nx y\n/\n", r.out)
  end,
}

step "An environment that could not be meant" {
  run = function(ctx)
    for text, env in pairs {
      ['"A=B" is no name of a variable'] = { ["A=B"] = "c" },
      ["LIST must be one text, not a table"] = { LIST = { "a", "b" } },
    } do
      local ok, e = pcall(ctx.exec, ctx, { "true", env = env })
      assert(not ok and tostring(e):find(text, 1, true), e)
    end
  end,
}

step "Numbers are arguments too" {
  run = function(ctx)
    assert(ctx:exec({ "echo", 3, "a b" }).out == "3 a b\n")
  end,
}

step "A program that is not there" {
  run = function(ctx)
    local r, message, code = ctx:exec { "no-such-program-here" }
    assert(r == nil and message:find("no-such-program-here", 1, true), message)
    assert(code == "ENOENT", code)
  end,
}

step "A time limit" {
  run = function(ctx)
    local r = ctx:exec { "sleep", "30", timeout = "100ms" }
    assert(r.timed_out and r.duration < seconds(20))
  end,
}

step "Output beyond the bound is cut" {
  run = function(ctx)
    local r = ctx:exec { shell = "seq 100000", capture = "1KiB", quiet = true }
    assert(r.truncated and #r.out <= 1024)
  end,
}

step "Many in a row" {
  run = function(ctx)
    for i = 1, 20 do
      assert(ctx:exec({ "echo", i }).out == i .. "\n")
    end
  end,
}

step "Within pcall, and with something to close" {
  run = function(ctx)
    local closed = 0
    local ok, e = pcall(function()
      local guard <close> = setmetatable({}, { __close = function()
        ctx:exec { "true" }
        closed = closed + 1
      end })
      assert(guard and ctx:exec({ "false" }).code == 0, "it was false")
    end)
    assert(not ok and tostring(e):find("it was false", 1, true), e)
    assert(closed == 1)
  end,
}

step "Closed although it fails" {
  on_fail = "continue",
  note = "fails: gone",
  run = function(ctx)
    local guard <close> = setmetatable({}, { __close = function()
      ctx:set("closed_after", ctx:exec({ "echo", "yes" }).out)
    end })
    assert(guard)
    error("gone", 0)
  end,
}

step "It was closed" { run = function(ctx) assert(ctx.facts.closed_after == "yes\n") end }

step "Sleeping" {
  run = function(ctx)
    ctx:sleep("1ms")
    ctx:sleep(0.001)
    ctx:sleep(seconds(0.001))
    ctx:sleep(0)
  end,
}

step "A folder of one's own" {
  run = function(ctx)
    local dir = assert(ctx:scratch())
    ctx:exec { "touch", dir .. "/x" }
    assert(ctx:exec({ "ls", dir }).out == "x\n")
  end,
}

step "Options are checked" {
  run = function(ctx)
    local function raises(text, ...)
      local ok, e = pcall(ctx.exec, ctx, ...)
      assert(not ok and tostring(e):find(text, 1, true), e)
    end
    raises("unknown option `timout` of ctx:exec\n  did you mean `timeout`?", { "true", timout = 3 })
    raises('ctx:exec takes { "program", "argument" } or a shell string, not 3', 3)
    raises("argument 2 of ctx:exec must be a string, not true", { "echo", true })
    raises("ctx:exec needs a program or `shell`, and not both", {})
    raises("`timeout` of ctx:exec must be a duration", { "true", timeout = "soon" })
    raises("`cwd` of ctx:exec must be a string, not 3", { "true", cwd = 3 })
    raises("argument 2 of ctx:exec holds a zero byte", { "echo", "a\0b" })
  end,
}

step "Where nothing can wait" {
  run = function(ctx)
    local ok, e = pcall(string.gsub, "x", "x", function() ctx:sleep(0) end)
    assert(not ok and tostring(e):find("nothing can wait within string.gsub or table.sort", 1, true), e)
    assert(ctx:exec({ "echo", "still" }).out == "still\n")
  end,
}

step "It is in the log" {
  run = function(ctx)
    print("printed", 1, true)
    ctx:log("logged")
    ctx:note("noted")
    assert(ctx.step == "it_is_in_the_log" and #ctx.run == 26 and ctx.root:find("/tmp/", 1, true))
  end,
}
