-- Removing what nobody needs any more: bytecode that Python has left, logs of runs that ended long ago.
local config = require "runbook.config"
local format = require "text.format"
local store = require "runbook.store"

local cleanup = {}

-- Everything below the project but other people's folders; what git keeps is left alone afterwards.
local FIND = {
    "find", ".", "-xdev", "(", "-name", ".git", "-o", "-name", ".runbook", "-o", "-name", "node_modules", "-o",
    "-name", "venv", "-o", "-name", ".venv", ")", "-prune", "-o",
}
local BYTECODE = { "-type", "f", "(", "-name", "*.pyc", "-o", "-name", "*.pyo", ")", "-printf", "%s %P\\0" }
local FOLDERS = { "-type", "d", "-name", "__pycache__", "-empty", "-printf", "%P\\0" }

local function find(ctx, what)
    local argv = table.move(FIND, 1, #FIND, 1, {})
    if what == FOLDERS then -- empty ones are nobody's
        argv = { "find", ".", "-xdev" }
    end
    table.move(what, 1, #what, #argv + 1, argv)
    argv.quiet, argv.capture = true, "16MiB"
    local result, why = ctx:exec(argv)
    if not result then
        return nil, why
    elseif result.truncated then
        return nil, "there is too much of it for one list"
    end
    return result.out -- what find may not look at is not ours to remove
end

-- The files that git has, as a set: they were put there on purpose.
local function tracked(ctx)
    local result = ctx:exec {
        "git", "ls-files", "-z", "--", "*.pyc", "*.pyo", quiet = true, capture = "16MiB",
    }
    local set = {}
    if result and result.code == 0 then
        for path in result.out:gmatch "[^\0]+" do
            set[path] = true
        end
    end
    return set
end

local function bytecode(ctx)
    local listed, why = find(ctx, BYTECODE)
    if not listed then
        return nil, why
    end
    local kept, files, size = tracked(ctx), {}, 0
    for bytes_of, path in listed:gmatch "(%d+) ([^\0]+)" do
        if not kept[path] then
            files[#files + 1] = path
            size = size + tonumber(bytes_of)
        end
    end
    return files, bytes(size)
end

-- Tests may be running: what has gone, or is needed again, by then is no failure.
local function remove(ctx, program, option, paths)
    if #paths == 0 then
        return true
    end
    local result, why = ctx:exec {
        "xargs", "-0", program, option, "--", input = table.concat(paths, "\0") .. "\0", quiet = true,
    }
    if not result then
        return nil, why
    elseif result.code ~= 0 then
        return nil, result.err
    end
    return true
end

local function empty_folders(ctx)
    local listed, paths = find(ctx, FOLDERS), {}
    for path in (listed or ""):gmatch "[^\0]+" do
        paths[#paths + 1] = path
    end
    return paths
end

cleanup.bytecode = verb {
    name = "cleanup.bytecode",
    help = "Removes Python's *.pyc and __pycache__ below the project; what git keeps stays. dry_run only counts.",
    options = { dry_run = { type = "boolean", default = false, help = "only say what would be removed" } },
    sets = { removed_files = "integer", removed_size = "bytes" },
    writes = true,
    perform = function(ctx, o)
        local files, size = bytecode(ctx)
        if not files then
            return nil, size
        end
        for _, path in ipairs(files) do
            ctx:log(path)
        end
        if not o.dry_run then
            local done, why = remove(ctx, "rm", "-f", files)
            if not done then
                return nil, why
            end
            remove(ctx, "rmdir", "--ignore-fail-on-non-empty", empty_folders(ctx))
        end
        ctx:set { removed_files = #files, removed_size = size }
        ctx:note(#files == 0 and "nothing to remove" or ("%s, %s %s"):format(format.count(#files, "file", "files"),
            size, o.dry_run and "would be removed" or "removed"))
        return #files
    end,
}

cleanup.logs = verb {
    name = "cleanup.logs",
    help = "Removes the logs of runs that ended longer than logs.keep ago; what was recorded of them stays.",
    options = {
        older_than = { type = "duration", help = "instead of logs.keep" },
        dry_run = { type = "boolean", default = false, help = "only say what would be removed" },
    },
    sets = { removed_runs = "integer", removed_size = "bytes" },
    writes = true,
    perform = function(ctx, o)
        local age = o.older_than or config.get "logs.keep"
        if not o.older_than and age.value == 0 then
            ctx:set { removed_runs = 0, removed_size = bytes(0) }
            ctx:note "logs.keep of runbook.yaml is 0s: all are kept"
            return 0
        end
        local count, size, why = store.prune_logs((os.time() - age.value) * 1000, not o.dry_run)
        if not count then
            return nil, size, why
        end
        ctx:set { removed_runs = count, removed_size = size }
        ctx:note(count == 0 and ("no run ended more than %s ago"):format(age)
            or ("logs of %s, %s %s"):format(format.count(count, "run", "runs"), size,
                o.dry_run and "would be removed" or "removed"))
        return count
    end,
}

return cleanup
