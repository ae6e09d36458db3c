runbook "Test Failures (>5% failure rate)" {
  priority = "high",
  trigger  = "failure_rate > 5%",
  escalate = { when = "failure_rate > 20%", to = "engineering-lead" },
}
param "level" { default = "all", choices = {"all","smoke"}, help = "the test level to diagnose" }
param "since" { default = "24h", type = "duration", help = "how far back to look for commits" }

step "Count" { run = [[ echo $level ]], capture = { failure_rate = "%d+" }, retry = 3, timeout = "30s", limits = { memory = "2GB" } }
parallel "All" {
  max = 2,
  step "a" { run = { "echo", "$since", 3 } },
  step("b", { run = function(ctx) ctx:note("x") end, check = "failure_rate < 5%" }),
}
step "Ask" { ask = { color = { type = "choice", choices = {"red","blue"} } } }
