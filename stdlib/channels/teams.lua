-- Microsoft Teams, by a workflow "Post to a channel when a webhook request is received"
-- (https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook): an
-- Adaptive Card in a message of at most 28 KB. What does not fit is left out from the end, and the card says so.
local json = require "runbook.json"
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local SIZE_MAX = 28 * 1024 - 512
local STYLE = { critical = "attention", high = "attention", medium = "warning", low = "accent", resolved = "good" }

-- What is markup in a TextBlock
-- (https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features).
local ESCAPE = {}
for c in ("\\*_[]()#`~"):gmatch "." do
    ESCAPE[c] = "\\" .. c
end

local teams = {
    help = "a channel of Microsoft Teams, by a workflow's webhook",
    options = {
        webhook = {
            type = "url", required = true, private = true,
            help = "address of the workflow; it is a secret: env: or file:",
        },
    },
}

local function title_block(title)
    return { type = "TextBlock", text = title, weight = "Bolder", spacing = "Medium" }
end

local function text_block(content)
    return { type = "TextBlock", text = content, wrap = true }
end

-- Text as it is: a RichTextBlock knows no markup.
local function code_block(content)
    return { type = "RichTextBlock", inlines = { { type = "TextRun", text = content, fontType = "Monospace" } } }
end

local function fact_set(fields)
    local facts = {}
    for i, field in ipairs(fields) do
        facts[i] = { title = field.name, value = text.clip(field.value, 300, ESCAPE) }
    end
    return { type = "FactSet", facts = facts }
end

local function content_block(kind, content, budget)
    if kind == "fields" then
        return fact_set(content)
    elseif kind == "code" then
        return code_block(text.tail(content, budget))
    elseif kind == "commands" then
        return code_block(text.clip(table.concat(content, "\n"), budget))
    elseif kind == "list" then
        return text_block("- " .. text.clip(table.concat(content, "\n- "), budget, ESCAPE))
    end
    return text_block(text.clip(content, budget, ESCAPE))
end

-- `budget`: characters that each section may have.
local function card_of(s, budget)
    local body = { {
        type = "Container",
        style = STYLE[s.status] or STYLE[s.priority],
        items = { {
            type = "TextBlock", size = "Medium", weight = "Bolder", wrap = true,
            text = text.clip(s.heading, 300, ESCAPE),
        } },
    } }
    story.sections(s, function(title, kind, content)
        if title then
            body[#body + 1] = title_block(title)
        end
        body[#body + 1] = content_block(kind, content, budget)
    end)
    return {
        ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
        type = "AdaptiveCard",
        version = "1.4",
        body = body,
        msteams = { width = "Full" },
    }
end

local function message_of(s, budget)
    return {
        type = "message",
        attachments = { { contentType = "application/vnd.microsoft.card.adaptive", content = card_of(s, budget) } },
    }
end

function teams.render(message, o)
    local s, budget = story.of(message), 6000
    local body = json.encode(message_of(s, budget))
    while #body > SIZE_MAX and budget > 100 do
        budget = budget // 2
        body = json.encode(message_of(s, budget))
    end
    local headers = { ["Content-Type"] = "application/json; charset=utf-8", ["Idempotency-Key"] = message.key }
    return { url = o.webhook, headers = headers, body = body, once = true }
end

function teams.send(message, o, via)
    return outcome.of(via.http(teams.render(message, o)))
end

return teams
