-- A program of your own, with the message as a JSON document on its standard input. Exit 0 is accepted; anything else
-- is tried again, and what the program printed last is told in `runbook notify list`.
local outcome = require "notify.outcome"
local text = require "notify.text"

local command = {
    help = "a program, with the message as JSON on its standard input",
    options = {
        command = { type = "list", required = true, help = "the program and its arguments, as a list" },
    },
}

function command.check(o)
    if #o.command == 0 or #o.command == 1 and o.command[1]:find "%s" then
        return "needs `command` as a list of words: [program, argument]"
    end
end

function command.render(message, o)
    return table.concat(o.command, " ") .. "\n\n" .. message:document(2) .. "\n"
end

function command.send(message, o, via)
    local done, why = via.run(o.command, message:document() .. "\n")
    if not done then
        return outcome.retry(why)
    elseif done.timed_out then
        return outcome.retry "the program did not end within 30s"
    elseif done.code == 0 then
        return outcome.accepted()
    end
    local said = text.one_line(done.out:match "([^\n]+)\n*$" or "", 200)
    local ending = done.signal ~= 0 and ("signal %d"):format(done.signal) or ("exit code %d"):format(done.code)
    return outcome.retry(said ~= "" and ending .. ": " .. said or ending)
end

return command
