-- Verbs describe, actions are performed: options are typed at load and once more when names are replaced.
runbook "Actions" {}

local seen = {}

local greet = verb {
  name = "test.greet",
  help = "Greets.",
  options = {
    who = { type = "string", default = "you", help = "whom" },
    times = { type = "integer", help = "how often" },
    wait = { type = "duration", help = "how long to wait" },
    level = { type = "choice", choices = { "low", "high" }, help = "how loud" },
    names = { type = "list", help = "more of them" },
  },
  sets = { greeted = "integer", rate = "ratio", wait_time = "seconds", greeting = "string" },
  perform = function(ctx, o)
    seen = o
    ctx:set { greeted = o.times or 1, rate = 0.5, wait_time = 3, greeting = "hello " .. o.who }
    return "done", 2
  end,
}

local writing = verb {
  name = "test.write",
  help = "Writes.",
  options = { undoable = { type = "boolean", help = "" }, dry = { type = "boolean", default = false, help = "" } },
  writes = function(o) return not o.dry end,
  undo = function(o) return o.undoable and greet { who = "undo" } or nil end,
  perform = function(ctx) assert(ctx:exec { "true" }) end,
}

local failing = verb {
  name = "test.fail",
  help = "Fails.",
  perform = function() return nil, "it never works" end,
}

local function raises(text, fn)
  local ok, e = pcall(fn)
  assert(not ok, "it did not raise")
  assert(tostring(e):find(text, 1, true), tostring(e))
end

-- Options are looked at where the verb is called, at load.
raises("unknown option `whom` of test.greet\n  did you mean `who`?", function()
  return greet { whom = "me" }
end)
raises("did you mean `times`?", function() return greet { time = 3 } end)
raises('`times` of test.greet: "many" is not a whole number', function() return greet { times = "many" } end)
raises('`level` of test.greet: "hihg" is not one of low, high\n  did you mean high?', function()
  return greet { level = "hihg" }
end)
raises("test.greet takes one table, not \"me\": test.greet { name = value }", function() return greet "me" end)
raises("test.greet takes one table, not a table", function() return greet { "me" } end)

param "who" { default = "them" }
param "often" { type = "integer", default = 4 }

step "Defaults" {
  run = greet {},
  check = { "greeted == 1", "rate == 50%", "wait_time < 4s" },
}

step "They were filled in" {
  run = function(ctx)
    assert(seen.who == "you" and seen.times == nil)
    assert(ctx.facts.wait_time == seconds(3) and ctx.facts.rate == ratio(0.5))
    assert(ctx.facts.greeting == "hello you")
  end,
}

step "Names are replaced and typed" {
  run = greet { who = "$who and ${who}", times = "$often", wait = "90s", names = { "a", "$who" } },
  check = "greeted == 4",
}

step "They arrived typed" {
  run = function(ctx)
    assert(seen.who == "them and them" and seen.times == 4 and math.type(seen.times) == "integer")
    assert(seen.wait == seconds(90) and seen.names[2] == "them")
    assert(ctx.facts.greeted == 4)
  end,
}

step "Within a function" {
  run = function(ctx)
    local what, n = ctx:perform(greet { who = "$who", times = 7 })
    assert(what == "done" and n == 2)
    assert(seen.who == "them" and ctx.facts.greeted == 7)
    assert(ctx:perform(writing {}) == nil)
    local r, message = ctx:perform(failing {})
    assert(r == nil and message == "it never works")
  end,
}

step "An action that fails" { run = failing {}, on_fail = "continue", note = "fails: it never works" }
step "An action that writes" { run = writing { undoable = true } }

step "A verb that nobody called" {
  run = function(ctx)
    raises("test.greet is a verb: call it, test.greet { }", function() ctx:perform(greet) end)
    raises("ctx:perform takes an action, not a table", function() ctx:perform({}) end)
    assert(tostring(greet) == "verb test.greet" and tostring(greet {}) == "action test.greet")
    assert(greet.help == "Greets." and greet.options.who.default == "you")
  end,
}
