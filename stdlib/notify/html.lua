-- A story as the HTML part of a mail: a plain document with styles on its elements, as mail programs want it. Every
-- text is escaped.
local story = require "notify.story"
local text = require "notify.text"

local html = {}

local COLOUR = { critical = "#c0392b", high = "#d35400", medium = "#b7950b", low = "#2471a3", resolved = "#1e8449" }
local FONT = "font-family:sans-serif;font-size:14px;color:#222"
local MONO = "font-family:monospace;font-size:13px;background:#f4f4f4;padding:8px;white-space:pre-wrap"

local function escape(s, max)
    return text.clip(s, max, text.html)
end

local function rows(fields)
    local lines = {}
    for i, field in ipairs(fields) do
        lines[i] = ('<tr><td style="padding:2px 12px 2px 0;color:#777">%s</td><td>%s</td></tr>'):format(field.name,
            escape(field.value, 600))
    end
    return "<table>" .. table.concat(lines, "\n") .. "</table>"
end

local function items(lines)
    local made = {}
    for i, line in ipairs(lines) do
        made[i] = "<li>" .. escape(line, 600) .. "</li>"
    end
    return "<ul>" .. table.concat(made, "\n") .. "</ul>"
end

function html.of(s)
    local colour = COLOUR[s.status] or COLOUR[s.priority] or "#222"
    local parts = { ('<h2 style="color:%s">%s</h2>'):format(colour, escape(s.heading, 1000)) }
    story.sections(s, function(title, kind, content)
        if title then
            parts[#parts + 1] = ("<p><b>%s</b></p>"):format(title)
        end
        if kind == "fields" then
            parts[#parts + 1] = rows(content)
        elseif kind == "list" then
            parts[#parts + 1] = items(content)
        elseif kind == "code" then
            parts[#parts + 1] = ('<pre style="%s">%s</pre>'):format(MONO, text.tail(content, 20000, text.html))
        elseif kind == "commands" then
            local lines = escape(table.concat(content, "\n"), 4000)
            parts[#parts + 1] = ('<pre style="%s">%s</pre>'):format(MONO, lines)
        else
            parts[#parts + 1] = "<p>" .. escape(content, 20000):gsub("\n", "<br>\n") .. "</p>"
        end
    end)
    return ('<!DOCTYPE html>\n<html><body style="%s">\n%s\n</body></html>\n'):format(FONT, table.concat(parts, "\n"))
end

return html
