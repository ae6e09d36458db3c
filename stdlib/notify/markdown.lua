-- A story as Markdown, for GitHub (https://github.github.com/gfm/). Text is escaped: nothing in it is a heading, a link
-- or a mention. GitHub looks for @name and #1 after Markdown was read, so that no escape hides them
-- (https://github.com/github/markup/issues/1168): a zero-width space behind the sign does.
local story = require "notify.story"
local text = require "notify.text"

local markdown = {}

local ESCAPE = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ["@"] = "@\u{200B}", ["#"] = "#\u{200B}" }
for c in ("\\*_~`|[]"):gmatch "." do
    ESCAPE[c] = "\\" .. c
end

function markdown.escape(s, max)
    return text.clip(s, max, ESCAPE)
end

-- A fence longer than any within.
local function fenced(content, max)
    local longest = 2
    for ticks in content:gmatch "`+" do
        longest = math.max(longest, #ticks)
    end
    local fence = ("`"):rep(longest + 1)
    return ("%s\n%s\n%s"):format(fence, text.tail((content:gsub("\n+$", "")), max), fence)
end

local function fields_of(fields)
    local lines = { "| | |", "|---|---|" }
    for _, field in ipairs(fields) do
        lines[#lines + 1] = ("| %s | %s |"):format(field.name, markdown.escape(field.value, 600))
    end
    return table.concat(lines, "\n")
end

-- At most `max` characters, of which the fields and the heading may have 7500; `heading` false leaves it out.
function markdown.of(s, max, heading)
    local parts, share = {}, (max - 7500) // 6
    if heading ~= false then
        parts[1] = "### " .. markdown.escape(s.heading, 400)
    end
    story.sections(s, function(title, kind, content)
        local head = title and ("**%s**\n\n"):format(title) or ""
        if kind == "fields" then
            parts[#parts + 1] = fields_of(content)
        elseif kind == "code" then
            parts[#parts + 1] = head .. fenced(content, share)
        elseif kind == "commands" then
            parts[#parts + 1] = head .. fenced(table.concat(content, "\n"), share // 2)
        else
            local whole = kind == "list" and "- " .. table.concat(content, "\n- ") or content
            parts[#parts + 1] = head .. markdown.escape(whole, share)
        end
    end)
    return table.concat(parts, "\n\n") .. "\n"
end

return markdown
