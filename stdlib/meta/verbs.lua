---@meta
-- The verbs of stdlib. Written by tests/lua/meta_test.lua from the live modules.

---@class runbook.module.backup
backup = {}

---@class runbook.backup.repository.options

---Bundles the git repository, restores the bundle elsewhere and compares them; both are removed again.
---
---Sets bundle_refs, bundle_size.
---@param options runbook.backup.repository.options
---@return runbook.action
function backup.repository(options) end

---@class runbook.backup.state.options

---Copies the store of runs, reads the copy back and checks its integrity; the copy is removed again.
---
---Sets state_runs, state_size.
---@param options runbook.backup.state.options
---@return runbook.action
function backup.state(options) end

---@class runbook.module.cleanup
cleanup = {}

---@class runbook.cleanup.bytecode.options
---@field dry_run? boolean|string only say what would be removed

---Removes Python's *.pyc and __pycache__ below the project; what git keeps stays. dry_run only counts.
---
---Sets removed_files, removed_size.
---@param options runbook.cleanup.bytecode.options
---@return runbook.action
function cleanup.bytecode(options) end

---@class runbook.cleanup.logs.options
---@field dry_run? boolean|string only say what would be removed
---@field older_than? string|number|runbook.quantity instead of logs.keep

---Removes the logs of runs that ended longer than logs.keep ago; what was recorded of them stays.
---
---Sets removed_runs, removed_size.
---@param options runbook.cleanup.logs.options
---@return runbook.action
function cleanup.logs(options) end

---@class runbook.module.dependencies
dependencies = {}

---@class runbook.dependencies.audit.options

---The known vulnerabilities of the packages, from pip-audit and npm audit. Without an answer: no data.
---
---Sets vulnerabilities, vulnerability_count.
---@param options runbook.dependencies.audit.options
---@return runbook.action
function dependencies.audit(options) end

---@class runbook.dependencies.outdated.options

---The packages with a newer release, as pip and npm know them. Without an answer there is no data.
---
---Sets outdated, outdated_count.
---@param options runbook.dependencies.outdated.options
---@return runbook.action
function dependencies.outdated(options) end

---@class runbook.module.documents
documents = {}

---@class runbook.documents.links.options

---Looks whether the links between Markdown pages lead to files that exist. Fails when one does not.
---
---Sets broken_links, links, pages.
---@param options runbook.documents.links.options
---@return runbook.action
function documents.links(options) end

---@class runbook.module.environment
environment = {}

---@class runbook.environment.disk.options

---Free space where the project lies and where temporary files go.
---
---Sets disk_free, disk_used, tmp_free.
---@param options runbook.environment.disk.options
---@return runbook.action
function environment.disk(options) end

---@class runbook.environment.memory.options

---Memory that is free for tests, beside what runbook.yaml lets them take.
---
---Sets memory_available, memory_total, swap_free.
---@param options runbook.environment.memory.options
---@return runbook.action
function environment.memory(options) end

---@class runbook.environment.project.options

---What is configured: file, levels, services.
---
---Sets level_count, service_count.
---@param options runbook.environment.project.options
---@return runbook.action
function environment.project(options) end

---@class runbook.environment.tools.options

---The programs that the levels need, with their versions. Fails when one is missing.
---
---Sets tools, tools_missing.
---@param options runbook.environment.tools.options
---@return runbook.action
function environment.tools(options) end

---@class runbook.environment.usage.options
---@field since? string|number|runbook.quantity how far back

---What the commands of runs took in a while: the most memory of one, and processor time of all together.
---
---Sets commands, cpu_time, disk_used, memory_peak.
---@param options runbook.environment.usage.options
---@return runbook.action
function environment.usage(options) end

---@class runbook.module.flags
flags = {}

---@class runbook.flags.check.options

---Reads the feature flags and compares them with flags.expect of runbook.yaml. Fails when one is wrong.
---
---Sets flag_count, flags, flags_wrong.
---@param options runbook.flags.check.options
---@return runbook.action
function flags.check(options) end

---@class runbook.module.git
git = {}

---@class runbook.git.changed.options
---@field against? string a commit or branch; default: the upstream branch, else HEAD

---The files that differ from a commit, new ones included: `changed_files`, against `changed_against`.
---
---Sets changed_against, changed_count, changed_files.
---@param options runbook.git.changed.options
---@return runbook.action
function git.changed(options) end

---@class runbook.git.log.options
---@field path? string only commits that touch this path
---@field since? string|number|runbook.quantity how far back

---The commits since a time: `commits` are one line each, newest first.
---
---Sets commit_count, commits.
---@param options runbook.git.log.options
---@return runbook.action
function git.log(options) end

---@class runbook.module.http
http = {}

---@class runbook.http.get.options
---@field bearer? string name of the secret that is sent as Authorization: Bearer
---@field expect? any the right status, or a list of them; default: 200 to 299
---@field headers? any a table of Name = "value"
---@field redirects? integer|string how many are followed, reading only; 0 = none
---@field retry? integer|string how often it is tried again
---@field secret_headers? any a table of Name = name of a secret
---@field timeout? string|number|runbook.quantity for the whole request; default: net.timeout
---@field url string https://.., or http:// to this machine

---Gets a URL. Fails unless the status is as expected; the body is in the log and can be captured.
---
---Sets http_body, http_json, http_status.
---@param options runbook.http.get.options
---@return runbook.action
function http.get(options) end

---@class runbook.http.request.options
---@field bearer? string name of the secret that is sent as Authorization: Bearer
---@field body? string the bytes to send
---@field expect? any the right status, or a list of them; default: 200 to 299
---@field headers? any a table of Name = "value"
---@field json? any a value to send as JSON
---@field method? string default: GET, or POST with a body
---@field redirects? integer|string how many are followed, reading only; 0 = none
---@field retry? integer|string how often it is tried again
---@field secret_headers? any a table of Name = name of a secret
---@field timeout? string|number|runbook.quantity for the whole request; default: net.timeout
---@field url string https://.., or http:// to this machine
---@field writes? boolean|string whether it changes something; default: as the method says

---Sends any request. GET and HEAD read, others write unless `writes = false`.
---
---Sets http_body, http_json, http_status.
---@param options runbook.http.request.options
---@return runbook.action
function http.request(options) end

---@class runbook.module.incident
incident = {}

---@class runbook.incident.note.options
---@field key string what it is about: checkout-down
---@field text string the line

---Adds a line to the timeline of an incident.
---@param options runbook.incident.note.options
---@return runbook.action
function incident.note(options) end

---@class runbook.incident.open.options
---@field contact? string who is called first; as the matrix says unless said
---@field key string what it is about: checkout-down
---@field priority? string a row of the escalation matrix; medium unless said
---@field text? string what happened
---@field title? string one line that says what is wrong; the key unless said

---Opens an incident and calls its first contact. Where it is open already, the text joins its timeline.
---
---Sets incident_id, incident_level.
---@param options runbook.incident.open.options
---@return runbook.action
function incident.open(options) end

---@class runbook.incident.resolve.options
---@field key string what it is about: checkout-down
---@field text? string how it ended

---Ends an incident. One that is not open stays as it is.
---@param options runbook.incident.resolve.options
---@return runbook.action
function incident.resolve(options) end

---@class runbook.module.maintenance
maintenance = {}

---@class runbook.maintenance.run.options
---@field what string which command

---Runs a command of runbook.yaml's maintenance; passes over one that is not there. Fails when it does.
---
---Sets configured.
---@param options runbook.maintenance.run.options
---@return runbook.action
function maintenance.run(options) end

---@class runbook.module.metrics
metrics = {}

---@class runbook.metrics.compare.options
---@field agg? string of both
---@field baseline? string|number|runbook.quantity what counts as usual, before the window
---@field labels? any only series with these labels
---@field name string the metric
---@field window? string|number|runbook.quantity what counts as now

---Compares the last `window` of a metric with the `baseline` before it: metric_ratio times as much.
---
---Sets metric_ratio, metric_usual, metric_value.
---@param options runbook.metrics.compare.options
---@return runbook.action
function metrics.compare(options) end

---@class runbook.metrics.query.options
---@field agg? string last, avg, p95, ...
---@field labels? any only series with these labels
---@field name string the metric
---@field since? string|number|runbook.quantity how far back

---Asks for a recorded metric over a time: metric_value is what the aggregate makes of it, or no data.
---
---Sets metric_value.
---@param options runbook.metrics.query.options
---@return runbook.action
function metrics.query(options) end

---@class runbook.metrics.record.options
---@field help? string what it is, for exports
---@field labels? any a table of strings: { queue = "mail" }
---@field name string as in Prometheus: queue_size, import_duration_seconds
---@field value any the value

---Records a value: a number, a quantity or a fact as $name. What has no data is not recorded.
---@param options runbook.metrics.record.options
---@return runbook.action
function metrics.record(options) end

---@class runbook.module.notify
notify = {}

---@class runbook.notify.send.options
---@field channel string a name in `channels:`
---@field key? string what it is about: messages with the same key go into one thread
---@field priority? string medium unless said
---@field subject string one line
---@field text? string more

---Sends a message to a channel of runbook.yaml. A step that runs again sends it once.
---@param options runbook.notify.send.options
---@return runbook.action
function notify.send(options) end

---@class runbook.module.report
report = {}

---@class runbook.report.write.options
---@field dated? boolean|string the day is added to the name
---@field name string of the file, without .md: letters, digits, - and _
---@field sections? string[]|string sla, levels, failing, flaky, slowest, trends; all unless said
---@field since? string|number|runbook.quantity what it is about
---@field title? string its heading; the name unless said

---Writes a Markdown report below reports.dir: `report` is its path. One of the same name is replaced.
---
---Sets report.
---@param options runbook.report.write.options
---@return runbook.action
function report.write(options) end

---@class runbook.module.services
services = {}

---@type any[]
services.all = {}

---@class runbook.services.check.options
---@field name? string only this service

---Looks whether the configured services are up, all or one by name. Fails when one is not.
---
---Sets services_down, services_up.
---@param options runbook.services.check.options
---@return runbook.action
function services.check(options) end

---@type fun(...): any
function services.probe(...) end

---@class runbook.services.wait.options
---@field interval? string|number|runbook.quantity the pause between two looks
---@field name? string only this service
---@field timeout? string|number|runbook.quantity how long to wait for all of them

---Waits until the configured services are up, all or one by name. Fails when one is not within `timeout`.
---
---Sets waited.
---@param options runbook.services.wait.options
---@return runbook.action
function services.wait(options) end

---@class runbook.module.sla
sla = {}

---@class runbook.sla.overview.options

---A line for each metric of runbook.yaml's sla: value, target, and whether it is met, missed or an alert.
---
---Sets sla_met, sla_metrics, sla_missed, sla_missing.
---@param options runbook.sla.overview.options
---@return runbook.action
function sla.overview(options) end

---@class runbook.module.tests
tests = {}

---@class runbook.tests.coverage.options
---@field level? string only this level

---The line coverage that the last run of each level has left; the lowest is the fact `coverage`.
---
---Sets coverage.
---@param options runbook.tests.coverage.options
---@return runbook.action
function tests.coverage(options) end

---@class runbook.tests.failing.options
---@field level? string the level; all counts each case once

---What fails according to the history; without any history it runs the level first (unit for all).
---
---Sets coverage, duration, errors, failed, failing, failing_count, failure_rate, fixed_count, flaky_count, over_max, over_target, pass_rate, passed, skipped, total.
---@param options runbook.tests.failing.options
---@return runbook.action
function tests.failing(options) end

---@class runbook.tests.flaky.options
---@field level? string only tests of this level
---@field limit? integer|string name so many in `flaky`
---@field since? string|number|runbook.quantity how far back

---The tests that failed and passed in one test run, or changed three times: `flaky`, worst first.
---
---Sets flaky, flaky_cases, flaky_rate, persistent, persistent_cases.
---@param options runbook.tests.flaky.options
---@return runbook.action
function tests.flaky(options) end

---@type any[]
tests.levels = {}

---@class runbook.tests.rerun.options
---@field case? string only this case, failing or not
---@field level? string only the failing cases of this level
---@field times? integer|string run each so often

---Runs exactly the failing cases again and only measures; a rerun that executes nothing fails.
---
---Sets coverage, duration, errors, failed, failing, failing_again, failing_count, failure_rate, fixed_count, flaky_count, over_max, over_target, pass_rate, passed, skipped, total.
---@param options runbook.tests.rerun.options
---@return runbook.action
function tests.rerun(options) end

---@class runbook.tests.run.options
---@field allow_failures? boolean|string only measure
---@field fail_fast? boolean|string stop at the first failure
---@field level? string the level; all runs every one
---@field optional? boolean|string a level that is not configured is passed over
---@field parallel? integer|string how many tests at once
---@field times? integer|string run everything so often
---@field variant? string a variant of the level

---Runs a level of runbook.yaml and records every case. Fails on any failing test unless allow_failures.
---
---Sets coverage, duration, errors, failed, failing, failing_count, failure_rate, fixed_count, flaky_count, over_max, over_target, pass_rate, passed, skipped, total.
---@param options runbook.tests.run.options
---@return runbook.action
function tests.run(options) end

---@class runbook.tests.slowest.options
---@field count? integer|string so many
---@field level? string only tests of this level
---@field since? string|number|runbook.quantity how far back

---The slowest tests by the mean of their times: `slowest`, slowest first.
---
---Sets slowest, slowest_time.
---@param options runbook.tests.slowest.options
---@return runbook.action
function tests.slowest(options) end

---@class runbook.tests.trends.options
---@field of? string only this
---@field since? string|number|runbook.quantity how far back

---Where the time, pass rate and coverage of each level go, and when they come to their limit.
---
---Sets worsening, worsening_count.
---@param options runbook.tests.trends.options
---@return runbook.action
function tests.trends(options) end

---@type any[]
tests.variants = {}

---@class runbook.module.timing
timing = {}

---@type fun(...): any
function timing.deadline(...) end

---@type fun(...): any
function timing.limit(...) end

---@type fun(...): any
function timing.rate_limit(...) end

---@type fun(...): any
function timing.retry(...) end

---@class runbook.timing.sleep.options
---@field duration string|number|runbook.quantity how long

---Waits that long. A run that is resumed waits only for what is left of it.
---@param options runbook.timing.sleep.options
---@return runbook.action
function timing.sleep(options) end

---@type fun(...): any
function timing.stopwatch(...) end

---@class runbook.timing.wait.options
---@field backoff? number|string what each pause is multiplied by; 1 unless said
---@field command string[]|string the program and its arguments
---@field interval? string|number|runbook.quantity the pause between two tries; 2s unless said
---@field max_interval? string|number|runbook.quantity the longest pause; 1m unless said
---@field timeout? string|number|runbook.quantity how long to wait; 5m unless said

---Runs a command again and again until it exits 0. Fails when it has not within `timeout`.
---
---Sets tries, waited.
---@param options runbook.timing.wait.options
---@return runbook.action
function timing.wait(options) end

---@type fun(...): any
function timing.wait_until(...) end

---@type fun(...): any
function timing.within(...) end
