-- Documentation that tells the truth about files: links between the Markdown pages of a project lead somewhere.
local format = require "text.format"
local text_lines = require "text.lines"
local fs = require "runbook.fs"

local documents = {}

-- Pages that git knows, or all that lie around where there is no git.
local function pages(ctx)
    local result = ctx:exec {
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md", quiet = true,
        capture = "8MiB",
    }
    if not result or result.code ~= 0 then
        result = ctx:exec {
            "find", ".", "-xdev", "(", "-name", ".git", "-o", "-name", "node_modules", "-o", "-name", ".venv", "-o",
            "-name", "venv", "-o", "-name", ".runbook", ")", "-prune", "-o", "-type", "f", "-name", "*.md", "-printf",
            "%P\\0", quiet = true, capture = "8MiB",
        }
    end
    local list = {}
    for path in (result and result.out or ""):gmatch "[^\0]+" do
        list[#list + 1] = path
    end
    table.sort(list)
    return list
end

local function decode(url)
    return (url:gsub("%%(%x%x)", function(hex)
        return string.char(tonumber(hex, 16))
    end))
end

-- What is shown as code holds no links.
local function without_code(text)
    text = ("\n" .. text):gsub("\n%s*```.-\n%s*```", "\n"):gsub("\n%s*~~~.-\n%s*~~~", "\n")
    return (text:gsub("`[^`\n]*`", ""))
end

-- The path that a link of a page leads to, or nil for one that leaves the project.
local function target(page, url)
    local path = decode((url:gsub("[#?].*$", "")))
    if path == "" or url:match "^%a[%w+.-]*:" or url:match "^//" then
        return nil
    elseif path:sub(1, 1) == "/" then
        return path:sub(2)
    end
    return (page:match "^(.*/)" or "") .. path
end

local function links_of(text)
    local urls = {}
    text = without_code(text)
    for url in text:gmatch "%]%(%s*<?([^%s()<>]+)>?[^()\n]*%)" do
        urls[#urls + 1] = url
    end
    for label, url, rest in text:gmatch "\n *%[([^%]\n]+)%]: *<?([^%s<>]+)>?([^\n]*)" do
        if label:sub(1, 1) ~= "^" and (rest:match "^%s*$" or rest:match "^%s+[\"'(]") then -- no footnote, no prose
            urls[#urls + 1] = url
        end
    end
    return urls
end

local function broken_of(page)
    local text, why = fs.read(page, 4 * 1024 * 1024)
    if not text then
        return nil, why
    end
    local broken, count = {}, 0
    for _, url in ipairs(links_of(text)) do
        local path = target(page, url)
        count = count + (path and 1 or 0)
        if path and not fs.exists(path) then
            broken[#broken + 1] = ("%s: %s"):format(page, url)
        end
    end
    return broken, count
end

documents.links = verb {
    name = "documents.links",
    help = "Looks whether the links between Markdown pages lead to files that exist. Fails when one does not.",
    options = {},
    sets = { pages = "integer", links = "integer", broken_links = "list" },
    perform = function(ctx)
        local list, links, broken = pages(ctx), 0, {}
        for _, page in ipairs(list) do
            local found, count = broken_of(page)
            if found then
                links = links + count
                table.move(found, 1, #found, #broken + 1, broken)
            else
                ctx:log(count)
            end
        end
        ctx:set { pages = #list, links = links, broken_links = broken }
        ctx:note(#list == 0 and "no Markdown pages here" or ("%s, %s within the project, %d broken"):format(
            format.count(#list, "page", "pages"), format.count(links, "link", "links"), #broken))
        text_lines.tell(ctx, broken)
        if #broken > 0 then
            return nil, format.count(#broken, "link leads", "links lead") .. " to nothing"
        end
        return true
    end,
}

return documents
