---@meta
-- What a function may do while its step runs: run = function(ctx) .. end.

---@class runbook.facts: table<string, any>

---@class runbook.result
---@field code integer exit code; -1 when a signal ended it
---@field signal integer the signal, or 0
---@field out string standard output, up to `capture`
---@field err string standard error, up to `capture`
---@field duration runbook.quantity
---@field cpu runbook.quantity
---@field max_rss runbook.quantity largest single process
---@field timed_out boolean
---@field truncated boolean output beyond `capture` was left out here; the log has it

---@class runbook.command
---@field [integer] string|number the program and its arguments
---@field shell? string instead of a program: a text for the step's shell
---@field cwd? string folder, relative to the project
---@field env? table<string, string> added to the step's
---@field timeout? string|number|runbook.quantity
---@field input? string standard input; nothing unless said
---@field capture? string|number|runbook.quantity bytes of output to return; 1 MiB unless said
---@field quiet? boolean true: not shown live; it is still in the log

---@class runbook.request
---@field url string https://.., or http:// to this machine
---@field method? string GET, or POST with a body, unless said
---@field headers? table<string, string|number>
---@field bearer? string name of a secret of the step, sent as Authorization: Bearer
---@field secret_headers? table<string, string> header = name of a secret of the step
---@field body? string
---@field json? any a value to send as JSON
---@field timeout? string|number|runbook.quantity
---@field redirects? integer how many are followed, GET and HEAD only; none unless said
---@field writes? boolean whether it changes something; as the method says unless said

---@class runbook.response
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string at most 1 MiB
---@field truncated boolean the body was longer
---@field retry_after? number seconds that the receiver asks to wait, by Retry-After

---@class runbook.ctx
---@field facts runbook.facts facts and parameters by name; nil when never set
---@field run string id of the run
---@field step string id of the step
---@field root string the project's folder
local ctx = {}

---Runs a program and waits for it. An exit code other than 0 is a result, not an error.
---@param command runbook.command|string a string runs under the step's shell
---@return runbook.result? result nil when it could not be started
---@return string? message why
---@return string? code "ENOENT" ..
function ctx:exec(command) end

---Sends a request and waits for the answer. Any status is an answer, not an error.
---@param request runbook.request
---@return runbook.response? response
---@return string? message why there is none
---@return "refused"|"unknown"|"never"|nil kind never sent, may have arrived, or cannot be sent at all
function ctx:http(request) end

---Performs an action, as a step's `run` would, and returns what it returns.
---@param action runbook.action
---@return any ...
function ctx:perform(action) end

---Sets a fact, or several by a table.
---@param name string|table<string, any>
---@param value? any
function ctx:set(name, value) end

---A fact or parameter; nil when it was never set.
---@param name string
---@return any
function ctx:get(name) end

---One line under the step, for people.
---@param text any
function ctx:note(text) end

---A line for the step's log and the live view; print does the same.
---@param text any
function ctx:log(text) end

---Waits; a cancel ends it.
---@param duration string|number|runbook.quantity
function ctx:sleep(duration) end

---A folder for files of this step, kept with its log.
---@return string? path
---@return string? message
---@return string? code
function ctx:scratch() end
