-- Lists in what a step says: the first lines are notes, the others are in its log.
local lines = {}

local SHOWN = 10

-- `line_of(item)` makes the line of an item; without it the items are lines.
function lines.tell(ctx, items, line_of)
    for i, item in ipairs(items) do
        local line = line_of and line_of(item) or item
        if i <= SHOWN then
            ctx:note("  " .. line)
        else
            ctx:log(line)
        end
    end
    if #items > SHOWN then
        ctx:note(("  and %d more in the log of this step"):format(#items - SHOWN))
    end
end

return lines
