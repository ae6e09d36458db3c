-- Slack: an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks), or
-- chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage) with a token, where everything about one
-- matter goes into one thread. Limits: 50 blocks, a header of 150 characters, a section of 3000, 10 fields of 2000
-- (https://docs.slack.dev/reference/block-kit/blocks). & < > are escaped, so that no text can mention anybody
-- (https://docs.slack.dev/messaging/formatting-message-text).
local json = require "runbook.json"
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local ESCAPE = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }
-- Errors of chat.postMessage that are for now, or that a person mends in Slack or in the settings.
local AGAIN = {
    ratelimited = true, rate_limited = true, internal_error = true, fatal_error = true, service_unavailable = true,
    request_timeout = true, invalid_auth = true, not_authed = true, token_expired = true, token_revoked = true,
    account_inactive = true, missing_scope = true, channel_not_found = true, not_in_channel = true,
    is_archived = true,
}

local slack = {
    help = "a Slack channel, by an incoming webhook or by a token",
    options = {
        webhook = { type = "url", private = true, help = "address of an incoming webhook; a secret: env: or file:" },
        token = { type = "secret", help = "token of a bot with chat:write, instead of a webhook" },
        channel = { type = "string", help = "with a token: the channel's id or #name" },
        api = { type = "url", default = "https://slack.com/api", help = "of a proxy, for tests" },
    },
}

-- "verbatim": Slack makes no mention of plain words such as @here
-- (https://docs.slack.dev/reference/block-kit/composition-objects/text-object).
local function markup(content)
    return { type = "mrkdwn", text = content, verbatim = true }
end

local function section(content)
    return { type = "section", text = markup(content) }
end

local function bold(title)
    return title and ("*%s*\n"):format(title) or ""
end

-- Between fences nothing is markup but the fence itself.
local function code(title, content)
    content = content:gsub("```", "'''"):gsub("\n+$", "")
    return section(("%s```%s```"):format(bold(title), text.tail(content, 2900, ESCAPE)))
end

local function fields(list)
    local made = {}
    for i = 1, math.min(#list, 10) do
        local field = list[i]
        made[i] = markup(("*%s*\n%s"):format(field.name, text.clip(field.value, 1900, ESCAPE)))
    end
    return { type = "section", fields = made }
end

local function block(title, kind, content)
    if kind == "fields" then
        return fields(content)
    elseif kind == "code" then
        return code(title, content)
    elseif kind == "commands" then
        return code(title, table.concat(content, "\n"))
    end
    local whole = kind == "list" and "• " .. table.concat(content, "\n• ") or content
    return section(bold(title) .. text.clip(whole, 2900, ESCAPE))
end

local function blocks_of(s)
    local blocks = { { type = "header", text = { type = "plain_text", text = text.clip(s.heading, 150) } } }
    story.sections(s, function(title, kind, content)
        blocks[#blocks + 1] = block(title, kind, content)
    end)
    local seconds = s.time // 1000
    local when = ("<!date^%d^{date_short_pretty} {time_secs}|%s>"):format(seconds, text.time(s.time))
    blocks[#blocks + 1] = {
        type = "context",
        block_id = "runbook-" .. text.clip(s.key, 200),
        elements = { markup(when) },
    }
    return blocks
end

function slack.render(message, o)
    local s = story.of(message)
    local body = { text = text.clip(s.heading, 3000, ESCAPE), blocks = blocks_of(s) }
    local headers = { ["Idempotency-Key"] = message.key }
    if not o.token then
        return { url = o.webhook or "no `webhook` and no `token`", headers = headers, json = body, once = true }
    end
    body.channel, body.unfurl_links, body.unfurl_media = o.channel, false, false
    body.metadata = { event_type = "runbook_message", event_payload = { key = message.key } }
    local memory = message.memory or {}
    body.thread_ts = memory.thread_ts
    if memory.thread_ts and s.status == "resolved" then
        body.reply_broadcast = true
    end
    headers.Authorization = "Bearer " .. o.token
    return { url = o.api .. "/chat.postMessage", headers = headers, json = body, once = true }
end

-- A matter that is over has no thread any more: the next one begins a new one.
local function remember(message, answer, status)
    if status == "resolved" then
        return {}
    end
    local memory = message.memory or {}
    return { thread_ts = memory.thread_ts or answer.ts, channel = answer.channel }
end

local function of_api(message, response)
    local answer = json.decode(response.body)
    if type(answer) ~= "table" then
        return outcome.retry "Slack's answer is no JSON"
    elseif answer.ok then
        return outcome.accepted(remember(message, answer, story.of(message).status))
    end
    local why = "Slack says " .. text.one_line(answer.error or "no reason", 100)
    if AGAIN[answer.error] then
        return outcome.retry(why, response.retry_after)
    end
    return outcome.dead(why)
end

function slack.check(o)
    if (o.webhook ~= nil) == (o.token ~= nil) then
        return "needs `webhook`, or `token` and `channel`"
    elseif o.token and not o.channel then
        return "needs `channel` beside `token`"
    end
end

function slack.send(message, o, via)
    local response, failed = via.http(slack.render(message, o))
    local ended = outcome.failed(response, failed)
    if ended or not o.token then
        return ended or outcome.accepted()
    end
    return of_api(message, response)
end

return slack
