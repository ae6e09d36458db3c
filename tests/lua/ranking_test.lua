-- The tests that stand out: flaky, slow, and what levels that do not exist or never ran have to say.
runbook "Ranking" {}

local results = require "runbook.results"

local function report(ctx, cases, options)
  options = options or {}
  local path = ctx:scratch() .. "/r.xml"
  local parts = {}
  for _, case in ipairs(cases) do
    parts[#parts + 1] = ('<testcase classname="s" name="%s" time="%s">%s</testcase>'):format(case[1], case[3] or 1,
      case[2] and "" or '<failure message="lost the race"/>')
  end
  assert(ctx:exec({ "sh", "-c", 'cat > "$1"', "write", path,
    input = "<testsuite>" .. table.concat(parts) .. "</testsuite>" }).code == 0)
  assert(results.import { files = { path }, level = options.level or "smoke", complete = true,
    started_ms = options.at or os.time() * 1000 })
end

step "Without history there is no data" {
  run = function(ctx)
    ctx:perform(tests.flaky {})
    assert(#ctx:get("flaky") == 0 and ctx:get("flaky_cases") == 0 and ctx:get("flaky_rate") == no_data)
    ctx:perform(tests.slowest {})
    assert(#ctx:get("slowest") == 0 and ctx:get("slowest_time") == no_data)
    ctx:perform(tests.trends {})
    assert(#ctx:get("worsening") == 0 and ctx:get("worsening_count") == no_data)
    ctx:perform(tests.coverage {})
    assert(ctx:get("coverage") == no_data)
  end,
}

step "A level that is not configured is passed over when it is optional" {
  run = function(ctx)
    ctx:perform(tests.run { level = "none", optional = true })
    assert(ctx:get("failing_count") == no_data and ctx:get("duration") == no_data)
  end,
}
step "And is an error otherwise" {
  on_fail = "continue", note = "fails: there is no level `none` in runbook.yaml; it has smoke",
  run = function(ctx)
    local _, why = ctx:perform(tests.run { level = "none" })
    error((tostring(why):gsub(" in %S*runbook.yaml", " in runbook.yaml")), 0)
  end,
}

step "Broken and mended is not flaky, to and fro is" {
  run = function(ctx)
    local day = os.time() * 1000 - 86400000
    for i = 1, 6 do
      report(ctx, { { "steady", true, 0.5 }, { "mended", i >= 3, 2 }, { "fickle", i % 2 == 0, i } }, { at = day + i })
    end
    ctx:perform(tests.flaky {})
    assert(#ctx:get("flaky") == 1 and ctx:get("flaky")[1]:find("fickle", 1, true))
    assert(ctx:get("flaky_cases") == 1 and ctx:get("flaky_rate") == ratio(1 / 3))
    assert(ctx:get("persistent_cases") == 1)
    local cases, count, flaky = results.rank("flaky", "smoke", 0, 10)
    assert(count == 3 and flaky == 1 and cases[1].executed == 6 and cases[1].failures == 3)
    assert(cases[1].rate == ratio(0.5) and cases[1].changes == 5 and cases[1].message:find("lost the race", 1, true))
  end,
}

step "Failed and passed in one test run is flaky" {
  run = function(ctx)
    report(ctx, { { "steady", true, 0.5 }, { "mended", true, 2 }, { "fickle", true, 1 }, { "twice", false },
      { "twice", true } })
    local cases, _, flaky = results.rank("flaky", nil, (os.time() - 3600) * 1000, 10)
    assert(flaky == 1 and cases[1].name == "twice" and cases[1].executed == 2 and cases[1].failures == 1)
  end,
}

step "The slowest comes first" {
  run = function(ctx)
    ctx:perform(tests.slowest { count = 2 })
    assert(#ctx:get("slowest") == 2 and ctx:get("slowest")[1]:find("fickle", 1, true))
    assert(ctx:get("slowest_time") > seconds(3) and ctx:get("slowest_time") < seconds(3.2))
  end,
}

step "A case that left its level is forgotten" {
  run = function(ctx)
    report(ctx, { { "steady", true } })
    local cases, count = results.rank("flaky", "smoke", 0, 10)
    assert(#cases == 0 and count == 1)
  end,
}

step "A case of two levels comes once" {
  run = function(ctx)
    report(ctx, { { "steady", true, 9.5 } }, { level = "unit" })
    local cases, count = results.rank("slowest", "all", 0, 10)
    assert(count == 1 and #cases == 1 and cases[1].executed == 9 and cases[1].longest == seconds(9.5))
  end,
}

step "A trend is told with the day on which it comes to its limit" {
  run = function(ctx)
    local metrics = require "runbook.metrics"
    local now, samples = os.time() * 1000, {}
    for day = 1, 10 do
      samples[day] = {
        name = "tests_duration_seconds", labels = { level = "smoke" }, kind = "duration",
        value = seconds(10 + day + day % 2 / 10), at = now - (10 - day) * 86400000,
      }
    end
    assert(metrics.record(samples))
    ctx:perform(tests.trends { of = "duration" })
    assert(#ctx:get("worsening") == 1 and ctx:get("worsening")[1] == "smoke duration")
    local found = metrics.trend { name = "tests_duration_seconds", since = "30d", by = "", limit = seconds(45) }
    local days = (found[1].reached_ms - now) / 86400000
    assert(found[1].direction == "rising" and found[1].count == 10 and days > 20 and days < 30)
  end,
}
