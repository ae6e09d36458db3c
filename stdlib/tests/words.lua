-- How results are told to people, in one place so that every verb says it alike.
local format = require "text.format"

local words = {}

-- "6 of 412 failing, failure_rate 1.5%"
function words.state(facts)
    local text = ("%d of %d failing, failure_rate %s"):format(facts.failing_count, facts.total,
        format.percent(facts.failure_rate))
    if facts.skipped > 0 then
        text = text .. (", %d skipped"):format(facts.skipped)
    end
    return text
end

-- "412 passed in 3.8s", "6 of 412 failing in 3.8s"
function words.run(facts)
    local took = facts.duration == no_data and "" or (" in %.1fs"):format(facts.duration.value)
    if facts.failing_count == 0 then
        return format.count(facts.passed, "test", "tests") .. " passed" .. took
            .. (facts.skipped > 0 and (", %d skipped"):format(facts.skipped) or "")
    end
    return ("%d of %d failing%s, failure_rate %s"):format(facts.failing_count, facts.total, took,
        format.percent(facts.failure_rate))
end

return words
