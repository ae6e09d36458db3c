-- Any tool that leaves JUnit XML: the level's `report` says where (a path or a glob). Only reports that the command has
-- written or rewritten count; what lay there before says nothing about this run. Single cases cannot be selected, so
-- the whole level is run for them.
local argv = require "runners.argv"
local fs = require "runbook.fs"

local junit = { widens = false }

function junit.is_module()
    return false
end

function junit.explain()
    return nil
end

local function pattern_of(job)
    if not job.level.report then
        error(("level `%s` has the runner junit but no `report`: say where its command leaves JUnit XML")
            :format(job.level.name), 0)
    end
    return argv.in_folder(job.cwd, job.level.report)
end

local function stamps(pattern)
    local found = {}
    for _, path in ipairs(fs.glob(pattern)) do
        local stat = fs.stat(path)
        if stat and stat.type == "file" then
            found[path] = ("%.9f %s"):format(stat.mtime, stat.size.value)
        end
    end
    return found
end

function junit.invocations(job)
    local pattern, before = pattern_of(job), {}
    return { {
        argv = argv.copy(job.command),
        pattern = pattern,
        prepare = function()
            before = stamps(pattern)
        end,
        written = function() -- the reports that are new since prepare
            local paths = {}
            for path, stamp in pairs(stamps(pattern)) do
                if before[path] ~= stamp then
                    paths[#paths + 1] = path
                end
            end
            table.sort(paths)
            return paths
        end,
    } }
end

return junit
