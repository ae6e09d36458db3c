-- Reports for people: what the store knows of the tests, as a Markdown file.
local config = require "runbook.config"
local format = require "text.format"
local sections = require "report.sections"
local text = require "report.markdown".text

local report = {}

local WRITE = 'mkdir -p -- "${1%/*}" && cat > "$1.new" && mv -- "$1.new" "$1"'

local function is_section(name)
    for _, known in ipairs(sections.ORDER) do
        if known == name then
            return true
        end
    end
end

-- The sections that were asked for, or why not.
local function chosen(names)
    for _, name in ipairs(names or {}) do
        if not is_section(name) then
            return nil, ("a report has no section `%s`; it has %s"):format(name, table.concat(sections.ORDER, ", "))
        end
    end
    return names and #names > 0 and names or sections.ORDER
end

local function compose(ctx, o, names)
    local parts = {
        ("# %s\n\nProject %s, %s, by run %s; of the last %s."):format(text(o.title or o.name),
            text(config.project or "?"), os.date "%Y-%m-%d %H:%M", ctx.run, o.since),
    }
    for _, name in ipairs(names) do
        local title, body = sections[name](o.since)
        parts[#parts + 1] = ("## %s\n\n%s"):format(title, body)
    end
    return table.concat(parts, "\n\n") .. "\n"
end

-- Written beside and moved into its place, so that nobody reads half of it.
local function write(ctx, path, content)
    local result, why = ctx:exec { "sh", "-eu", "-c", WRITE, "write", path, input = content, quiet = true }
    if not result then
        return nil, why
    elseif result.code ~= 0 then
        return nil, ("the report cannot be written: %s: %s"):format(format.ending(result), result.err)
    end
    return true
end

report.write = verb {
    name = "report.write",
    help = "Writes a Markdown report below reports.dir: `report` is its path. One of the same name is replaced.",
    options = {
        name = { type = "string", required = true, help = "of the file, without .md: letters, digits, - and _" },
        title = { type = "string", help = "its heading; the name unless said" },
        since = { type = "duration", default = "24h", help = "what it is about" },
        sections = { type = "list", help = "sla, levels, failing, flaky, slowest, trends; all unless said" },
        dated = { type = "boolean", default = true, help = "the day is added to the name" },
    },
    sets = { report = "string" },
    writes = true,
    perform = function(ctx, o)
        if not o.name:match "^%w[%w_-]*$" then
            return nil, ("`%s` is no name of a report: letters, digits, - and _ are"):format(o.name)
        end
        local names, why = chosen(o.sections)
        if not names then
            return nil, why
        end
        local dir = config.get("reports.dir"):gsub("/+$", "")
        local path = ("%s/%s%s.md"):format(dir, o.name, o.dated and os.date "-%Y-%m-%d" or "")
        local done
        done, why = write(ctx, path, compose(ctx, o, names))
        if not done then
            return nil, why
        end
        ctx:set("report", path)
        ctx:note("wrote " .. path)
        return path
    end,
}

return report
