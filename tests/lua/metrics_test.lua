-- What was measured: recorded and asked for through the native module and through the verbs.
runbook "Metrics" {}

local native = require "runbook.metrics"

local function near(a, b)
  return math.abs(a - b) < 1e-9
end

step "Recorded and asked for" {
  run = function()
    local now = os.time() * 1000
    assert(native.record {
      { name = "queue_size", value = 4, labels = { queue = "mail" }, at = now - 3600000 },
      { name = "queue_size", value = 8, labels = { queue = "mail" }, at = now },
      { name = "queue_size", value = 1, labels = { queue = "web" }, at = now },
      { name = "queue_size", value = no_data, labels = { queue = "none" } },
    })
    local all = assert(native.query { name = "queue_size" })
    assert(#all == 2 and all[1].labels.queue == "mail" and #all[1].points == 2)
    assert(all[1].points[1][1] == now - 3600000 and all[1].points[2][2] == 8)
    local sum = native.query { name = "queue_size", agg = "sum", by = "queue", labels = { queue = "mail" } }
    assert(#sum == 1 and sum[1].points[1][2] == 12)
    assert(#native.query { name = "queue_size", since = "30m", labels = { queue = "mail" } }[1].points == 1)
    assert(#native.query { name = "nothing" } == 0)
  end,
}

step "Mistakes are told" {
  run = function()
    local ok, message, code = native.record { name = "a.b", value = 1 }
    assert(ok == nil and message:find("a.b", 1, true) and code == "EINVAL", message)
    ok, message = native.record { name = "a", value = "much" }
    assert(ok == nil and message:find("no number", 1, true), message)
    ok, message = native.query { name = "a", agg = "p42" }
    assert(ok == nil and message:find("p42", 1, true), message)
    ok, message, code = native.record { { name = "b", value = 1 }, { name = "b", value = seconds(2) } }
    assert(ok == nil and message:find("b has no unit", 1, true) and code == "EINVAL", message)
    assert(#native.query { name = "b" } == 0)
  end,
}

step "A quantity keeps its unit" {
  run = metrics.record { name = "import_duration_seconds", value = seconds(90), labels = { from = "csv" } },
}
step "Asked for by a verb" {
  run = metrics.query { name = "import_duration_seconds", agg = "max" },
  check = { "metric_value == 90s", "metric_value > 1m" },
}
step "Nothing measured is no data" {
  run = function(ctx)
    ctx:perform(metrics.query { name = "never_measured" })
    assert(ctx:get("metric_value") == no_data)
  end,
}
step "Compared with what is usual" {
  run = function(ctx)
    local now = os.time() * 1000
    for day = 1, 5 do
      native.record { name = "took", value = 10, at = now - (day * 24 + 1) * 3600000 }
    end
    native.record { name = "took", value = 25, at = now - 1000 }
    ctx:perform(metrics.compare { name = "took" })
    assert(near(ctx:get("metric_ratio"), 2.5) and ctx:get("metric_usual") == 10)
  end,
}
