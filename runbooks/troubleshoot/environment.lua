-- Is it the machine? The programs that the tests need, disk, memory, and every configured service.
runbook "Check the test environment" { priority = "medium", overlap = "allow" }

step "Show what is configured" { run = environment.project {} }

step "Check tools and versions" { run = environment.tools {}, on_fail = "continue" }

step "Check disk space" { run = environment.disk {}, on_fail = "continue" }

step "Check memory" { run = environment.memory {}, on_fail = "continue" }

-- Ids are short and know no capitals and no dashes: two names of services may come to the same one.
local used = {}
local function id_of(name)
    local id = ("service_" .. name:lower():gsub("[^a-z0-9_]", "_")):sub(1, 60)
    used[id] = (used[id] or 0) + 1
    return used[id] == 1 and id or ("%s_%d"):format(id, used[id])
end

for _, service in ipairs(services.all) do
    step("Check service " .. service.name) {
        id = id_of(service.name),
        run = services.check { name = service.name },
        on_fail = "continue",
    }
end
