-- Cutting and escaping text for receivers. Lengths are UTF-16 units, the strictest way in which receivers count
-- characters. What is cut says so.
local text = {}

local CUT = "… [cut]"
local CUT_UNITS = 7

-- Valid UTF-8 without control characters but line ends and tabs.
function text.clean(s)
    s = tostring(s):gsub("\r\n?", "\n"):gsub("[%z\1-\8\11\12\14-\31\127]", "")
    local len, bad = utf8.len(s)
    if len then
        return s
    end
    local valid, from = {}, 1
    while not len do
        valid[#valid + 1] = s:sub(from, bad - 1)
        from = bad + 1
        len, bad = utf8.len(s, from)
    end
    valid[#valid + 1] = s:sub(from)
    return table.concat(valid, "\u{FFFD}")
end

local function units(code)
    return code >= 0x10000 and 2 or 1
end

function text.length(s)
    local count = 0
    for _, code in utf8.codes(s) do
        count = count + units(code)
    end
    return count
end

-- The bytes of the longest beginning that takes at most `max` units once `escape` (a table of characters) is applied.
local function fitting(s, max, escape)
    local count = 0
    for at, code in utf8.codes(s) do
        local instead = escape and code < 128 and escape[string.char(code)]
        count = count + (instead and #instead or units(code))
        if count > max then
            return at - 1
        end
    end
    return #s
end

-- At most `max` units, escaped; `s` must be clean.
function text.clip(s, max, escape)
    local keep = #s
    if #s * (escape and 6 or 1) > max and fitting(s, max, escape) < #s then
        keep = fitting(s, math.max(max - CUT_UNITS, 0), escape)
    end
    local kept = s:sub(1, keep)
    if escape then
        kept = kept:gsub(".", escape)
    end
    return keep < #s and kept .. CUT or kept
end

-- The end of it, from the beginning of a line where there is one: the last lines of an output say most.
function text.tail(s, max, escape)
    if #s * (escape and 6 or 1) <= max or fitting(s, max, escape) == #s then
        return escape and (s:gsub(".", escape)) or s
    end
    local from = utf8.offset(s, 0, math.max(#s - max, 1))
    while from <= #s and fitting(s:sub(from), max - CUT_UNITS - 1, escape) < #s - from + 1 do
        from = utf8.offset(s, 0, math.min(from + math.max((#s - from) // 16, 4), #s + 1))
    end
    local kept = s:sub(from)
    local line = kept:find("\n", 1, true)
    kept = line and line < #kept and kept:sub(line + 1) or kept
    return "[cut] …\n" .. (escape and kept:gsub(".", escape) or kept)
end

-- One line of at most `max` units.
function text.one_line(s, max)
    s = text.clean(s):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
    return text.clip(s, max or 200)
end

-- FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
local function hash(s)
    local h = 0xcbf29ce484222325
    for i = 1, #s do
        h = (h ~ s:byte(i)) * 0x100000001b3
    end
    return ("%016x"):format(h)
end

-- What somebody else knows a matter by, of at most `max` units: of a longer one the beginning, and a hash of the whole,
-- so that two that begin alike stay two.
function text.key(s, max)
    s = text.one_line(s, math.huge)
    if text.length(s) <= max then
        return s
    end
    return s:sub(1, fitting(s, max - 17)) .. "…" .. hash(s)
end

-- & < > " for HTML.
text.html = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

-- %xx for anything that is not a letter, a digit or one of . _ ~ (and not -, which must not double in a comment).
function text.percent(s)
    return (s:gsub("[^%w._~]", function(c)
        return ("%%%02X"):format(c:byte())
    end))
end

-- "2026-11-22T08:22:11Z", from milliseconds.
function text.time(ms)
    return os.date("!%Y-%m-%dT%H:%M:%SZ", ms // 1000)
end

return text
