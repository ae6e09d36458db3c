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

-- Why the counts among the options make no sense, or nil.
function words.bad_count(o)
    if o.times < 1 then
        return ("%d times is not once: say how often, 1 or more"):format(o.times)
    elseif o.parallel and o.parallel < 0 then
        return ("%d tests at once cannot be: 1 or more, or 0 for what runbook.yaml says"):format(o.parallel)
    end
end

return words
