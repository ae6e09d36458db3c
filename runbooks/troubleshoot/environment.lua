-- Is it the machine? The programs that the tests need, disk, memory, and every configured service.
runbook "Check the test environment" { priority = "medium", overlap = "allow" }

step "Show what is configured" { run = environment.project {} }

step "Check tools and versions" { run = environment.tools {}, on_fail = "continue" }

step "Check disk space" { run = environment.disk {}, on_fail = "continue" }

step "Check memory" { run = environment.memory {}, on_fail = "continue" }

for _, service in ipairs(services.all) do
    step("Check service " .. service.name) {
        id = "service_" .. service.name:lower():gsub("[^a-z0-9_]", "_"),
        run = services.check { name = service.name },
        on_fail = "continue",
    }
end
