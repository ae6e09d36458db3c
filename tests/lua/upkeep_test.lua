-- Looking after the project and after what runbook keeps: clean-up, copies, links, reports.
runbook "Upkeep" {}

local fs = require "runbook.fs"
local store = require "runbook.store"
local markdown = require "report.markdown"

local function sh(ctx, script)
  local done = ctx:exec { "sh", "-eu", "-c", script }
  assert(done.code == 0, done.err)
  return done.out
end

step "Bytecode goes, what git keeps and other people's stays" {
  run = function(ctx)
    sh(ctx, [[
      mkdir -p 'pkg/__pycache__' .venv/lib/__pycache__ "odd name/__pycache__"
      printf 12345 > pkg/__pycache__/a.pyc; printf 1 > .venv/lib/__pycache__/b.pyc
      printf 1 > "odd name/__pycache__/c d.pyc"; printf 1 > pkg/legacy.pyc; printf 1 > pkg/source.py
      git init -q .; git add -f pkg/legacy.pyc
    ]])
    ctx:perform(cleanup.bytecode { dry_run = true })
    assert(ctx:get("removed_files") == 2 and ctx:get("removed_size") == bytes(6))
    assert(fs.exists("pkg/__pycache__/a.pyc"))
    ctx:perform(cleanup.bytecode {})
    assert(ctx:get("removed_files") == 2)
    assert(not fs.exists("pkg/__pycache__") and not fs.exists("odd name/__pycache__"))
    assert(fs.exists(".venv/lib/__pycache__/b.pyc") and fs.exists("pkg/legacy.pyc") and fs.exists("pkg/source.py"))
    ctx:perform(cleanup.bytecode {})
    assert(ctx:get("removed_files") == 0)
  end,
}

step "Logs of runs that are not over stay" {
  run = function(ctx)
    ctx:log("something")
    sh(ctx, "mkdir -p .runbook/logs/01BX5ZZKBKACTAV9WEVGEMMVRZ .runbook/logs/strange")
    local runs, size = store.prune_logs((os.time() + 3600) * 1000, true)
    assert(runs == 0 and size == bytes(0))
    assert(fs.exists(".runbook/logs/" .. ctx.run) and fs.exists(".runbook/logs/01BX5ZZKBKACTAV9WEVGEMMVRZ"))
    ctx:perform(cleanup.logs {})
    assert(ctx:get("removed_runs") == 0)
  end,
}

step "A copy of the store can be read back" {
  run = function(ctx)
    ctx:perform(backup.state {})
    assert(ctx:get("state_runs") == 1 and ctx:get("state_size") > bytes(4096))
    assert(not fs.exists(ctx:scratch() .. "/state.db"))
    local copy = ctx:scratch() .. "/mine.db"
    assert(store.copy(copy) and fs.stat(copy).mode == tonumber("600", 8))
    local size, why, code = store.copy(copy)
    assert(size == nil and why:find("mine.db", 1, true) and code == "ESTORE", why)
  end,
}

step "A repository without a commit has no data" {
  run = function(ctx)
    ctx:perform(backup.repository {})
    assert(ctx:get("bundle_refs") == no_data)
  end,
}
step "A repository is restored and compared" {
  run = function(ctx)
    sh(ctx, [[
      git -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m one
      git branch other; git tag first
    ]])
    ctx:perform(backup.repository {})
    assert(ctx:get("bundle_refs") == 3 and ctx:get("bundle_size") > bytes(0))
  end,
}
step "A damaged repository is told" {
  run = function(ctx)
    sh(ctx, "find .git/objects -type f -exec chmod +w {} + -exec truncate -s 0 {} +")
    local done, why = ctx:perform(backup.repository {})
    assert(not done and tostring(why):find("cannot be restored", 1, true), why)
    sh(ctx, "rm -rf .git")
  end,
}

step "Links that lead nowhere are found, others are not" {
  run = function(ctx)
    sh(ctx, [[
      mkdir -p docs
      cat > docs/a.md <<'END'
[good](b.md#part) [root](/docs/b.md) [space](with%20space.md)
[web](https://example.org/x.md) [mail](mailto:a@b.c) [here](#x)
`[code](nowhere.md)`
```
[code](nowhere.md)
```
![picture](<b.md> "title")
[ref]: b.md
[^1]: nowhere.md
[Note]: nowhere is a place
END
      : > docs/b.md; : > "docs/with space.md"
    ]])
    ctx:perform(documents.links {})
    assert(ctx:get("pages") == 3 and ctx:get("links") == 5 and #ctx:get("broken_links") == 0)
    sh(ctx, "echo '[bad](gone.md), [up](../gone.txt)' > docs/b.md")
    local done, why = ctx:perform(documents.links {})
    assert(not done and tostring(why):find("2 links lead to nothing", 1, true), why)
  end,
}

step "A command that is not configured is passed over" {
  run = maintenance.run { what = "test_data" },
  check = "not configured",
}

step "Markdown shows text as it is" {
  run = function()
    assert(markdown.text("a|b *c* <d>\n") == "a\\|b \\*c\\* \\<d\\> ")
    assert(markdown.code("plain") == "`plain`" and markdown.code("a`b") == "`` a`b ``")
    assert(markdown.code("a``b\nc") == "``` a``b c ```")
  end,
}

step "A report is written, and replaced the same day" {
  run = function(ctx)
    local written = {}
    for _ = 1, 2 do
      ctx:perform(report.write { name = "day", title = "The *day*" })
      local text = assert(fs.read(ctx:get("report")))
      written[ctx:get("report")] = true
      assert(ctx:get("report"):match("^reports/day%-%d+%-%d+%-%d+%.md$"))
      assert(text:find("# The \\*day\\*", 1, true) and text:find("## Flaky tests", 1, true))
    end
    ctx:perform(report.write { name = "always", dated = false, sections = { "sla" } })
    local text = assert(fs.read("reports/always.md"))
    assert(text:find("## Service levels", 1, true) and not text:find("## Trends", 1, true))
    local first = next(written)
    assert(#fs.glob("reports/*") == (next(written, first) and 3 or 2)) -- two of them about midnight
  end,
}
step "Not anywhere else" {
  on_fail = "continue", note = "fails: `../x` is no name of a report: letters, digits, - and _ are",
  run = report.write { name = "../x" },
}
step "Not of anything" {
  on_fail = "continue",
  note = "fails: a report has no section `weather`; it has sla, levels, failing, flaky, slowest, trends",
  run = report.write { name = "x", sections = { "weather" } },
}

step "What a machine was used for" {
  run = environment.usage {},
  check = { "disk_used > 0%" },
}

step "Services that never come up are told" {
  run = function(ctx)
    local done, why = ctx:perform(services.wait { name = "none", timeout = "10ms", interval = "5ms" })
    assert(not done and why:find("none is down: not so within 10ms", 1, true), why)
  end,
}
