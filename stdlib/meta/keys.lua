---@meta
-- The keys of a runbook file. Written by tests/lua/meta_test.lua from the engine's tables.

---@class runbook.runbook
---@field priority? string a row of the escalation matrix: critical, high, medium, low
---@field trigger? string the condition that calls for this runbook
---@field escalate? runbook.escalate when to call somebody, and whom
---@field overlap? string "allow" lets several instances run at once; "forbid" is the default
---@field timeout? string|number|runbook.quantity the whole run is stopped after this long
---@field schedule? string when it is due, as words or five cron fields; off until enabled
---@field budget? string|number|runbook.quantity how long it should take; said when it takes longer
---@field help? string a paragraph for `show` and the handbook

---@class runbook.escalate
---@field when? string the condition; looked at whenever a fact that it reads is set
---@field to? string whom to call

---@class runbook.param
---@field type? string string, integer, number, boolean, duration, size, percent, choice, path or list; what the default says unless said
---@field default? any the value when none is given
---@field required? boolean true: there is no run without a value
---@field choices? any[] the values that may be given
---@field min? any the least number that may be given
---@field max? any the largest number that may be given
---@field secret? boolean true: the value is never shown nor written down
---@field help? string one line for `show` and `--help`

---@class runbook.step
---@field id? string the name of the step; its title as a name unless said
---@field when? string the step is skipped unless this holds
---@field confirm? string a yes-or-no question that a person answers first
---@field manual? string what a person does by hand; the run goes on once it is said to be done
---@field ask? runbook.ask questions whose typed answers become facts
---@field run? runbook.body what is done: a shell string, an argv table, a function or an action
---@field call? string the id of another runbook, run as this step
---@field with? table<string, any> parameters for `call`
---@field capture? table<string, any> facts from standard output: name = Lua pattern, the first match
---@field check? string|any[] what must hold afterwards
---@field each? string|any[] repeats the step for every item of a list fact; the item is $item
---@field max? integer how many of `each` run at once; 1 unless said
---@field always? boolean true: runs even after a failure or a cancel
---@field on_fail? string "stop", "continue" or "undo" when the step fails; "stop" unless said
---@field retry? integer|runbook.retry how often a step that failed, or whose check is not met, is tried again
---@field timeout? string|number|runbook.quantity the step is stopped and fails after this long
---@field budget? string|number|runbook.quantity how long it should take; said when it takes longer
---@field undo? runbook.body what takes the step back
---@field idempotent? boolean true: doing it twice does no harm, so a step in doubt is simply repeated
---@field verify? runbook.body asks after a crash whether the step happened: success means that it did
---@field env? table<string, any> environment variables for what the step runs
---@field cwd? string the folder to run in; the project's root unless said
---@field shell? string the shell for strings: "sh" or "bash"; "sh" unless said
---@field tty? boolean true: the program gets the terminal, and its output is not captured
---@field limits? runbook.limits bounds on processor time, memory and output
---@field remediates? string the key of the incident that the step remedies: counted, and refused beyond the budget
---@field lock? string a named lock held while the step runs, across all runs
---@field lock_wait? string|number|runbook.quantity how long to wait for `lock`; not at all unless said
---@field secret? string|any[] secrets of the configuration to put into the environment
---@field note? string one line for people, shown with the step
---@field tags? string|any[] words to find the step by

---@class runbook.question
---@field type? string the type of the answer, as for `param`; "string" unless said
---@field default? any what an empty answer means
---@field choices? any[] the answers that may be given
---@field min? any the least number that may be answered
---@field max? any the largest number that may be answered
---@field help? string the question as the person reads it

---@class runbook.retry
---@field times? integer how many more attempts after the first
---@field delay? string|number|runbook.quantity the pause before the first retry; "1s" unless said
---@field max_delay? string|number|runbook.quantity the longest pause; "1m" unless said
---@field backoff? number what each pause is multiplied by; 2 unless said
---@field jitter? number the random part of each pause, 0 to 1; 0.1 unless said
---@field on_exit? integer|any[] only these exit codes are tried again; any failure unless said

---@class runbook.limits
---@field cpu? string|number|runbook.quantity processor time of the step's processes together
---@field memory? string|number|runbook.quantity memory of the step's processes together
---@field memory_process? string|number|runbook.quantity memory of each single process
---@field output? string|number|runbook.quantity bytes of output that are kept: head and tail, the middle is counted

---@class runbook.parallel
---@field id? string the name of the group; its title as a name unless said
---@field when? string the whole group is skipped unless this holds
---@field max? integer how many children run at once; the configuration's cap unless said
---@field fail_fast? boolean true: the first failure cancels the other children
---@field always? boolean true: runs even after a failure or a cancel
---@field on_fail? string "stop", "continue" or "undo" when a child fails; "stop" unless said
---@field timeout? string|number|runbook.quantity the group is stopped and fails after this long
---@field budget? string|number|runbook.quantity how long it should take; said when it takes longer
---@field note? string one line for people, shown with the group
---@field tags? string|any[] words to find the group by
---@field [integer] runbook.statement the steps

---@alias runbook.ask table<string, runbook.question>

---@alias runbook.body string|(string|number)[]|runbook.action|fun(ctx: runbook.ctx): any, string?
