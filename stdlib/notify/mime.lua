-- Addresses and dates in the headers of a mail (RFC 5322). Words that are not ASCII are encoded where mail is sent.
local text = require "notify.text"

local mime = {}

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
    return address, ('"%s" <%s>'):format(name:gsub('[\\"]', "\\%0"), address)
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
