-- The native modules that stdlib builds on.
runbook "Native modules" {}

local json = require "runbook.json"
local fs = require "runbook.fs"
local results = require "runbook.results"

step "JSON there and back" {
  run = function()
    local v = json.decode('{"a":[1,2.5,"x",true,null],"b":{"c":9007199254740993}}')
    assert(v.a[1] == 1 and math.type(v.a[1]) == "integer" and v.a[2] == 2.5 and v.a[4] == true)
    assert(v.b.c == 9007199254740993)
    local text = json.encode { z = 1, a = { true, "x" } }
    assert(text == '{"a":[true,"x"],"z":1}', text)
    local nothing, message, code = json.decode("{")
    assert(nothing == nil and message and code == "EMALFORMED", code)
  end,
}

step "Configuration" {
  run = function()
    assert(config.project == "test" and config.root:find("/tmp/", 1, true))
    local levels = config.levels()
    assert(levels[1].name == "smoke" and levels[1].runner == "pytest")
    assert(levels[1].target == seconds(30) and levels[1].command[3] == "smoke")
    assert(config.level("smoke").name == "smoke" and config.level("none") == nil)
    assert(config.services()[1].tcp == "127.0.0.1:5432")
    assert(#config.escalation() > 0)
    assert(config.get("levels.smoke.target") == seconds(30))
    assert(config.get("no.such.key") == nil and config.get("no.such.key", 3) == 3)
  end,
}

step "Files" {
  run = function()
    assert(fs.exists("runbook.yaml") and not fs.exists("nothing.yaml"))
    assert(fs.read("runbook.yaml"):find("project: test", 1, true))
    local nothing, message, code = fs.read("nothing.yaml")
    assert(nothing == nil and message and code == "ENOENT", code)
    assert(fs.read("runbook.yaml", 3) == nil)
    local st = fs.stat("runbook.yaml")
    assert(st.type == "file" and st.size > bytes(20) and not st.executable)
    assert(fs.stat("/tmp").type == "directory")
    assert(fs.glob("*.yaml")[1] == "runbook.yaml" and #fs.glob("*.nothing") == 0)
    assert(fs.read("/proc/meminfo"):find("MemTotal", 1, true))
    local disk = fs.statvfs(".")
    assert(disk.total > disk.available and disk.used >= ratio(0) and disk.used <= ratio(1))
    assert(fs.has_program("sh") and not fs.has_program("no-such-program-here"))
  end,
}

step "No history yet" {
  run = function()
    local nothing, message, code = results.state("smoke")
    assert(nothing == nil and message and code == "ENOENT", code)
    assert(select(3, results.failing()) == "ENOENT")
  end,
}

step "Reports become history" {
  run = function(ctx)
    local report = ctx:scratch() .. "/r.xml"
    ctx:exec { shell = "cat > " .. report, input = [[<testsuite name="s">
      <testcase classname="s" name="good" time="0.5"/>
      <testcase classname="s" name="bad" time="1"><failure message="no"/></testcase>
    </testsuite>]] }
    local run, reports = results.import { files = { report }, level = "smoke", complete = true, duration = seconds(2) }
    assert(run and reports[1].cases == 2 and reports[1].failed == 1 and reports[1].malformed == false)
    local facts = results.facts(run)
    assert(facts.total == 2 and facts.failed == 1 and facts.failure_rate == ratio(0.5))
    local failing = results.failing("smoke")
    assert(#failing == 1 and failing[1].name == "bad" and failing[1].consecutive_failures == 1)
    local history = results.history(failing[1].id)
    assert(#history == 1 and history[1].outcome == "failed" and history[1].time == seconds(1))
    assert(results.state("smoke").failing_count == 1)
  end,
}

step "A malformed report is told" {
  run = function(ctx)
    local report = ctx:scratch() .. "/r.xml"
    ctx:exec { shell = "echo '<testsuite><testcase' > " .. report }
    local run, reports, message, code = results.import { files = { report }, level = "smoke" }
    assert(run and reports[1].malformed and message and code == "EMALFORMED", code)
  end,
}

step "History needs a run" {
  run = function()
    local ok, e = pcall(results.import, {})
    assert(not ok and tostring(e):find("table expected", 1, true), e)
  end,
}
