runbook "T" {}
param "times" {
    default = 0,
    min = 1,
}
step "S" { run = "true" }
