-- What changed lately: commits since a time, files against a commit. Reads only. A project without git, or without a
-- commit, has no data; that is no failure.
local format = require "text.format"

local git = {}

local COMMITS_MAX = 1000
local COMMITS_SHOWN = 5

local function run(ctx, ...)
    local argv = { "git", "--no-pager", "-c", "core.quotepath=off", ... }
    argv.quiet, argv.capture = true, "8MiB"
    return ctx:exec(argv)
end

-- Whether the project is in a git work tree with at least one commit.
local function has_commits(ctx)
    local result = run(ctx, "show-ref", "--verify", "--quiet", "HEAD")
    return result ~= nil and result.code == 0
end

local function split(text, separator)
    local items = {}
    for item in text:gmatch("[^" .. separator .. "]+") do
        items[#items + 1] = item
    end
    return items
end

-- "yesterday 03:12", "03:12 today", "2026-11-20 03:12"
local function when(time)
    local day, today = os.date("%Y-%m-%d", time), os.date "%Y-%m-%d"
    if day == today then
        return os.date("%H:%M", time) .. " today"
    elseif day == os.date("%Y-%m-%d", os.time() - 86400) then
        return "yesterday " .. os.date("%H:%M", time)
    end
    return os.date("%Y-%m-%d %H:%M", time)
end

-- The newest ones stand under the step; git's own output, all of it, is its log.
local function tell(ctx, commits, since)
    ctx:note(("%s since %s"):format(format.count(#commits, "commit", "commits"), when(since)))
    for i = 1, math.min(#commits, COMMITS_SHOWN) do
        ctx:note("  " .. commits[i])
    end
    if #commits > COMMITS_SHOWN then
        ctx:note(("  and %d more in the log of this step"):format(#commits - COMMITS_SHOWN))
    end
end

git.log = verb {
    name = "git.log",
    help = "The commits since a time: `commits` are one line each, newest first.",
    options = {
        since = { type = "duration", default = "24h", help = "how far back" },
        path = { type = "string", help = "only commits that touch this path" },
    },
    sets = { commits = "list", commit_count = "integer" },
    perform = function(ctx, o)
        local since = os.time() - math.floor(o.since.value)
        if not has_commits(ctx) then
            ctx:set { commits = no_data, commit_count = no_data }
            ctx:note "no git history here"
            return true
        end
        local result, message = run(ctx, "log", "--since=" .. os.date("!%Y-%m-%dT%H:%M:%SZ", since),
            "--max-count=" .. COMMITS_MAX, "--date=format-local:%Y-%m-%d %H:%M", "--format=%h %ad %an: %s", "--",
            o.path)
        if not result then
            return nil, message
        elseif result.code ~= 0 then
            return nil, "git log failed: " .. result.err
        end
        local commits = split(result.out, "\n")
        ctx:set { commits = commits, commit_count = #commits }
        tell(ctx, commits, since)
        return commits
    end,
}

-- What to compare with when nobody said: the branch that this one goes to, else the last commit.
local function default_base(ctx)
    for _, name in ipairs { "@{upstream}", "origin/HEAD", "origin/main", "origin/master" } do
        local result = run(ctx, "rev-parse", "--verify", "--quiet", name .. "^{commit}")
        if result and result.code == 0 then
            return name
        end
    end
    return "HEAD"
end

-- The commit from which this branch and `name` went apart.
local function merge_base(ctx, name)
    local result, message = run(ctx, "merge-base", "--end-of-options", "HEAD", name)
    if not result then
        return nil, message
    elseif result.code ~= 0 then
        return nil, ("git knows no commit `%s` that this branch has come from"):format(name)
    end
    return (result.out:gsub("%s+$", ""))
end

local function files_since(ctx, base)
    local tracked, why = run(ctx, "diff", "--name-only", "-z", base)
    if not tracked or tracked.code ~= 0 then
        return nil, why or "git diff failed: " .. tracked.err
    end
    local new = run(ctx, "ls-files", "--others", "--exclude-standard", "-z")
    local files = split(tracked.out .. (new and new.out or ""), "\0")
    table.sort(files)
    return files
end

git.changed = verb {
    name = "git.changed",
    help = "The files that differ from a commit, new ones included: `changed_files`, against `changed_against`.",
    options = { against = { type = "string", help = "a commit or branch; default: the upstream branch, else HEAD" } },
    sets = { changed_files = "list", changed_count = "integer", changed_against = "string" },
    perform = function(ctx, o)
        if not has_commits(ctx) then
            ctx:set { changed_files = no_data, changed_count = no_data, changed_against = no_data }
            ctx:note "no git history here"
            return true
        end
        local name = o.against or default_base(ctx)
        local base, why = merge_base(ctx, name)
        if not base then
            return nil, why
        end
        local files
        files, why = files_since(ctx, base)
        if not files then
            return nil, why
        end
        ctx:set { changed_files = files, changed_count = #files, changed_against = base }
        ctx:note(("%s changed against %s (%s)"):format(format.count(#files, "file", "files"), name, base:sub(1, 12)))
        return files
    end,
}

return git
