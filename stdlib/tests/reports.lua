-- Waiting for reports. Some tools finish their report after they have ended (bats writes through a pipe of its own), so
-- a report that is missing or cut off is looked at again for as long as it still changes. What is cut off in the end is
-- an error and never "0 failures".
local fs = require "runbook.fs"
local results = require "runbook.results"

local reports = {}

local PAUSE = 0.05       -- seconds between two looks
local MISSING_FOR = 2    -- a report that never appears
local UNCHANGED_FOR = 1  -- a report that stays cut off
local LONGEST = 60

local function size_of(path)
    local stat = fs.stat(path)
    return stat and stat.size.value
end

-- Waits until the report at `path` is whole. Gives how many of its cases fail, or nil and why it cannot be used.
function reports.await(ctx, path)
    local waited, quiet, last = 0, 0, nil
    while true do
        local size = size_of(path)
        local cases, failing
        if size then
            cases, failing = results.check(path)
        end
        if cases then
            return failing
        end
        quiet = size == last and quiet + PAUSE or 0
        last = size
        if quiet >= (size and UNCHANGED_FOR or MISSING_FOR) or waited >= LONGEST then
            return nil, size and failing or ("no report was written to " .. path)
        end
        ctx:sleep(seconds(PAUSE))
        waited = waited + PAUSE
    end
end

return reports
