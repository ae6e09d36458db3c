-- The machine that tests run on: the programs that the levels need, their versions, disk and memory.
local argv = require "runners.argv"
local config = require "runbook.config"
local fs = require "runbook.fs"
local metrics = require "runbook.metrics"

local environment = {}

local PATIENCE = seconds(10)

-- The programs of all levels, each once: the first word of each command, and git.
local function programs()
    local names, seen = {}, {}
    local function add(name, cwd)
        if name and cwd and name:find("/", 1, true) then -- a program of the level's own folder
            name = argv.in_folder(cwd, (name:gsub("^%./", "")))
        end
        if name and not seen[name] then
            seen[name] = true
            names[#names + 1] = name
        end
    end
    for _, level in ipairs(config.levels()) do
        add(level.command[1], level.cwd)
        for _, command in ipairs(level.prepare or {}) do
            add(command[1], level.cwd)
        end
    end
    add "git"
    return names
end

local function is_there(program)
    if program:find("/", 1, true) then
        return fs.exists(program)
    end
    return fs.has_program(program)
end

-- The first line of `program --version`; programs of the project itself are not asked.
local function version(ctx, program)
    if program:find("/", 1, true) then
        return "present"
    end
    local result = ctx:exec { program, "--version", timeout = PATIENCE, quiet = true, capture = "64KiB" }
    local line = result and result.code == 0 and (result.out .. "\n" .. result.err):match "[^\n]+"
    return line or "present"
end

environment.tools = verb {
    name = "environment.tools",
    help = "The programs that the levels need, with their versions. Fails when one is missing.",
    options = {},
    sets = { tools = "list", tools_missing = "list" },
    perform = function(ctx)
        local found, missing = {}, {}
        for _, program in ipairs(programs()) do
            if is_there(program) then
                found[#found + 1] = ("%s: %s"):format(program, version(ctx, program))
                ctx:note(found[#found])
            elseif program ~= "git" then -- tests do without it
                missing[#missing + 1] = program
            end
        end
        ctx:set { tools = found, tools_missing = missing }
        if #missing > 0 then
            return nil, "not installed: " .. table.concat(missing, ", ")
        end
        return found
    end,
}

environment.disk = verb {
    name = "environment.disk",
    help = "Free space where the project lies and where temporary files go.",
    options = {},
    sets = { disk_free = "bytes", disk_used = "ratio", tmp_free = "bytes" },
    perform = function(ctx)
        local project, why = fs.statvfs "."
        if not project then
            return nil, why
        end
        local tmp = fs.statvfs(env("TMPDIR", "/tmp"))
        ctx:set { disk_free = project.available, disk_used = project.used, tmp_free = tmp and tmp.available or no_data }
        ctx:note(("%s free of %s"):format(project.available, project.total))
        if project.available == bytes(0) then
            return nil, "the disk is full"
        end
        return true
    end,
}

-- A line of /proc/meminfo in bytes (https://docs.kernel.org/filesystems/proc.html#meminfo).
local function meminfo(text, name)
    local kilobytes = text:match("\n" .. name .. ":%s*(%d+) kB")
    return kilobytes and bytes(tonumber(kilobytes) * 1024) or no_data
end

environment.memory = verb {
    name = "environment.memory",
    help = "Memory that is free for tests, beside what runbook.yaml lets them take.",
    options = {},
    sets = { memory_available = "bytes", memory_total = "bytes", swap_free = "bytes" },
    perform = function(ctx)
        local text = "\n" .. (fs.read "/proc/meminfo" or "")
        local available, total = meminfo(text, "MemAvailable"), meminfo(text, "MemTotal")
        ctx:set { memory_available = available, memory_total = total, swap_free = meminfo(text, "SwapFree") }
        if available == no_data then
            ctx:note "no data about memory"
            return true
        end
        ctx:note(("%s available of %s"):format(available, total))
        local limit = config.get "limits.memory.total"
        if limit and limit > 0 and available < limit then
            ctx:note(("less than the %s that limits.memory.total allows a step"):format(limit))
        end
        return true
    end,
}

environment.project = verb {
    name = "environment.project",
    help = "What is configured: file, levels, services.",
    options = {},
    sets = { level_count = "integer", service_count = "integer" },
    perform = function(ctx)
        local levels, services = config.levels(), config.services()
        ctx:set { level_count = #levels, service_count = #services }
        ctx:note(config.file or "no runbook.yaml: `runbook init` writes one")
        for _, level in ipairs(levels) do
            ctx:note(("level %s: %s"):format(level.name, table.concat(argv.copy(level.command), " ")))
        end
        return true
    end,
}

-- One value made of all that commands took in that time, or no_data.
local function of_commands(name, agg, since)
    local found = metrics.query { name = name, agg = agg, since = since, by = "" }
    return found and found[1] and found[1].points[1][2] or no_data
end

environment.usage = verb {
    name = "environment.usage",
    help = "What the commands of runs took in a while: the most memory of one, and processor time of all together.",
    options = { since = { type = "duration", default = "30d", help = "how far back" } },
    sets = { memory_peak = "bytes", cpu_time = "seconds", commands = "integer", disk_used = "ratio" },
    perform = function(ctx, o)
        local peak = of_commands("runbook_command_memory_bytes", "max", o.since)
        local cpu = of_commands("runbook_command_cpu_seconds", "sum", o.since)
        local count = of_commands("runbook_command_duration_seconds", "count", o.since)
        local disk = fs.statvfs "."
        ctx:set {
            memory_peak = peak, cpu_time = cpu, commands = count ~= no_data and math.tointeger(count) or no_data,
            disk_used = disk and disk.used or no_data,
        }
        if count == no_data then
            ctx:note(("no data: no run started a command in the last %s"):format(o.since))
        else
            ctx:note(("%d commands, %s of processor time, at most %s of memory"):format(count, cpu, peak))
        end
        if disk then
            ctx:note(("the disk is %.0f%% full, %s free"):format(disk.used.value * 100, disk.available))
        end
        return true
    end,
}

return environment
