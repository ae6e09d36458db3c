runbook "T" { }
param "level" {
  defualt = "all",
}
