-- A notification on the desktop of whoever runs a runbook, by notify-send
-- (https://specifications.freedesktop.org/notification-spec/latest/). Where that program or a desktop is missing, it
-- does nothing.
local fs = require "runbook.fs"
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local URGENCY = { critical = "critical", high = "critical", medium = "normal", low = "low" }
local ESCAPE = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local desktop = {
    help = "a notification on the desktop, by notify-send",
    ["local"] = true,
    options = {},
}

local function words(message)
    local s = story.of(message)
    local body = s.text or s.error
    return {
        "notify-send", "--app-name=runbook", "--urgency=" .. (URGENCY[s.priority] or "normal"), "--",
        text.clip(s.heading, 200), body and text.clip(body, 500, ESCAPE),
    }
end

function desktop.render(message)
    return table.concat(words(message), " ") .. "\n"
end

function desktop.send(message, _, via)
    if not fs.has_program "notify-send" or not (env "DISPLAY" or env "WAYLAND_DISPLAY") then
        return outcome.accepted()
    end
    local done, why = via.run(words(message), "")
    if not done then
        return outcome.retry(why)
    end
    return done.code == 0 and outcome.accepted() or outcome.retry(text.one_line(done.out, 200))
end

return desktop
