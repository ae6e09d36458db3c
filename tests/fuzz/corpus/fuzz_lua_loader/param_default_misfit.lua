runbook "T" { }
param "since" {
  type = "duration",
  default = "yesterday",
}
