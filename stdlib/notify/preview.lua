-- What a channel would send, as text for a person: `runbook notify preview`. Secrets stand as they do in runbook.yaml.
local json = require "runbook.json"

local preview = {}

local function add_headers(lines, headers)
    local names = {}
    for name in pairs(headers or {}) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        lines[#lines + 1] = ("%s: %s"):format(name, headers[name])
    end
end

local function of_request(r)
    local lines = { ("%s %s"):format(r.method or "POST", r.url) }
    add_headers(lines, r.headers)
    lines[#lines + 1] = ""
    lines[#lines + 1] = r.body or json.encode(r.json, 2)
    return table.concat(lines, "\n") .. "\n"
end

local function of_mail(r)
    local lines = {}
    for _, line in ipairs(r.headers) do
        lines[#lines + 1] = line
    end
    lines[#lines + 1] = ""
    lines[#lines + 1] = r.text
    for _, part in ipairs(r.attachments or {}) do
        lines[#lines + 1] = ("[attachment %s, %s, %d bytes]"):format(part.name, part.type, #part.data)
    end
    return table.concat(lines, "\n") .. "\n"
end

function preview.text(channel, message, o)
    local r = channel.render(message, o)
    if type(r) == "string" then
        return r
    end
    return r.text and of_mail(r) or of_request(r)
end

return preview
