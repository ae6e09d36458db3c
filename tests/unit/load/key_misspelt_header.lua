runbook "T" {
  priority = "high",
  shedule = "0 6 * * *",
}
