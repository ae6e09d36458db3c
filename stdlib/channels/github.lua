-- GitHub issues (https://docs.github.com/en/rest/issues): one issue per matter. It is made once, gets a comment for
-- every further message, and is closed when the matter is over. The issue holds a hidden comment with its matter's
-- fingerprint, and each comment one with its message's key; by these a lost answer is made good without a second issue
-- or comment. Rate limits are told by 403 and 429
-- (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api). A body has at most 65536
-- characters, a title 256.
local json = require "runbook.json"
local markdown = require "notify.markdown"
local outcome = require "notify.outcome"
local story = require "notify.story"
local text = require "notify.text"

local BODY_MAX = 60000
local PAGES_MAX = 10
local SECONDARY_WAIT = 60 -- seconds, where the answer names no time

local github = {
    help = "issues of a GitHub repository",
    options = {
        repository = { type = "string", required = true, help = "owner/name" },
        token = { type = "secret", required = true, help = "a token that may write issues" },
        labels = { type = "list", default = { "runbook" }, help = "labels of its issues, found again by the first" },
        close = { type = "boolean", default = true, help = "close the issue when the matter is over" },
        api = { type = "url", default = "https://api.github.com", help = "of GitHub Enterprise, or for tests" },
    },
}

function github.check(o)
    if not o.repository:find "^[%w._-]+/[%w._-]+$" then
        return "needs `repository` as owner/name"
    end
    return #o.labels == 0 and "needs at least one of `labels`" or nil
end

local function fingerprint(message)
    return ("<!-- runbook:fingerprint=%s -->"):format(text.percent(text.key(message.group or message.key, 500)))
end

local function key_mark(message)
    return ("<!-- runbook:key=%s -->"):format(text.percent(message.key))
end

local function request(o, message, method, path, body)
    return {
        method = method,
        url = ("%s/repos/%s%s"):format(o.api, o.repository, path),
        headers = {
            Accept = "application/vnd.github+json",
            Authorization = "Bearer " .. o.token,
            ["X-GitHub-Api-Version"] = "2022-11-28",
            ["Idempotency-Key"] = message.key,
        },
        json = body,
        once = method ~= "GET",
    }
end

-- What a message quotes is not taken for a mark of ours.
local function body_of(message, ...)
    return (markdown.of(story.of(message), BODY_MAX, ...):gsub("<!%-%- runbook:", "<!-- \u{200B}runbook:"))
end

local function issue_of(message, o)
    local s = story.of(message)
    return request(o, message, "POST", "/issues", {
        title = text.clip(s.heading, 250),
        body = ("%s\n%s\n%s"):format(body_of(message, false), fingerprint(message), key_mark(message)),
        labels = o.labels,
    })
end

local function comment_of(message, o, number)
    local body = ("%s\n%s"):format(body_of(message), key_mark(message))
    return request(o, message, "POST", ("/issues/%d/comments"):format(number), { body = body })
end

function github.render(message, o)
    local number = message.memory and message.memory.number
    return number and comment_of(message, o, number) or issue_of(message, o)
end

-- ---- what the answers mean -----------------------------------------------------------------------------------------

-- 403 is a limit when its headers or its text say so.
local function limited(response)
    local headers = response.headers
    if response.status ~= 403 and response.status ~= 429 then
        return nil
    end
    if response.retry_after then
        return response.retry_after
    elseif headers["x-ratelimit-remaining"] == "0" and tonumber(headers["x-ratelimit-reset"]) then
        return math.max(tonumber(headers["x-ratelimit-reset"]) - os.time(), 1)
    elseif response.body:lower():find("rate limit", 1, true) then
        return SECONDARY_WAIT
    end
end

-- The decoded answer, or nil and what became of the attempt; the third is the status.
local function ask(via, what)
    local response, failed = via.http(what)
    local wait = response and limited(response)
    if wait then
        return nil, outcome.retry(outcome.describe(response), wait)
    end
    local ended = outcome.failed(response, failed)
    if ended then
        return nil, ended, response and response.status
    end
    local answer = json.decode(response.body)
    if type(answer) ~= "table" then
        return nil, outcome.retry "GitHub's answer is no JSON"
    end
    return answer, nil, response.status
end

-- ---- finding -------------------------------------------------------------------------------------------------------

-- The first of the pages' items whose body holds the mark; false when none does.
local function find(message, o, via, path, mark)
    for page = 1, PAGES_MAX do
        local items, ended, status = ask(via, request(o, message, "GET", ("%sper_page=100&page=%d"):format(path, page)))
        if not items then
            return nil, ended, status
        end
        for _, item in ipairs(items) do
            if type(item.body) == "string" and item.body:find(mark, 1, true) then
                return item
            end
        end
        if #items < 100 then
            break
        end
    end
    return false
end

local function find_issue(message, o, via)
    local label = o.labels[1]:gsub("[^%w._~-]", function(c)
        return ("%%%02X"):format(c:byte())
    end)
    return find(message, o, via, ("/issues?state=open&labels=%s&"):format(label), fingerprint(message))
end

-- A comment that an earlier attempt may have made is looked for: only then there can be one.
local function commented(message, o, via, number)
    if (message.attempts or 0) == 0 then
        return false
    end
    local since = message.created and "since=" .. text.time(message.created - 3600000) .. "&" or ""
    return find(message, o, via, ("/issues/%d/comments?%s"):format(number, since), key_mark(message))
end

-- ---- doing ---------------------------------------------------------------------------------------------------------

local function create(message, o, via)
    local issue, ended = ask(via, issue_of(message, o))
    return ended or outcome.accepted { number = issue.number, url = issue.html_url }
end

local function close(message, o, via, number)
    local change = { state = "closed", state_reason = "completed" }
    local _, ended = ask(via, request(o, message, "PATCH", ("/issues/%d"):format(number), change))
    return ended or outcome.accepted {}
end

local function go_on(message, o, via, number, over)
    local there, ended, status = commented(message, o, via, number)
    if there == false then
        local _
        _, ended, status = ask(via, comment_of(message, o, number))
    end
    local gone = ended and (status == 404 or status == 410) -- somebody has deleted the issue
    if gone then
        return over and outcome.accepted {} or create(message, o, via)
    elseif ended then
        return ended
    end
    return over and o.close and close(message, o, via, number) or outcome.accepted { number = number }
end

function github.send(message, o, via)
    local over = story.of(message).status == "resolved"
    local number = message.memory and message.memory.number
    if number then
        return go_on(message, o, via, number // 1, over)
    end
    local issue, ended = find_issue(message, o, via)
    if ended then
        return ended
    elseif not issue then
        return over and outcome.accepted {} or create(message, o, via)
    elseif issue.body:find(key_mark(message), 1, true) then
        return outcome.accepted { number = issue.number }
    end
    return go_on(message, o, via, issue.number, over)
end

return github
