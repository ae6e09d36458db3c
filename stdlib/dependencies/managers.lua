-- The package managers that are asked: which files say that a project uses one, the commands that only look, and how
-- their answers are read. A command that cannot reach its registry is tried again, and then told as "no data".
local config = require "runbook.config"
local fs = require "runbook.fs"
local json = require "runbook.json"

local managers = {}

local function any_of(...)
    for _, name in ipairs { ... } do
        if fs.exists(name) then
            return name
        end
    end
end

-- The Python that the tests run with: the project's packages are its packages.
local function python()
    for _, level in ipairs(config.levels()) do
        local program = level.command[1] or ""
        if program:match "([^/]*)$":match "^python[%d.]*$" then
            return program
        end
    end
    return any_of(".venv/bin/python", "venv/bin/python") or "python3"
end

-- The values of a map in the order of its keys, so that every look says the same.
local function sorted(map, of)
    local lines = {}
    for name, value in pairs(map) do
        lines[#lines + 1] = of(name, value)
    end
    table.sort(lines)
    return lines
end

local function pip_outdated(text)
    local list = json.decode(text)
    return type(list) == "table" and sorted(list, function(_, package)
        return ("%s %s -> %s"):format(package.name, package.version, package.latest_version)
    end) or nil
end

local function npm_outdated(text)
    local map = json.decode(text:match "%S" and text or "{}")
    return type(map) == "table" and not map.error and sorted(map, function(name, package)
        return ("%s %s -> %s"):format(name, package.current or "not installed", package.latest)
    end) or nil
end

-- https://pypi.org/project/pip-audit/, --format json: { dependencies = { { name, version, vulns = { { id } } } } }
local function pip_audit(text)
    local found = json.decode(text)
    if type(found) ~= "table" or type(found.dependencies) ~= "table" then
        return nil
    end
    local lines = {}
    for _, package in ipairs(found.dependencies) do
        for _, hole in ipairs(package.vulns or {}) do
            lines[#lines + 1] = ("%s %s: %s"):format(package.name, package.version, hole.id)
        end
    end
    table.sort(lines)
    return lines
end

-- https://docs.npmjs.com/cli/commands/npm-audit, --json: { vulnerabilities = { name = { severity, range } } }
local function npm_audit(text)
    local found = json.decode(text)
    return type(found) == "table" and type(found.vulnerabilities) == "table"
        and sorted(found.vulnerabilities, function(name, hole)
            return ("%s %s: %s"):format(name, hole.range or "", hole.severity or "vulnerable")
        end) or nil
end

-- { name, manifest(): the file that says that it is used, outdated and audit: { command(), read(text) } }
managers.ALL = {
    {
        name = "pip",
        manifest = function()
            return any_of("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile")
        end,
        outdated = {
            command = function()
                return {
                    python(), "-m", "pip", "--disable-pip-version-check", "--retries", "0", "list", "--outdated",
                    "--format", "json",
                }
            end,
            read = pip_outdated,
        },
        audit = {
            command = function(manifest)
                local argv = { "pip-audit", "--format", "json", "--progress-spinner", "off" }
                if manifest == "requirements.txt" then
                    table.move({ "--requirement", manifest }, 1, 2, #argv + 1, argv)
                end
                return argv
            end,
            read = pip_audit,
        },
    },
    {
        name = "npm",
        manifest = function()
            return any_of("package-lock.json", "npm-shrinkwrap.json")
        end,
        outdated = {
            command = function()
                return { "npm", "outdated", "--json" }
            end,
            read = npm_outdated,
        },
        audit = {
            command = function()
                return { "npm", "audit", "--json" }
            end,
            read = npm_audit,
        },
    },
}

return managers
