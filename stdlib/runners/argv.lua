-- What the runners share: taking a configured command apart and putting it together again. A command is a list of
-- words; none of this ever goes through a shell.
local fs = require "runbook.fs"

local argv = {}

function argv.copy(words)
    return table.move(words, 1, #words, 1, {})
end

function argv.join(...)
    local all = {}
    for _, words in ipairs { ... } do
        table.move(words, 1, #words, #all + 1, all)
    end
    return all
end

-- "--opt=value" and "-o" as they stand; an option of `valued` takes the next word with it.
local function takes_next(word, valued)
    return valued[word] ~= nil
end

-- Splits the words from index `first` on into options (with their values) and the rest.
function argv.split(words, first, valued)
    local options, positional = {}, {}
    local i = first
    while i <= #words do
        local word = words[i]
        if word:sub(1, 1) ~= "-" or word == "-" then
            positional[#positional + 1] = word
        else
            options[#options + 1] = word
            if takes_next(word, valued) and words[i + 1] then
                i = i + 1
                options[#options + 1] = words[i]
            end
        end
        i = i + 1
    end
    return options, positional
end

-- Drops an option with its value wherever it stands: "--name value" and "--name=value".
function argv.without(words, name, has_value)
    local kept, i = {}, 1
    while i <= #words do
        local word = words[i]
        if word == name then
            i = i + (has_value and 1 or 0)
        elseif word:sub(1, #name + 1) ~= name .. "=" then
            kept[#kept + 1] = word
        end
        i = i + 1
    end
    return kept
end

-- The index of the first word whose last path component is one of `names`, or nil.
function argv.find(words, names)
    for i, word in ipairs(words) do
        if names[word:match "[^/]*$"] then
            return i
        end
    end
end

-- Lists of at most `size` items each, so that no command line grows beyond what the system takes.
function argv.batches(items, size)
    local batches = {}
    for i = 1, #items, size do
        batches[#batches + 1] = table.move(items, i, math.min(i + size - 1, #items), 1, {})
    end
    return batches
end

-- Text as a regular expression that matches only itself: extended POSIX, CMake's and JavaScript's agree on these.
function argv.escape_pattern(text)
    return (text:gsub("[%^%$%.%[%]%|%(%)%*%+%?%{%}\\]", "\\%0"))
end

-- Text as a glob that matches only itself.
function argv.escape_glob(text)
    return (text:gsub("[%*%?%[%]\\]", "\\%0"))
end

-- A path of the level's folder as one from the project's root, which is where stdlib's file functions start.
function argv.in_folder(cwd, path)
    if not cwd or cwd == "." or path:sub(1, 1) == "/" then
        return path
    end
    return cwd .. "/" .. path
end

function argv.exists(cwd, path)
    return fs.exists(argv.in_folder(cwd, path))
end

return argv
