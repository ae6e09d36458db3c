-- Measuring, waiting until something holds, trying again, and limits that hold across processes.
runbook "Timing" {}

local clock = require "runbook.timing"

local function raises(text, fn, ...)
  local ok, e = pcall(fn, ...)
  assert(not ok, "it did not raise")
  assert(tostring(e):find(text, 1, true), tostring(e))
end

-- ---- measuring -----------------------------------------------------------------------------------------------------

step "A stopwatch counts, and starts anew" {
  run = function(ctx)
    local watch = timing.stopwatch()
    ctx:sleep(0.03)
    local first = watch.elapsed()
    assert(first >= seconds(0.03) and first.unit == "seconds", tostring(first))
    local before = clock.now()
    watch.restart()
    assert(watch.elapsed() <= seconds(clock.now() - before))
  end,
}

step "A deadline has time left until it is over" {
  run = function(ctx)
    local deadline = timing.deadline("1h")
    assert(not deadline.expired() and deadline.remaining() > seconds(0) and deadline.remaining() <= seconds(3600))
    deadline = timing.deadline("10ms")
    ctx:sleep(0.011)
    assert(deadline.expired() and deadline.remaining() == seconds(0))
    assert(timing.deadline(0).expired())
    raises('a deadline must be a duration such as "30s", not "soon"', timing.deadline, "soon")
  end,
}

-- ---- waiting -------------------------------------------------------------------------------------------------------

step "It waits until the check gives something" {
  run = function(ctx)
    local calls = 0
    local got = timing.wait_until(ctx, { interval = "1ms", check = function()
      calls = calls + 1
      return calls == 3 and "there"
    end })
    assert(got == "there" and calls == 3)
  end,
}

step "It says why it was never so" {
  run = function(ctx)
    local got, why = timing.wait_until(ctx, { interval = "10ms", timeout = "25ms", check = function()
      return nil, "connection refused"
    end })
    assert(got == nil)
    assert(why:find("^not so within 25ms, after %d+ tr[yies]+: connection refused$"), why)
  end,
}

step "It looks once when there is no time" {
  run = function(ctx)
    local calls = 0
    local got, why = timing.wait_until(ctx, { timeout = 0, check = function() calls = calls + 1 end })
    assert(got == nil and calls == 1 and why == "not so within 0s, after 1 try", why)
  end,
}

step "Pauses grow up to the longest" {
  run = function()
    local again = require "timing.again"
    local pause = again.pauses(1, 2, 5)
    assert(pause() == 1 and pause() == 2 and pause() == 4 and pause() == 5 and pause() == 5)
    raises("`backoff` must be a number from 1 on", again.pauses, 1, 0.5, 5)
  end,
}

step "Slips in options are told" {
  run = function(ctx)
    raises("unknown option `timout` of timing.wait_until", timing.wait_until, ctx, { timout = 1, check = print })
    raises("timing.wait_until needs `check`, a function", timing.wait_until, ctx, {})
    raises("timing.retry takes a table of options", timing.retry, ctx, 3, print)
    raises("`times` must be a whole number", timing.retry, ctx, { times = 1.5 }, print)
    raises("timing.limit needs a whole number of slots", timing.limit, ctx, "x", 0, print)
  end,
}

step "A forgotten ctx is told" {
  run = function()
    raises("timing.rate_limit(ctx", timing.rate_limit, "llm", 5, "1s")
    raises("timing.wait_until(ctx", timing.wait_until, { check = print })
    raises("timing.limit(ctx", timing.limit, "db", 2, print)
    raises("timing.within(ctx", timing.within, "llm_calls", print)
    raises("timing.retry(ctx", timing.retry, { times = 1 }, print)
  end,
}

step "A command is run until it exits 0" {
  run = timing.wait {
    command = { "sh", "-c", "echo x >> tried; test $(wc -l < tried) -ge 3" }, interval = "5ms", timeout = "20s",
  },
  check = "tries == 3",
}

step "A command that never does fails with what it said" {
  on_fail = "continue",
  note = "fails: not so within 0s, after 1 try: exit code 3, no such table",
  run = timing.wait { command = { "sh", "-c", "echo no such table >&2; exit 3" }, timeout = 0 },
}

-- ---- trying again --------------------------------------------------------------------------------------------------

step "What fails is tried again, errors and messages alike" {
  run = function(ctx)
    local a, b = timing.retry(ctx, { times = 3, delay = "1ms" }, function(_, try)
      if try == 1 then
        error("broken", 0)
      elseif try == 2 then
        return nil, "not yet"
      elseif try == 3 then
        return false
      end
      return "done", try
    end)
    assert(a == "done" and b == 4)
  end,
}

step "The last failure is the failure" {
  run = function(ctx)
    local tries = 0
    local got, why = timing.retry(ctx, { times = 2, delay = 0 }, function(_, try)
      tries = try
      return nil, "try " .. try
    end)
    assert(got == nil and why == "try 3" and tries == 3)
    raises("broken", timing.retry, ctx, { times = 1, delay = 0 }, function() error("broken", 0) end)
  end,
}

step "Returning nothing is no failure" {
  run = function(ctx)
    local tries = 0
    timing.retry(ctx, { delay = 0 }, function(_, try) tries = try end)
    assert(tries == 1)
  end,
}

-- ---- limits --------------------------------------------------------------------------------------------------------

step "No window holds more turns than the limit" {
  run = function(ctx)
    local times = {}
    for i = 1, 7 do
      local asked = clock.now()
      assert(timing.rate_limit(ctx, "calls", 3, "50ms"))
      times[i] = { asked = asked, given = clock.now() }
    end
    for i = 4, 7 do
      assert(times[i].given - times[i - 3].asked >= 0.049, i) -- turns are whole milliseconds
    end
    assert(times[7].given - times[1].asked >= 0.099, "seven calls take two windows")
  end,
}

step "Names have limits of their own" {
  run = function(ctx)
    assert(timing.rate_limit(ctx, "one", 1, "1h"))
    assert(timing.rate_limit(ctx, "other", 1, "1h", { wait = 0 }))
  end,
}

step "A turn that comes too late is not taken" {
  run = function(ctx)
    assert(timing.rate_limit(ctx, "late", 1, "1h"))
    for _ = 1, 2 do
      local got, why = timing.rate_limit(ctx, "late", 1, "1h", { wait = "1s" })
      assert(got == nil and why == 'no turn of "late" is free within 1s', why)
    end
  end,
}

step "A limit of runbook.yaml is never reached" {
  run = function(ctx)
    for _ = 1, 4 do -- llm_calls is 5/s
      assert(timing.within(ctx, "llm_calls", function() return "said" end, { wait = "5s" }) == "said")
    end
    local given, why = timing.rate_limit(ctx, "llm_calls", 4, "1h", { wait = 0 })
    assert(given == nil and why == 'no turn of "llm_calls" is free within 0s', why)
    local a, b = timing.within(ctx, "database_connections", function() return 1, 2 end, { wait = 0 })
    assert(a == 1 and b == 2)
    raises("runbook.yaml has no limit `memory` that can be counted", timing.within, ctx, "memory", print)
    raises("runbook.yaml has no limit `lmm_calls` that can be counted", timing.within, ctx, "lmm_calls", print)
  end,
}

step "Slots are held while the function runs" {
  run = function(ctx)
    local got, why = timing.limit(ctx, "db", 2, function()
      return timing.limit(ctx, "db", 2, function()
        return timing.limit(ctx, "db", 2, print, { wait = 0 })
      end)
    end)
    assert(got == nil and why == 'all 2 slots of "db" are taken', why)
    local a, b, c = timing.limit(ctx, "db", 1, function() return 1, nil, 3 end, { wait = 0 })
    assert(a == 1 and b == nil and c == 3)
  end,
}

step "A slot is free again after an error" {
  run = function(ctx)
    raises("broken", timing.limit, ctx, "one", 1, function() error("broken", 0) end)
    assert(timing.limit(ctx, "one", 1, function() return true end, { wait = 0 }))
  end,
}

step "Holds a slot until it is stopped" {
  timeout = "50ms",
  on_fail = "continue",
  note = "fails: no end within its time-out of 50ms",
  run = function(ctx) timing.limit(ctx, "stopped", 1, function() ctx:sleep("1h") end) end,
}
step "A slot is free again after a time-out" {
  run = function(ctx) assert(timing.limit(ctx, "stopped", 1, function() return true end, { wait = 0 })) end,
}

parallel "One after the other" {
  step "Left" {
    run = function(ctx)
      assert(timing.limit(ctx, "door", 1, function()
        assert(ctx:exec({ "mkdir", "inside" }).code == 0)
        ctx:sleep(0.02)
        return ctx:exec({ "rmdir", "inside" }).code == 0
      end))
    end,
  },
  step "Right" {
    run = function(ctx)
      assert(timing.limit(ctx, "door", 1, function()
        assert(ctx:exec({ "mkdir", "inside" }).code == 0)
        ctx:sleep(0.02)
        return ctx:exec({ "rmdir", "inside" }).code == 0
      end))
    end,
  },
}

-- ---- sleeping ------------------------------------------------------------------------------------------------------

step "A sleep lasts as long as it says, each time" {
  run = function(ctx)
    for _ = 1, 2 do
      local watch = timing.stopwatch()
      ctx:perform(timing.sleep { duration = "30ms" })
      assert(watch.elapsed() >= seconds(0.029), tostring(watch.elapsed()))
    end
  end,
}

step "A sleep that was begun keeps its end" {
  run = function(ctx)
    assert(clock.sleep_begin(3600) == 3600)
    ctx:sleep(0.02)
    local left = clock.sleep_begin(3600)
    assert(left < 3600 and left > 3500, left)
    assert(clock.sleep_end() and clock.sleep_begin(60) == 60 and clock.sleep_end())
  end,
}
