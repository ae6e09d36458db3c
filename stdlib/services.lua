-- The services that tests and runbooks need, as runbook.yaml names them: a command that exits 0, a TCP address that
-- accepts connections, a URL that answers, or several of these.
local config = require "runbook.config"
local metrics = require "runbook.metrics"
local format = require "text.format"
local timing = require "timing"

local services = {}

local PATIENCE = seconds(5)

-- Known at load, so that runbooks can make one step a service.
services.all = config.services()

local function find(name)
    for _, service in ipairs(services.all) do
        if service.name == name then
            return service
        end
    end
end

local function last_line(text)
    return text:match "([^\n]+)\n*$"
end

local function check_command(ctx, service)
    local words = table.move(service.check, 1, #service.check, 1, {})
    words.timeout, words.quiet = PATIENCE, true
    local result, message = ctx:exec(words)
    if not result then
        return nil, message
    end
    if result.code == 0 and not result.timed_out then -- ended for being late, some programs still exit 0
        return true
    end
    local why = result.timed_out and ("no answer within %s"):format(PATIENCE) or format.ending(result)
    local said = last_line(result.err) or last_line(result.out)
    return nil, ("`%s`: %s%s"):format(table.concat(service.check, " "), why, said and ", " .. said or "")
end

-- bash opens TCP connections itself, so nothing has to be installed; host and port are arguments, never script text.
local function check_tcp(ctx, service)
    local host, port = service.tcp:match "^(.*):(%d+)$"
    host = (host or service.tcp):gsub("^%[(.*)%]$", "%1")
    local result, message = ctx:exec {
        "bash", "-c", 'exec 3<>"/dev/tcp/$1/$2"', "tcp", host, port or "0", timeout = PATIENCE, quiet = true,
    }
    if not result then
        return nil, message
    end
    if result.code == 0 and not result.timed_out then
        return true
    end
    return nil, result.timed_out and ("%s: no answer within %s"):format(service.tcp, PATIENCE)
        or ("nothing accepts connections on %s"):format(service.tcp)
end

-- What it says does not matter here; a step that wants to know uses http.get.
local function check_http(ctx, service)
    local answer, message = ctx:http { url = service.http, timeout = PATIENCE, writes = false }
    if not answer then
        return nil, message
    elseif answer.status >= 200 and answer.status <= 399 then
        return true
    end
    return nil, ("its URL answers with status %d"):format(answer.status)
end

local checks = { { "tcp", check_tcp }, { "http", check_http } }

-- Whether a service is up: true, or nil and why not. For other modules; runbooks use services.check.
function services.probe(ctx, name)
    local service = find(name)
    if not service then
        return nil, "runbook.yaml describes no service of that name"
    end
    if #service.check > 0 then
        local up, why = check_command(ctx, service)
        if not up then
            return nil, why
        end
    end
    for _, check in ipairs(checks) do
        if service[check[1]] then
            local up, why = check[2](ctx, service)
            if not up then
                return nil, why
            end
        end
    end
    return true
end

local function names_to_check(o)
    if o.name then
        return { o.name }
    end
    local names = {}
    for i, service in ipairs(services.all) do
        names[i] = service.name
    end
    return names
end

services.check = verb {
    name = "services.check",
    help = "Looks whether the configured services are up, all or one by name. Fails when one is not.",
    options = { name = { type = "string", help = "only this service" } },
    sets = { services_up = "integer", services_down = "list" },
    perform = function(ctx, o)
        local names, down, reasons, samples = names_to_check(o), {}, {}, {}
        for i, name in ipairs(names) do
            local up, why = services.probe(ctx, name)
            samples[i] = {
                name = "service_up", value = up and 1 or 0, labels = { service = name },
                help = "Whether a service was up when it was looked at.",
            }
            if not up then
                down[#down + 1] = name
                reasons[#reasons + 1] = ("%s is down: %s"):format(name, why)
            end
        end
        local kept, wrong = metrics.record(samples)
        if not kept then
            return nil, wrong
        end
        ctx:set { services_up = #names - #down, services_down = down }
        if #names == 0 then
            ctx:note "no services are configured"
        else
            ctx:note(("%d of %d up"):format(#names - #down, #names))
        end
        if #down > 0 then
            return nil, table.concat(reasons, "\n")
        end
        return true
    end,
}

services.wait = verb {
    name = "services.wait",
    help = "Waits until the configured services are up, all or one by name. Fails when one is not within `timeout`.",
    options = {
        name = { type = "string", help = "only this service" },
        timeout = { type = "duration", default = "2m", help = "how long to wait for all of them" },
        interval = { type = "duration", default = "1s", help = "the pause between two looks" },
    },
    sets = { waited = "seconds" },
    perform = function(ctx, o)
        local watch, names, at = timing.stopwatch(), names_to_check(o), 1
        local up, why = timing.wait_until(ctx, {
            interval = o.interval, timeout = o.timeout,
            check = function()
                while names[at] do
                    local found, reason = services.probe(ctx, names[at])
                    if not found then
                        return nil, reason
                    end
                    at = at + 1
                end
                return true
            end,
        })
        if not up then
            return nil, ("%s is down: %s"):format(names[at], why)
        end
        ctx:set("waited", watch.elapsed())
        ctx:note(#names == 0 and "no services are configured"
            or ("%d up, after %s"):format(#names, format.time(watch.elapsed())))
        return true
    end,
}

return services
