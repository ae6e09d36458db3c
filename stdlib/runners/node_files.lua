-- The test files that `node --test` would run, so that each can have a report of its own: node's reports do not say
-- which file a case is from. https://nodejs.org/docs/latest-v20.x/api/test.html#running-tests-from-the-command-line
local argv = require "runners.argv"
local fs = require "runbook.fs"

local node_files = {}

local DEPTH_MAX, FILES_MAX = 16, 20000

local function is_source(name)
    return name:match "%.[cm]?js$" ~= nil
end

local function is_test(path)
    local name = path:match "[^/]*$"
    local stem = name:gsub("%.[cm]?js$", "")
    return is_source(name) and (stem == "test" or stem:match "^test%-" or stem:match "[.%-_]test$"
        or ("/" .. path):match "/test/") ~= nil
end

-- Calls visit(path) for every file below `folder`, which is relative to `cwd`; "" is cwd itself.
local function walk(cwd, folder, depth, visit)
    local prefix = folder == "" and "" or folder .. "/"
    local root = argv.in_folder(cwd, prefix)
    local skip = #root - #prefix
    for _, found in ipairs(fs.glob(argv.escape_glob(root) .. "*")) do -- app/[id] is a folder, no pattern
        local path = found:sub(skip + 1)
        local stat = fs.stat(found)
        if stat and stat.type == "directory" then
            if depth < DEPTH_MAX and path:match "[^/]*$" ~= "node_modules" then
                walk(cwd, path, depth + 1, visit)
            end
        elseif stat and stat.type == "file" then
            visit(path)
        end
    end
end

-- A glob as a Lua pattern: `*` stays within a folder, `**/` crosses them.
local function glob_pattern(glob)
    local pattern = glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
    pattern = pattern:gsub("%*%*/", "\1"):gsub("%*", "[^/]*"):gsub("%?", "[^/]"):gsub("\1", ".-")
    return "^" .. pattern .. "$"
end

local function expand(cwd, word, add)
    if word:find "[*?]" then
        local folder = (word:match "^([^*?]*)/" or "")
        local pattern = glob_pattern(word)
        walk(cwd, folder, 0, function(path)
            if path:match(pattern) or ("/" .. path):match(pattern) then
                add(path)
            end
        end)
        return
    end
    local stat = fs.stat(argv.in_folder(cwd, word))
    if stat and stat.type == "directory" then
        walk(cwd, (word:gsub("/+$", "")), 0, function(path)
            if is_test(path) then
                add(path)
            end
        end)
    else
        add(word)
    end
end

-- The files that the positional words mean; without any, what node finds from its folder on.
function node_files.list(cwd, words)
    local files, seen = {}, {}
    local function add(path)
        path = path:gsub("^%./", "")
        if not seen[path] and #files < FILES_MAX then
            seen[path] = true
            files[#files + 1] = path
        end
    end
    for _, word in ipairs(#words > 0 and words or { "" }) do
        if word == "" then
            walk(cwd, "", 0, function(path)
                if is_test(path) then
                    add(path)
                end
            end)
        else
            expand(cwd, (word:gsub("^%./", "")), add)
        end
    end
    return files
end

return node_files
