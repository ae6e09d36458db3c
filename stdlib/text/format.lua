-- Numbers, names and ends of commands as people read them, alike in every module.
local format = {}

function format.percent(value)
    if value == no_data then
        return "no data"
    end
    return (("%.1f%%"):format(value.value * 100):gsub("%.0%%", "%%"))
end

-- "12ms", "1.5s": no finer than a person wants it
function format.time(value)
    if value == no_data then
        return "no data"
    end
    return tostring(seconds(math.floor(value.value * 1000 + 0.5) / 1000))
end

-- "1 commit", "3 commits"
function format.count(n, one, many)
    return ("%d %s"):format(n, n == 1 and one or many)
end

-- The keys of a map, in the order in which people look for them.
function format.names(map)
    local names = {}
    for name in pairs(map) do
        names[#names + 1] = name
    end
    table.sort(names)
    return names
end

-- How a command that ctx:exec has run came to its end: "exit code 3", "killed by signal 9".
function format.ending(result)
    if result.signal ~= 0 then
        return ("killed by signal %d"):format(result.signal)
    end
    return ("exit code %d"):format(result.code)
end

return format
