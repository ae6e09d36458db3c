-- Markdown that shows names and messages as they are, whatever they hold (https://spec.commonmark.org/0.31.2/).
local markdown = {}

-- One line of code; a code span begins and ends with more backticks than it holds in a row.
function markdown.code(text)
    local line = tostring(text):gsub("[%c]+", " "):gsub("|", "\\|")
    local fence = "`"
    for ticks in line:gmatch "`+" do
        fence = #ticks >= #fence and ticks .. "`" or fence
    end
    if #fence == 1 then
        return fence .. line .. fence
    end
    return ("%s %s %s"):format(fence, line, fence)
end

-- Plain words: what Markdown would take for markup is escaped, and no line is broken.
function markdown.text(text)
    return (tostring(text):gsub("[%c]+", " "):gsub("[\\`*_{}%[%]<>|#]", "\\%0"))
end

function markdown.table(head, rows)
    local lines = { "| " .. table.concat(head, " | ") .. " |", "|" .. ("---|"):rep(#head) }
    for _, row in ipairs(rows) do
        lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |"
    end
    return table.concat(lines, "\n")
end

return markdown
