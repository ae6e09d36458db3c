-- Whether what matters could be restored: copies are made, read back and compared, and removed again. A backup that was
-- never restored is none.
local format = require "text.format"
local store = require "runbook.store"

local backup = {}

backup.state = verb {
    name = "backup.state",
    help = "Copies the store of runs, reads the copy back and checks its integrity; the copy is removed again.",
    options = {},
    sets = { state_size = "bytes", state_runs = "integer" },
    perform = function(ctx)
        local copy = ctx:scratch() .. "/state.db"
        local size, runs, code = store.copy(copy)
        ctx:exec { "rm", "-f", "--", copy, quiet = true }
        if not size then
            return nil, runs, code
        end
        ctx:set { state_size = size, state_runs = runs }
        ctx:note(("a copy of %s with %s is whole"):format(size, format.count(runs, "run", "runs")))
        return true
    end,
}

-- Bundles every branch and tag, clones the bundle, and compares where all of them point.
local RESTORE = [[
dir=$1
git bundle create -q "$dir/repository.bundle" --branches --tags HEAD
git clone -q --mirror "$dir/repository.bundle" "$dir/restored.git"
git for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags > "$dir/here"
git -C "$dir/restored.git" for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags > "$dir/there"
diff "$dir/here" "$dir/there"
git -C "$dir/restored.git" fsck --connectivity-only --no-progress
du -sb "$dir/repository.bundle" | cut -f1
wc -l < "$dir/there"
]]

local function has_commits(ctx)
    local result = ctx:exec { "git", "show-ref", "--verify", "--quiet", "HEAD", quiet = true }
    return result ~= nil and result.code == 0
end

backup.repository = verb {
    name = "backup.repository",
    help = "Bundles the git repository, restores the bundle elsewhere and compares them; both are removed again.",
    options = {},
    sets = { bundle_size = "bytes", bundle_refs = "integer" },
    perform = function(ctx)
        if not has_commits(ctx) then
            ctx:set { bundle_size = no_data, bundle_refs = no_data }
            ctx:note "no git history here"
            return true
        end
        local dir = ctx:scratch() .. "/restore"
        ctx:exec { "mkdir", "-p", "--", dir, quiet = true }
        local result, why = ctx:exec { "sh", "-eu", "-c", RESTORE, "restore", dir, quiet = true }
        ctx:exec { "rm", "-rf", "--", dir, quiet = true }
        if not result then
            return nil, why
        elseif result.code ~= 0 then
            return nil, ("the repository cannot be restored: %s\n%s%s"):format(format.ending(result), result.out,
                result.err)
        end
        local size, refs = result.out:match "(%d+)%s+(%d+)%s*$"
        ctx:set { bundle_size = bytes(tonumber(size)), bundle_refs = math.tointeger(refs) }
        ctx:note(("a bundle of %s was restored: %s are the same"):format(bytes(tonumber(size)),
            format.count(math.tointeger(refs), "branch or tag", "branches and tags")))
        return true
    end,
}

return backup
