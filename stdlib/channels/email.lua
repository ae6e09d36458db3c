-- E-mail by SMTP (RFC 5321), SMTPS or STARTTLS, with a text and an HTML part and the end of the step's log. Everything
-- about one matter is one thread: Message-ID, In-Reply-To and References (RFC 5322, 3.6.4). The Message-ID is made of
-- the message's key, so that a repetition is the same mail; Auto-Submitted keeps other programs from answering
-- (RFC 3834).
local fs = require "runbook.fs"
local html = require "notify.html"
local mime = require "notify.mime"
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local LOG_MAX = 256 * 1024
local REFERENCES_MAX = 10

local email = {
    help = "e-mail by SMTP",
    options = {
        smtp = { type = "url", required = true, help = "smtp://host:port, or smtps://host:port" },
        from = { type = "string", required = true, help = "\"Name <address>\" or an address" },
        to = { type = "list", required = true, help = "addresses" },
        cc = { type = "list", help = "addresses" },
        user = { type = "string", help = "to log in with" },
        password = { type = "secret", help = "to log in with" },
        starttls = {
            type = "choice", choices = { "required", "opportunistic", "never" },
            help = "default: required with a password, else opportunistic",
        },
        attach_log = { type = "boolean", default = true, help = "attach the end of the step's log" },
    },
}

function email.check(o)
    if (o.user ~= nil) ~= (o.password ~= nil) then
        return "needs `user` and `password`, or neither"
    elseif not o.smtp:find "^smtps?://" and not o.smtp:find "^env:" and not o.smtp:find "^file:" then
        return "needs `smtp` as smtp://host:port or smtps://host:port"
    end
    for _, list in ipairs { { o.from }, o.to, o.cc or {} } do
        for _, address in ipairs(list) do
            local ok, why = mime.address(address)
            if not ok then
                return ": " .. why
            end
        end
    end
    return #o.to == 0 and "needs somebody in `to`" or nil
end

-- The addresses, and the header that names them.
local function people(list, addresses)
    local written = {}
    for i, person in ipairs(list) do
        addresses[#addresses + 1], written[i] = mime.address(person)
    end
    return table.concat(written, ", ")
end

local function message_id(key, from)
    return ("<%s@%s>"):format(text.percent(key), from:match "@(.+)$")
end

local function headers_of(message, s, o, to)
    local from, from_written = mime.address(o.from)
    local memory = message.memory or {}
    local headers = {
        "Date: " .. mime.date(message.created and message.created // 1000 or os.time()),
        "From: " .. from_written,
        "To: " .. people(o.to, to),
        "Message-ID: " .. message_id(message.key, from),
        "Subject: " .. text.one_line((memory.references and "Re: " or "") .. (memory.subject or s.heading), 400),
        "Auto-Submitted: auto-generated",
        "X-Runbook-Key: " .. text.percent(message.key),
        "X-Runbook-Priority: " .. s.priority,
    }
    if o.cc and #o.cc > 0 then
        table.insert(headers, 4, "Cc: " .. people(o.cc, to))
    end
    if s.status == "firing" and (s.priority == "critical" or s.priority == "high") then
        headers[#headers + 1] = "Importance: high"
    end
    local references = memory.references
    if references and #references > 0 then
        headers[#headers + 1] = "In-Reply-To: " .. references[#references]
        headers[#headers + 1] = "References: " .. table.concat(references, " ")
    end
    return headers, from
end

-- The end of the log: what the output above was cut from. A character has at most four bytes.
local function log_of(s)
    local path = s.event.log
    local content = path and fs.tail(path, 4 * LOG_MAX)
    if not content or content == "" then
        return {}
    end
    local name = (path:match "([^/]+)$"):gsub("[^%w._-]", "_")
    return { { name = name, type = "text/plain; charset=utf-8", data = text.tail(text.clean(content), LOG_MAX) } }
end

function email.render(message, o)
    local s, to = story.of(message), {}
    local headers, from = headers_of(message, s, o, to)
    return {
        url = o.smtp,
        user = o.user,
        password = o.password,
        starttls = o.starttls or (o.password and "required" or "opportunistic"),
        from = from,
        to = to,
        headers = headers,
        text = story.plain(s),
        html = html.of(s),
        attachments = o.attach_log and log_of(s) or {},
    }
end

-- The thread: its subject and its last mails.
local function remember(message, o)
    local s, memory = story.of(message), message.memory or {}
    local references = memory.references or {}
    references[#references + 1] = message_id(message.key, (mime.address(o.from)))
    if #references > REFERENCES_MAX then
        table.remove(references, 2)
    end
    if s.status == "resolved" then
        return {}
    end
    return { references = references, subject = memory.subject or s.heading }
end

-- 4xx is for now, 5xx for ever (RFC 5321, 4.2.1); but 530 to 538 are about the account (RFC 4954, 6), which a person
-- mends.
function email.send(message, o, via)
    local done, failed = via.mail(email.render(message, o))
    local status = failed and failed.status or 0
    if done then
        return outcome.accepted(remember(message, o))
    elseif failed.kind == "never" or (status >= 500 and not (status >= 530 and status <= 538)) then
        return outcome.dead(failed.message)
    end
    return outcome.retry(failed.message)
end

return email
