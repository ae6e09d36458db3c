runbook "T" {
  escalate = { when = "rate > 5%" },
}
