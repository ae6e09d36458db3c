-- The line coverage that a level's tests have left: the root element of a Cobertura report says it (line-rate), as
-- coverage.py, gcovr and c8 write it.
local argv = require "runners.argv"
local fs = require "runbook.fs"

local coverage = {}

local READ_MAX = 64 * 1024 * 1024

-- The coverage of a level as a ratio, or no_data where there is no report.
function coverage.of(level)
    if not level.coverage then
        return no_data
    end
    local text = fs.read(argv.in_folder(level.cwd, level.coverage), READ_MAX)
    local root = text and text:sub(1, 65536):match "<coverage%s([^>]*)>"
    local rate = root and tonumber(root:match "line%-rate%s*=%s*[\"']([%d.]+)[\"']")
    return rate and rate <= 1 and ratio(rate) or no_data
end

return coverage
