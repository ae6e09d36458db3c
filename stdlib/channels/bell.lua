-- The terminal of whoever runs a runbook: its bell and one line. Without a terminal it does nothing.
local outcome = require "notify.outcome"
local story = require "notify.story"

local bell = {
    help = "the terminal's bell and one line, where a terminal is",
    ["local"] = true,
    options = {},
}

function bell.render(message)
    return "runbook: " .. story.of(message).heading .. "\n"
end

function bell.send(message, _, via)
    via.terminal("runbook: " .. story.of(message).heading)
    return outcome.accepted()
end

return bell
