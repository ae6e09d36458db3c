-- The project's own commands for what only it can know how to do: cleaning its test data, restoring its backup. A
-- command that is not configured is passed over with a word, so that the bundled runbooks run everywhere.
local config = require "runbook.config"
local format = require "text.format"

local maintenance = {}

maintenance.run = verb {
    name = "maintenance.run",
    help = "Runs a command of runbook.yaml's maintenance; passes over one that is not there. Fails when it does.",
    options = {
        what = {
            type = "choice", required = true, help = "which command",
            choices = { "test_data", "database", "documentation", "backup", "failover", "environment" },
        },
    },
    sets = { configured = "boolean" },
    writes = true,
    perform = function(ctx, o)
        local command = config.get("maintenance." .. o.what) or {}
        ctx:set("configured", #command > 0)
        if #command == 0 then
            ctx:note(("passed over: runbook.yaml has no maintenance.%s"):format(o.what))
            return true
        end
        local result, why = ctx:exec(table.move(command, 1, #command, 1, {}))
        if not result then
            return nil, why
        elseif result.code ~= 0 or result.signal ~= 0 then
            return nil, ("`%s`: %s"):format(table.concat(command, " "), format.ending(result))
        end
        return true
    end,
}

return maintenance
