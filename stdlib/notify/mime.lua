-- The headers of a mail (RFC 5322): encoded words for what is not ASCII (RFC 2047), and addresses.
local text = require "notify.text"

local mime = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local WORD_BYTES = 42 -- 56 characters of base64: an encoded word has at most 75

local function base64(s)
    local out = {}
    for i = 1, #s, 3 do
        local a, b, c = s:byte(i, i + 2)
        local n = a << 16 | (b or 0) << 8 | (c or 0)
        for j = 0, 3 do
            local digit = n >> (18 - 6 * j) & 63
            out[#out + 1] = j > (c and 3 or b and 2 or 1) and "=" or ALPHABET:sub(digit + 1, digit + 1)
        end
    end
    return table.concat(out)
end

-- A text as words that a header can hold; no character is cut in two.
function mime.encode(s)
    if not s:find "[\128-\255]" and not s:find("=?", 1, true) then
        return s
    end
    local words, from = {}, 1
    while from <= #s do
        local to = math.min(from + WORD_BYTES, #s + 1)
        to = to > #s and to or utf8.offset(s, 0, to)
        words[#words + 1] = "=?UTF-8?B?" .. base64(s:sub(from, to - 1)) .. "?="
        from = to
    end
    return table.concat(words, "\r\n ")
end

-- "Name <a@b>" or "a@b": the address, and how a header writes both.
function mime.address(s)
    local name, address = s:match "^%s*(.-)%s*<([^<>%s]+)>%s*$"
    address = address or s:match "^%s*([^<>%s]+)%s*$"
    if not address or not address:find("@", 2, true) then
        return nil, ("\"%s\" is no address"):format(text.one_line(s, 100))
    end
    if not name or name == "" then
        return address, address
    end
    name = text.one_line(name:gsub('^"(.*)"$', "%1"), 100)
    local written = name:find "[\128-\255]" and mime.encode(name) or '"' .. name:gsub('[\\"]', "\\%0") .. '"'
    return address, ("%s <%s>"):format(written, address)
end

-- "Sun, 22 Nov 2026 08:22:11 +0000", in the words of RFC 5322 whatever the locale.
function mime.date(seconds)
    local days = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
    local months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }
    local t = os.date("!*t", seconds)
    return ("%s, %02d %s %04d %02d:%02d:%02d +0000"):format(days[t.wday], t.day, months[t.month], t.year, t.hour,
        t.min, t.sec)
end

return mime
