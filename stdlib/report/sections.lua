-- The sections that a report may have, each made from what the store knows. A section is a title and its text.
local format = require "text.format"
local markdown = require "report.markdown"
local ranking = require "tests.ranking"
local results = require "runbook.results"
local sla = require "sla.table"
local trends = require "tests.trends"
local config = require "runbook.config"

local sections = {}

local ROWS_MAX = 50
local code, text = markdown.code, markdown.text

-- In the order in which a report has them.
sections.ORDER = { "sla", "levels", "failing", "flaky", "slowest", "trends" }

local function and_more(count)
    return count > ROWS_MAX and ("\n\n%d more are not shown."):format(count - ROWS_MAX) or ""
end

local function first_line(message)
    local line = message:match "[^\r\n]+" or ""
    return #line > 200 and line:sub(1, 200):gsub("[\128-\255]+$", "") .. " ..." or line
end

function sections.sla()
    local rows = {}
    for i, row in ipairs(sla.rows()) do
        rows[i] = { text(row.name), row.value, row.target, row.alert, row.verdict, row.trend or "" }
    end
    if #rows == 0 then
        return "Service levels", "`runbook.yaml` has none."
    end
    return "Service levels", markdown.table({ "metric", "value", "target", "alert", "state", "30 days" }, rows)
end

function sections.levels()
    local rows = {}
    for _, level in ipairs(config.levels()) do
        local state = results.state(level.name)
        if state then
            rows[#rows + 1] = {
                text(level.name), tostring(state.total), tostring(state.failing_count), tostring(state.skipped),
                format.percent(state.pass_rate),
                format.time(state.duration),
                level.target and tostring(level.target) or "",
            }
        end
    end
    if #rows == 0 then
        return "Test levels", "No level has run yet."
    end
    local head = { "level", "tests", "failing", "skipped", "pass rate", "took", "target" }
    return "Test levels", markdown.table(head, rows)
end

function sections.failing()
    local cases, lines = results.failing(), {}
    for i = 1, math.min(cases and #cases or 0, ROWS_MAX) do
        local case = cases[i]
        local said = first_line(case.message)
        lines[i] = ("- %s (%s, %s)%s"):format(code(case.id), text(case.level),
            format.count(case.consecutive_failures, "failure in a row", "failures in a row"),
            said ~= "" and ": " .. code(said) or "")
    end
    if #lines == 0 then
        return "Failing tests", "None."
    end
    return "Failing tests", table.concat(lines, "\n") .. and_more(#cases)
end

function sections.flaky(since)
    local cases, count, flaky = ranking.flaky { level = "all", since = since }
    if not cases then
        error(count, 0)
    end
    local lines = {}
    for i = 1, math.min(#cases, ROWS_MAX) do
        local said = first_line(cases[i].message)
        lines[i] = ("- %s %s, changed %s%s"):format(code(cases[i].id), ranking.how_flaky(cases[i]),
            format.count(cases[i].changes, "time", "times"), said ~= "" and ": " .. code(said) or "")
    end
    local head = ("%d of %s."):format(flaky, format.count(count, "test that ran", "tests that ran"))
    return "Flaky tests", head .. (#lines > 0 and "\n\n" .. table.concat(lines, "\n") .. and_more(#cases) or "")
end

function sections.slowest(since)
    local cases, why = ranking.slowest { level = "all", since = since, count = 20 }
    if not cases then
        error(why, 0)
    end
    local rows = {}
    for i, case in ipairs(cases) do
        rows[i] = { code(case.id), format.time(case.time), format.time(case.longest) }
    end
    if #rows == 0 then
        return "Slowest tests", "No test with a time ran."
    end
    return "Slowest tests", markdown.table({ "test", "mean", "longest" }, rows)
end

function sections.trends(since)
    local found, why = trends.rows("all", since)
    if not found then
        error(why, 0)
    end
    local rows = {}
    for i, row in ipairs(found) do
        rows[i] = { text(row.level), text(row.what), row.last, row.trend, row.worse and "worse" or "" }
    end
    if #rows == 0 then
        return "Trends", "Nothing was measured."
    end
    return "Trends", markdown.table({ "level", "metric", "last", "trend", "" }, rows)
end

return sections
