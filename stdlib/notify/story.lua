-- What a message says, the same for every receiver: a heading, what is known about the newest event, the events before
-- it, and what to type next. Each channel lays it out in its own form.
local text = require "notify.text"

local story = {}

local EARLIER_MAX = 10

local function add(fields, name, value)
    local line = value ~= nil and text.one_line(value, 300) or ""
    if line ~= "" then
        fields[#fields + 1] = { name = name, value = line }
    end
end

local function join(sep, ...)
    local parts = {}
    for _, part in ipairs { ... } do
        if part ~= "" then
            parts[#parts + 1] = part
        end
    end
    return table.concat(parts, sep)
end

local function duration(ms)
    if not ms then
        return nil
    elseif ms < 60000 then
        return ("%.1fs"):format(ms / 1000)
    end
    return ("%dm %02ds"):format(ms // 60000, ms // 1000 % 60)
end

local function fields_of(e)
    local fields = {}
    add(fields, "Runbook", e.runbook)
    add(fields, "Run", join(", ", e.run_short or e.run or "", e.state or ""))
    add(fields, "Step", join(" ", tostring(e.number or ""), e.step or ""))
    if e.attempt and e.attempts and e.attempts > 1 then
        add(fields, "Attempt", ("%d of %d"):format(e.attempt, e.attempts))
    end
    local incident = e.incident
    if type(incident) == "table" then
        add(fields, "Incident", join(", ", incident.key or "", incident.state or "",
            incident.level and ("level %s"):format(tostring(incident.level)) or ""))
    end
    add(fields, "Contact", e.to)
    add(fields, "Priority", e.priority)
    add(fields, "Took", duration(e.duration_ms))
    add(fields, "Project", join(" on ", e.project or "", e.host or ""))
    return fields
end

local function check_line(c)
    local line = tostring(c.expr or "")
    if c.value ~= nil then
        line = ("%s: %s"):format(line, tostring(c.value))
        if c.threshold ~= nil then
            line = ("%s against %s"):format(line, tostring(c.threshold))
        end
    end
    return text.one_line(c.result and ("%s (%s)"):format(line, tostring(c.result)) or line, 300)
end

local function lines_of(list, line)
    local lines = {}
    for i, item in ipairs(type(list) == "table" and list or {}) do
        lines[i] = line(item)
    end
    return lines
end

local function earlier_of(message)
    local lines, events = {}, message.events
    for i = #events - 1, math.max(#events - EARLIER_MAX, 1), -1 do
        local e = events[i]
        lines[#lines + 1] = join("  ", e.time and text.time(e.time) or "", text.one_line(e.title or e.event or "", 200))
    end
    local more = (message.count or #events) - 1 - #lines
    if more > 0 then
        lines[#lines + 1] = ("and %d more before"):format(more)
    end
    return lines
end

local function heading(e, subject)
    local title = text.one_line(e.title or subject or "", 1000)
    if title == "" then
        title = e.event or "message"
    end
    if e.status == "resolved" then
        return "[resolved] " .. title
    elseif e.status == "firing" then
        return ("[%s] %s"):format(e.priority or "firing", title)
    end
    return title
end

-- { heading, subject, status, priority, time, fields = { { name, value } }, text, error, checks, output, next, earlier,
-- url, key }: texts are clean, lists are of lines.
function story.of(message)
    local e = message.events[#message.events] or {}
    local function clean(s)
        s = s ~= nil and text.clean(s) or ""
        return s:find "%S" and s or nil
    end
    local told, why = clean(e.text), clean(e.error)
    if told and why and told:find(why, 1, true) then
        why = nil -- said already
    end
    return {
        heading = heading(e, message.subject),
        subject = text.one_line(message.subject or "", 1000),
        event = e,
        status = e.status or "info",
        priority = e.priority or message.priority or "medium",
        time = e.time or message.created or 0,
        fields = fields_of(e),
        text = told,
        error = why,
        command = clean(e.command),
        checks = lines_of(e.checks, check_line),
        output = clean(e.output),
        next = lines_of(e.next, function(line)
            return text.one_line(line, 500)
        end),
        earlier = earlier_of(message),
        url = e.url,
        key = message.key,
    }
end

-- Its sections in the order in which they are told: fn(title or nil, kind, content); kind is "text", "fields", "list",
-- "code" (a text whose end matters) or "commands".
function story.sections(s, fn)
    if s.text then
        fn(nil, "text", s.text)
    end
    if #s.fields > 0 then
        fn(nil, "fields", s.fields)
    end
    if s.error then
        fn("Error", "text", s.error)
    end
    if #s.checks > 0 then
        fn("Checks", "list", s.checks)
    end
    if s.output then
        fn("Last output", "code", s.output)
    end
    if #s.next > 0 then
        fn("Next", "commands", s.next)
    end
    if #s.earlier > 0 then
        fn("Before", "list", s.earlier)
    end
end

-- All of it as plain text.
function story.plain(s)
    local lines = { s.heading }
    story.sections(s, function(title, kind, content)
        lines[#lines + 1] = ""
        if title then
            lines[#lines + 1] = title .. ":"
        end
        if kind == "fields" then
            for _, field in ipairs(content) do
                lines[#lines + 1] = ("%-10s %s"):format(field.name, field.value)
            end
        elseif kind == "text" then
            lines[#lines + 1] = text.clip(content, 20000)
        elseif kind == "code" then
            lines[#lines + 1] = "    " .. text.tail(content, 20000):gsub("\n+$", ""):gsub("\n", "\n    ")
        else
            for _, line in ipairs(content) do
                lines[#lines + 1] = "  " .. line
            end
        end
    end)
    if s.url then
        lines[#lines + 1] = "\n" .. s.url
    end
    return table.concat(lines, "\n") .. "\n"
end

return story
