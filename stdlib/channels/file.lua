-- A file that grows by one line of JSON (https://jsonlines.org) for each message. It is made readable for its owner
-- alone; a line is written at once, so several processes can share the file, and is on the disk when it counts as
-- delivered.
local outcome = require "notify.outcome"

local file = {
    help = "one line of JSON per message, appended to a file",
    options = {
        path = { type = "path", required = true, help = "the file, from the project's folder" },
    },
}

function file.render(message)
    return message:document() .. "\n"
end

function file.send(message, o, via)
    local done, why = via.append(o.path, file.render(message))
    return done and outcome.accepted() or outcome.retry(why)
end

return file
