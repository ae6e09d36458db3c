-- Facts keep their type and unit on the way from one step to the next.
runbook "Facts" {}

param "level" { default = "smoke", choices = { "smoke", "unit" } }
param "since" { default = "24h", type = "duration" }

step "Set" {
  run = function(ctx)
    ctx:set("count", 3)
    ctx:set { rate = ratio(0.05), took = seconds(90), names = { "a", "b" }, ok = true, nothing = no_data }
    ctx.facts.direct = "yes"
  end,
}

step "Get" {
  run = function(ctx)
    assert(math.type(ctx:get("count")) == "integer" and ctx.facts.count == 3)
    assert(ctx.facts.rate == ratio(0.05))
    assert(ctx.facts.took + seconds(10) == seconds(100))
    assert(ctx.facts.names[2] == "b" and #ctx.facts.names == 2)
    assert(ctx.facts.ok == true and ctx.facts.direct == "yes")
    assert(ctx.facts.nothing == no_data)
    assert(ctx:get("never") == nil and ctx.facts.never == nil)
  end,
}

step "Parameters are facts" {
  run = function(ctx)
    assert(ctx.facts.level == "smoke")
    assert(ctx.facts.since == seconds(86400) and tostring(ctx.facts.since) == "24h")
  end,
}

step "Checks read them" {
  run = function(ctx) ctx:set("speed", 7) end,
  check = { "rate == 5%", "took < 2m", "speed > 6", "ok" },
}

step "A parameter cannot be set" {
  run = function(ctx)
    local ok, e = pcall(ctx.set, ctx, "level", "unit")
    assert(not ok and tostring(e):find("level"), e)
  end,
}

step "A fact has a name and a value" {
  run = function(ctx)
    local function raises(text, ...)
      local ok, e = pcall(ctx.set, ctx, ...)
      assert(not ok and tostring(e):find(text, 1, true), e)
    end
    raises('"Big" is no name of a fact', "Big", 1)
    raises("fact `a`: its value is nil", "a", nil)
    raises("fact `a`: a function is no data", "a", print)
    raises("fact `a`: a list has a hole", "a", { 1, nil, 3 })
    raises("fact `a`: its value is not a finite number", "a", 0 / 0)
    raises("fact `a`: its value is not a finite number", "a", ratio(1) / 0)
    raises("fact `a`: its value is not a finite number", "a", { x = { 1, 1 / 0 } })
    local loop = {}
    loop.self = loop
    raises("a table within itself?", "a", loop)
  end,
}
