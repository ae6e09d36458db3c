---@meta
-- The words of a runbook file beside the modules of stdlib.

---What `step` and `parallel` give: an item for `parallel`.
---@class runbook.statement

---What a verb gives: something that `run` and ctx:perform take.
---@class runbook.action

---A number with a unit: it adds, compares and prints.
---@class runbook.quantity
---@field value number in seconds, bytes, or as a ratio
---@field unit "seconds"|"bytes"|"ratio"
---@operator add(runbook.quantity): runbook.quantity
---@operator sub(runbook.quantity): runbook.quantity
---@operator mul(number): runbook.quantity
---@operator div(number): runbook.quantity
---@operator unm: runbook.quantity

---Names the runbook; once per file.
---@param title string
---@return fun(header: runbook.runbook)
function runbook(title) end

---Declares a parameter.
---@param name string
---@return fun(param: runbook.param)
function param(name) end

---Declares a step.
---@param title string
---@return fun(step: runbook.step): runbook.statement
function step(title) end

---Declares steps that run at once.
---@param title string
---@return fun(group: runbook.parallel): runbook.statement
function parallel(title) end

---A variable of the environment.
---@param name string
---@param default? string
---@return string?
function env(name, default) end

---@param n number
---@return runbook.quantity
function seconds(n) end

---@param n number
---@return runbook.quantity
function bytes(n) end

---0.05 is 5%.
---@param n number
---@return runbook.quantity
function ratio(n) end

---The value of a fact that was measured, with nothing there.
---@type any
no_data = nil

---The configuration, to be read.
---@class runbook.module.config
---@field root string the project's folder
---@field file string? runbook.yaml, nil without one
---@field project string
config = {}

---The value at a path such as "sla.pass_rate.target".
---@param path string
---@param default? any
---@return any
function config.get(path, default) end

---@return table[] levels in the order of the file
function config.levels() end

---@param name string
---@return table?
function config.level(name) end

---@return table[]
function config.services() end

---@return table[] rows of priority, response and contact
function config.escalation() end
