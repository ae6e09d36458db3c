runbook "Much output" {}

param "program" { help = "the producer of output: produce" }
param "what" { choices = { "zero", "lines" }, help = "zero bytes, or log lines" }
param "count" { type = "integer", help = "how many of them" }

step "Produce" { run = { "$program", "$what", "$count" } }
