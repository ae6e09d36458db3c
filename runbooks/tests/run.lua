-- `runbook tests run LEVEL` is this runbook with its parameters from the command line.
runbook "Run tests" { overlap = "allow" }

param "level" { default = "all", choices = tests.levels, help = "the test level to run" }
param "variant" { default = "", choices = tests.variants, help = "a variant of the level, e.g. real-llm" }
param "parallel" { type = "integer", default = 0, min = 0, help = "how many tests at once; 0: as configured" }
param "fail_fast" { type = "boolean", default = false, help = "stop at the first failure" }
param "repeat" { type = "integer", default = 1, min = 1, help = "run every case so often" }

step "Run the tests" {
    run = tests.run {
        level = "$level",
        variant = "$variant",
        parallel = "$parallel",
        fail_fast = "$fail_fast",
        times = "$repeat",
    },
}
