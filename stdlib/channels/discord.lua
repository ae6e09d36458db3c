-- Discord, by a webhook (https://docs.discord.com/developers/resources/webhook#execute-webhook). Limits: content 2000
-- characters, an embed's title 256, description 4096, 25 fields of 256 and 1024, footer 2048, all embeds together 6000
-- (https://docs.discord.com/developers/resources/message#embed-object-embed-limits). Nobody is ever mentioned
-- (allowed_mentions). A 429 says in its JSON how long to wait (https://docs.discord.com/developers/topics/rate-limits).
local json = require "runbook.json"
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local COLOUR = { critical = 0xC0392B, high = 0xE67E22, medium = 0xF1C40F, low = 0x3498DB, resolved = 0x2ECC71 }
local DESCRIPTION_MAX = 3400 -- leaves room for title, fields and footer within 6000

-- Markdown's characters, so that names are shown as they are.
local ESCAPE = {}
for c in ("\\*_~`|>#-[]()"):gmatch "." do
    ESCAPE[c] = "\\" .. c
end

local discord = {
    help = "a Discord channel, by a webhook",
    options = {
        webhook = {
            type = "url", required = true, private = true,
            help = "address of the webhook; it is a secret: env: or file:",
        },
    },
}

local function fenced(content, max)
    return ("```\n%s\n```"):format(text.tail((content:gsub("```", "'''"):gsub("\n+$", "")), max))
end

-- The parts of the description share its room: what stands first is cut last.
local function description_of(s)
    local parts, left = {}, DESCRIPTION_MAX
    local function add(part)
        parts[#parts + 1] = part
        left = left - text.length(part) - 2
    end
    story.sections(s, function(title, kind, content)
        if kind == "fields" or left < 200 then
            return
        end
        local head = title and ("**%s**\n"):format(title) or ""
        if kind == "code" then
            add(head .. fenced(content, math.min(left - 60, 1500)))
        elseif kind == "commands" then
            add(head .. fenced(table.concat(content, "\n"), math.min(left - 60, 800)))
        else
            local whole = kind == "list" and table.concat(content, "\n") or content
            add(head .. text.clip(whole, math.min(left - 60, 1200), ESCAPE))
        end
    end)
    return #parts > 0 and table.concat(parts, "\n") or nil
end

local function fields_of(s)
    local fields = {}
    for i = 1, math.min(#s.fields, 10) do
        fields[i] = { name = s.fields[i].name, value = text.clip(s.fields[i].value, 150, ESCAPE), inline = true }
    end
    return #fields > 0 and fields or nil
end

function discord.render(message, o)
    local s = story.of(message)
    local embed = {
        title = text.clip(s.heading, 250, ESCAPE),
        description = description_of(s),
        fields = fields_of(s),
        color = COLOUR[s.status] or COLOUR[s.priority],
        timestamp = text.time(s.time),
        footer = { text = "runbook " .. text.clip(message.key, 100) },
        url = s.url,
    }
    local with = o.webhook:find("?", 1, true) and "&" or "?"
    return {
        url = o.webhook .. with .. "wait=true",
        headers = { ["Idempotency-Key"] = message.key },
        once = true,
        json = { username = "runbook", allowed_mentions = { parse = {} }, embeds = { embed } },
    }
end

function discord.send(message, o, via)
    local response, failed = via.http(discord.render(message, o))
    if response and response.status == 429 then
        local said = json.decode(response.body)
        local after = type(said) == "table" and tonumber(said.retry_after)
        return outcome.retry(outcome.describe(response), after or response.retry_after)
    end
    return outcome.of(response, failed)
end

return discord
