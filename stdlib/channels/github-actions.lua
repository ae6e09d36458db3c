-- GitHub Actions: an annotation
-- (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands) and a section of the job's
-- summary. Elsewhere, where GITHUB_ACTIONS is not `true`, it does nothing. The runner reads commands from both streams;
-- they go to standard error, because standard output may be a document.
local outcome = require "notify.outcome"
local story = require "notify.story"
local markdown = require "notify.markdown"
local text = require "notify.text"

local LEVEL = { critical = "error", high = "error", medium = "warning", low = "notice" }
local DATA = { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A" }
local PROPERTY = { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A", [":"] = "%3A", [","] = "%2C" }

local actions = {
    help = "annotations and the job summary of GitHub Actions",
    ["local"] = true,
    options = {},
}

local function escaped(s, escape)
    return (s:gsub(".", escape))
end

-- A place in the error, "src/a.py:12: ...", is where the annotation goes.
local function place_of(s)
    local file, line = text.clean(s.event.error or ""):match "^([%w%._/+-]+):(%d+):"
    if not file then
        return ""
    end
    return ("file=%s,line=%s,"):format(escaped(file, PROPERTY), line)
end

local function annotation(s)
    local level = s.status == "firing" and LEVEL[s.priority] or "notice"
    local what = s.text or s.error or table.concat(s.checks, "\n")
    if what == "" then
        what = s.heading
    end
    return ("::%s %stitle=%s::%s\n"):format(level, place_of(s), escaped(text.clip(s.heading, 200), PROPERTY),
        escaped(text.clip(what, 4000), DATA))
end

function actions.render(message)
    local s = story.of(message)
    return annotation(s) .. "\n" .. markdown.of(s, 60000)
end

function actions.send(message, _, via)
    if env "GITHUB_ACTIONS" ~= "true" then
        return outcome.accepted()
    end
    local s, summary = story.of(message), env "GITHUB_STEP_SUMMARY"
    local done, why = via.print(annotation(s))
    if done and summary then
        done, why = via.append(summary, markdown.of(s, 60000) .. "\n")
    end
    return done and outcome.accepted() or outcome.retry(why)
end

return actions
