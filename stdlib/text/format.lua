-- Numbers as people read them, alike in every module.
local format = {}

function format.percent(value)
    if value == no_data then
        return "no data"
    end
    return (("%.1f%%"):format(value.value * 100):gsub("%.0%%", "%%"))
end

-- "1 commit", "3 commits"
function format.count(n, one, many)
    return ("%d %s"):format(n, n == 1 and one or many)
end

return format
