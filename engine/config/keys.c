/* The table of keys and the look-ups in it. A key is added by one row here, its section in docs/configuration.md (a
 * test compares the two), and a line in config/typed.c where C code wants it as a field. */
#include <config/config.h>
#include <config/keys.h>
#include <string.h>

#define RUNNERS "pytest ctest node bats junit"

const struct config_key config_keys[] = {
    {.path = "project", .type = CONFIG_TYPE_STRING, .help = "name of the project; default: the name of its folder"},

    {.path = "levels", .type = CONFIG_TYPE_NAMES, .help = "test levels, by name; `all` is reserved"},
    {.path = "levels.*", .type = CONFIG_TYPE_MAP, .help = "one level: needs a command, a runner or both"},
    {.path = "levels.*.runner",
     .type = CONFIG_TYPE_CHOICE,
     .choices = RUNNERS,
     .help = "how reports are made and single cases run; default: as the command suggests"},
    {.path = "levels.*.command",
     .type = CONFIG_TYPE_COMMAND,
     .help = "runs the level's tests; no shell; default: as the runner suggests"},
    {.path = "levels.*.prepare",
     .type = CONFIG_TYPE_COMMANDS,
     .help = "commands that build or set up what the tests need, run in order before them"},
    {.path = "levels.*.report",
     .type = CONFIG_TYPE_STRING,
     .help = "where the command leaves JUnit XML (a path or a glob); for runner junit"},
    {.path = "levels.*.cwd", .type = CONFIG_TYPE_STRING, .help = "folder to run in, from the project's root"},
    {.path = "levels.*.env", .type = CONFIG_TYPE_VARIABLES, .help = "environment variables to add"},
    {.path = "levels.*.target", .type = CONFIG_TYPE_DURATION, .help = "the time that the level should take"},
    {.path = "levels.*.max", .type = CONFIG_TYPE_DURATION, .help = "the longest acceptable time"},
    {.path = "levels.*.timeout", .type = CONFIG_TYPE_DURATION, .help = "the level is stopped after this time"},
    {.path = "levels.*.coverage", .type = CONFIG_TYPE_STRING, .help = "coverage report to read after the tests"},
    {.path = "levels.*.requires",
     .type = CONFIG_TYPE_STRINGS,
     .help = "services (see `services`) that must be up before the tests start"},
    {.path = "levels.*.parallel", .type = CONFIG_TYPE_COUNT, .help = "how many tests at once; default: the tool's own"},
    {.path = "levels.*.variants", .type = CONFIG_TYPE_NAMES, .help = "other ways to run the level, by name"},
    {.path = "levels.*.variants.*", .type = CONFIG_TYPE_MAP, .help = "one variant: what it changes"},
    {.path = "levels.*.variants.*.args", .type = CONFIG_TYPE_COMMAND, .help = "arguments added to the command"},
    {.path = "levels.*.variants.*.env", .type = CONFIG_TYPE_VARIABLES, .help = "environment variables to add"},
    {.path = "levels.*.variants.*.timeout", .type = CONFIG_TYPE_DURATION, .help = "instead of the level's time-out"},

#define LEVEL_TIMES(level, target_default, max_default)                                                             \
    {.path = "levels." level ".target",                                                                             \
     .type = CONFIG_TYPE_DURATION,                                                                                  \
     .dflt = (target_default),                                                                                      \
     .only_existing = true,                                                                                         \
     .help = "target time of the level of this name"},                                                              \
    {                                                                                                               \
        .path = "levels." level ".max", .type = CONFIG_TYPE_DURATION, .dflt = (max_default), .only_existing = true, \
        .help = "longest acceptable time of this level",                                                            \
    }
    LEVEL_TIMES("smoke", "30s", "45s"),
    LEVEL_TIMES("unit", "120s", "180s"),
    LEVEL_TIMES("integration", "300s", "450s"),
    LEVEL_TIMES("agents", "180s", "300s"),
    LEVEL_TIMES("comprehensive", "2700s", "3600s"),
    LEVEL_TIMES("performance", "300s", "450s"),

    {.path = "services", .type = CONFIG_TYPE_NAMES, .help = "services that tests and runbooks need, by name"},
    {.path = "services.*",
     .type = CONFIG_TYPE_MAP,
     .help = "one service: needs one of check, tcp and http, or several"},
    {.path = "services.*.check", .type = CONFIG_TYPE_COMMAND, .help = "exits 0 when the service is up"},
    {.path = "services.*.tcp", .type = CONFIG_TYPE_ADDRESS, .help = "host:port that accepts connections when it is up"},
    {.path = "services.*.http",
     .type = CONFIG_TYPE_STRING,
     .help = "URL that answers with a status from 200 to 399 when it is up"},
    {.path = "services.*.restart", .type = CONFIG_TYPE_COMMAND, .help = "restarts the service"},

    {.path = "sla", .type = CONFIG_TYPE_NAMES, .help = "what is measured, and from when on it is bad, by metric"},
    {.path = "sla.*", .type = CONFIG_TYPE_MAP, .help = "one metric"},
    {.path = "sla.*.target", .type = CONFIG_TYPE_QUANTITY, .help = "the value to reach"},
    {.path = "sla.*.alert", .type = CONFIG_TYPE_QUANTITY, .help = "the value from which on somebody must act"},
    {.path = "sla.*.better",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "higher lower",
     .dflt = "higher",
     .help = "which way is good: above the target or below it"},

#define SLA_ROW(metric, target_default, alert_default, better_default, what)                    \
    {.path = "sla." metric, .type = CONFIG_TYPE_MAP, .help = (what)},                           \
        {.path = "sla." metric ".target",                                                       \
         .type = CONFIG_TYPE_PERCENT,                                                           \
         .dflt = (target_default),                                                              \
         .help = "the value to reach"},                                                         \
        {.path = "sla." metric ".alert",                                                        \
         .type = CONFIG_TYPE_PERCENT,                                                           \
         .dflt = (alert_default),                                                               \
         .help = "the value from which on somebody must act"},                                  \
    {                                                                                           \
        .path = "sla." metric ".better", .type = CONFIG_TYPE_CHOICE, .choices = "higher lower", \
        .dflt = (better_default), .help = "which way is good",                                  \
    }
    SLA_ROW("pass_rate", "95%", "90%", "higher", "passed of all tests that ran"),
    SLA_ROW("execution_time", "100%", "150%", "lower", "duration of a level as a share of its target time"),
    SLA_ROW("flaky_rate", "2%", "5%", "lower", "test cases that failed and passed in one test run"),
    SLA_ROW("coverage", "70%", "65%", "higher", "lines that the tests reach"),
    SLA_ROW("uptime", "99%", "95%", "higher", "the test infrastructure was up"),

    {.path = "thresholds", .type = CONFIG_TYPE_MAP, .help = "limits that the bundled runbooks check"},
    {.path = "thresholds.failure_rate", .type = CONFIG_TYPE_MAP, .help = "failing tests of all that ran"},
    {.path = "thresholds.failure_rate.healthy",
     .type = CONFIG_TYPE_PERCENT,
     .dflt = "2%",
     .help = "daily/morning-health-check wants less"},
    {.path = "thresholds.failure_rate.incident",
     .type = CONFIG_TYPE_PERCENT,
     .dflt = "5%",
     .help = "above it, incident/test-failures is called for"},
    {.path = "thresholds.failure_rate.escalate",
     .type = CONFIG_TYPE_PERCENT,
     .dflt = "20%",
     .help = "above it, incident/test-failures escalates and asks about a rollback"},
    {.path = "thresholds.flake_rate", .type = CONFIG_TYPE_MAP, .help = "failed of all executions of a flaky test"},
    {.path = "thresholds.flake_rate.persistent",
     .type = CONFIG_TYPE_PERCENT,
     .dflt = "10%",
     .help = "above it, weekly/flaky-tests asks for an issue for the test"},

    {.path = "maintenance",
     .type = CONFIG_TYPE_MAP,
     .help = "the project's own commands for bundled runbooks; what is not set is passed over"},
    {.path = "maintenance.test_data",
     .type = CONFIG_TYPE_COMMAND,
     .help = "removes old test data (weekly/performance)"},
    {.path = "maintenance.database",
     .type = CONFIG_TYPE_COMMAND,
     .help = "maintains the test database (monthly/infrastructure-review)"},
    {.path = "maintenance.documentation",
     .type = CONFIG_TYPE_COMMAND,
     .help = "checks the documentation, beside its links (monthly/documentation-update)"},
    {.path = "maintenance.backup",
     .type = CONFIG_TYPE_COMMAND,
     .help = "makes a backup and restores it elsewhere (dr/recovery-test)"},
    {.path = "maintenance.failover", .type = CONFIG_TYPE_COMMAND, .help = "tries the failover (dr/recovery-test)"},
    {.path = "maintenance.environment",
     .type = CONFIG_TYPE_COMMAND,
     .help = "recreates the test environment without changing it (dr/recovery-test)"},

    {.path = "limits", .type = CONFIG_TYPE_MAP, .help = "what tests and steps may use"},
    {.path = "limits.memory", .type = CONFIG_TYPE_MAP, .help = "memory"},
    {.path = "limits.memory.process", .type = CONFIG_TYPE_SIZE, .dflt = "2GB", .help = "of one process; 0 = no limit"},
    {.path = "limits.memory.total",
     .type = CONFIG_TYPE_SIZE,
     .dflt = "8GB",
     .help = "of a step and all its processes; 0 = no limit"},
    {.path = "limits.memory.database", .type = CONFIG_TYPE_SIZE, .dflt = "1GB", .help = "of the database during tests"},
    {.path = "limits.llm_calls", .type = CONFIG_TYPE_RATE, .dflt = "5/s", .help = "calls of a language model's API"},
    {.path = "limits.database_connections",
     .type = CONFIG_TYPE_COUNT,
     .dflt = "50",
     .help = "concurrent connections to the database"},
    {.path = "limits.websocket_connections",
     .type = CONFIG_TYPE_COUNT,
     .dflt = "100",
     .help = "concurrent WebSocket connections"},

    {.path = "escalation", .type = CONFIG_TYPE_NAMES, .help = "the escalation matrix, by a runbook's priority"},
    {.path = "escalation.*", .type = CONFIG_TYPE_MAP, .help = "one priority"},
    {.path = "escalation.*.response", .type = CONFIG_TYPE_RESPONSE, .help = "how soon somebody responds"},
    {.path = "escalation.*.contact", .type = CONFIG_TYPE_STRING, .help = "who responds"},
    {.path = "escalation.*.then",
     .type = CONFIG_TYPE_STRINGS,
     .help = "whom to call next, in order, while nobody acknowledges; default: the contacts of more urgent rows"},

#define ESCALATION_ROW(priority, response_default, contact_default)                                       \
    {.path = "escalation." priority, .type = CONFIG_TYPE_MAP, .help = "one priority"},                    \
        {.path = "escalation." priority ".response",                                                      \
         .type = CONFIG_TYPE_RESPONSE,                                                                    \
         .dflt = (response_default),                                                                      \
         .help = "how soon somebody responds"},                                                           \
    {                                                                                                     \
        .path = "escalation." priority ".contact", .type = CONFIG_TYPE_STRING, .dflt = (contact_default), \
        .help = "who responds",                                                                           \
    }
    ESCALATION_ROW("critical", "immediate", "On-call engineer"),
    ESCALATION_ROW("high", "2h", "Engineering lead"),
    ESCALATION_ROW("medium", "24h", "QA team"),
    ESCALATION_ROW("low", "1w", "Development team"),

    {.path = "contacts", .type = CONFIG_TYPE_NAMES, .help = "who can be called, by name: `engineering-lead`"},
    {.path = "contacts.*", .type = CONFIG_TYPE_MAP, .help = "one contact: a person or a team"},
    {.path = "contacts.*.channels", .type = CONFIG_TYPE_STRINGS, .help = "channels that reach it, whatever rules say"},
    {.path = "contacts.*.address", .type = CONFIG_TYPE_STRING, .help = "how people reach it: shown with the name"},
    {.path = "contacts.*.oncall",
     .type = CONFIG_TYPE_STRING,
     .help = "the rota that says who it is just now; default: the one of the contact's name"},

    {.path = "oncall", .type = CONFIG_TYPE_NAMES, .help = "who is on call, by the name of the rota"},
    {.path = "oncall.*", .type = CONFIG_TYPE_MAP, .help = "one rota: members and start, or a command"},
    {.path = "oncall.*.members", .type = CONFIG_TYPE_STRINGS, .help = "who takes turns, in this order"},
    {.path = "oncall.*.start", .type = CONFIG_TYPE_DATE, .help = "when the first member's first turn began"},
    {.path = "oncall.*.every", .type = CONFIG_TYPE_DURATION, .dflt = "1w", .help = "how long a turn is"},
    {.path = "oncall.*.timezone",
     .type = CONFIG_TYPE_STRING,
     .help = "the zone of start, from and to; default: `timezone`, or the machine's"},
    {.path = "oncall.*.overrides",
     .type = CONFIG_TYPE_ENTRIES,
     .help = "who stands in for whoever has the turn; the last that fits counts"},
    {.path = "oncall.*.overrides.*", .type = CONFIG_TYPE_MAP, .help = "one of them: from, to and who"},
    {.path = "oncall.*.overrides.*.from", .type = CONFIG_TYPE_DATE, .help = "from then on"},
    {.path = "oncall.*.overrides.*.to", .type = CONFIG_TYPE_DATE, .help = "until then; a day alone is its beginning"},
    {.path = "oncall.*.overrides.*.who", .type = CONFIG_TYPE_STRING, .help = "who is on call instead"},
    {.path = "oncall.*.command", .type = CONFIG_TYPE_COMMAND, .help = "prints who is on call; instead of members"},
    {.path = "oncall.*.timeout", .type = CONFIG_TYPE_DURATION, .dflt = "10s", .help = "of the command"},

    {.path = "incidents", .type = CONFIG_TYPE_MAP, .help = "how incidents are opened and escalated"},
    {.path = "incidents.open",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "suggest automatic",
     .dflt = "suggest",
     .help = "what a trigger that holds after a run does: automatic opens the incident"},
    {.path = "incidents.immediate",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "5m",
     .help = "how long an `immediate` response may take before the next is called"},
    {.path = "incidents.repeat",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "30m",
     .help = "the last contact is called again no sooner than this"},
    {.path = "incidents.remediation", .type = CONFIG_TYPE_MAP, .help = "how often a step may remedy the same matter"},
    {.path = "incidents.remediation.max",
     .type = CONFIG_TYPE_COUNT,
     .dflt = "3",
     .help = "so many times within the window; beyond it the step refuses and the incident escalates"},
    {.path = "incidents.remediation.window",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "1h",
     .help = "counted over so long"},

    {.path = "flags", .type = CONFIG_TYPE_MAP, .help = "where feature flags are read: one of file, env, command"},
    {.path = "flags.file", .type = CONFIG_TYPE_STRING, .help = "a JSON or name=value file, from the project's root"},
    {.path = "flags.env", .type = CONFIG_TYPE_STRINGS, .help = "names of environment variables, each a flag"},
    {.path = "flags.command", .type = CONFIG_TYPE_COMMAND, .help = "prints JSON or name=value lines"},
    {.path = "flags.expect", .type = CONFIG_TYPE_SCALARS, .help = "the value that each flag must have, by name"},

    {.path = "secrets", .type = CONFIG_TYPE_NAMES, .help = "values never to be shown, by name"},
    {.path = "secrets.*", .type = CONFIG_TYPE_MAP, .help = "one secret: one of env, file, command"},
    {.path = "secrets.*.env", .type = CONFIG_TYPE_STRING, .help = "the environment variable that holds it"},
    {.path = "secrets.*.file", .type = CONFIG_TYPE_STRING, .help = "the file that holds it, from the project's root"},
    {.path = "secrets.*.command", .type = CONFIG_TYPE_COMMAND, .help = "prints it"},

    {.path = "net", .type = CONFIG_TYPE_MAP, .help = "requests to other machines: HTTP and mail"},
    {.path = "net.deny",
     .type = CONFIG_TYPE_STRINGS,
     .help = "addresses that are never connected to: ranges such as 10.0.0.0/8, or private, loopback, link-local, "
             "metadata, multicast, unspecified, reserved; wins over net.allow"},
    {.path = "net.allow",
     .type = CONFIG_TYPE_STRINGS,
     .help = "addresses among link-local, metadata, multicast, unspecified and reserved, all refused by default, that "
             "are wanted after all; metadata is let in by that word or its own address, not by a wider range"},
    {.path = "net.allow_http",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "true false",
     .dflt = "false",
     .help = "unencrypted http to other machines too; to this machine it is always possible"},
    {.path = "net.proxy",
     .type = CONFIG_TYPE_STRING,
     .help = "proxy of HTTP requests, like http://proxy.example.org:3128; that of the environment is not used"},
    {.path = "net.ca_file",
     .type = CONFIG_TYPE_STRING,
     .help = "certificates that are trusted (PEM), from the project's root; default: the system's"},
    {.path = "net.connect_timeout",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "10s",
     .help = "for a connection to be made, TLS included"},
    {.path = "net.timeout", .type = CONFIG_TYPE_DURATION, .dflt = "30s", .help = "for a whole request"},

    {.path = "state", .type = CONFIG_TYPE_MAP, .help = "where runs are recorded"},
    {.path = "state.dir",
     .type = CONFIG_TYPE_STRING,
     .help = "folder, from the project's root; default: .runbook beside this file"},
    {.path = "state.group", .type = CONFIG_TYPE_STRING, .help = "a group that shares it, so that others can approve"},

    {.path = "waiting_expires",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "7d",
     .help = "a run that waits for a person is cancelled after this time"},
    {.path = "parallel", .type = CONFIG_TYPE_COUNT, .dflt = "4", .help = "steps of one `parallel` that run at once"},
    {.path = "logs", .type = CONFIG_TYPE_MAP, .help = "output of steps"},
    {.path = "logs.max_size",
     .type = CONFIG_TYPE_SIZE,
     .dflt = "64MB",
     .help = "of one step's log: its head and tail are kept; 0 = no limit"},
    {.path = "logs.keep",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "30d",
     .help = "monthly/infrastructure-review removes the logs of runs that ended longer ago; 0s = no limit"},
    {.path = "reports", .type = CONFIG_TYPE_MAP, .help = "what report.write writes"},
    {.path = "reports.dir",
     .type = CONFIG_TYPE_STRING,
     .dflt = "reports",
     .help = "its folder, from the project's root"},
    {.path = "metrics", .type = CONFIG_TYPE_MAP, .help = "what was measured"},
    {.path = "metrics.retention",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "400d",
     .help = "how long it is kept; what is older goes by itself; 0s = no limit"},
    {.path = "metrics.rollup",
     .type = CONFIG_TYPE_NAMES,
     .help = "old samples become summaries: `5m: 30d` keeps one for each 5 minutes of what is older than 30 days"},
    {.path = "metrics.rollup.*", .type = CONFIG_TYPE_DURATION, .help = "the age from which on it is done"},
    {.path = "otlp", .type = CONFIG_TYPE_MAP, .help = "where traces and metrics are pushed (docs/telemetry.md)"},
    {.path = "otlp.endpoint",
     .type = CONFIG_TYPE_STRING,
     .help = "a collector that takes OTLP/HTTP, like https://otel.example.org:4318; OTEL_EXPORTER_OTLP_ENDPOINT wins"},
    {.path = "otlp.headers",
     .type = CONFIG_TYPE_SCALARS,
     .help = "sent with each request to it; env:NAME and file:PATH say where a value is"},
    {.path = "otlp.timeout", .type = CONFIG_TYPE_DURATION, .dflt = "10s", .help = "for one request"},
    {.path = "schedule", .type = CONFIG_TYPE_RUNBOOKS, .help = "when runbooks are due, by id"},
    {.path = "schedule.*",
     .type = CONFIG_TYPE_MAP,
     .shorthand = "at",
     .help = "one schedule; a text alone is its `at`"},
    {.path = "schedule.*.at",
     .type = CONFIG_TYPE_STRING,
     .help = "when it is due: `0 8 * * *`, `weekdays at 8:00`, `every 4h`; default: what the runbook's header says"},
    {.path = "schedule.*.timezone", .type = CONFIG_TYPE_STRING, .help = "the zone of its times, e.g. Europe/Berlin"},
    {.path = "schedule.*.missed",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "skip one all",
     .dflt = "one",
     .help = "what is made up for when no scheduler ran: nothing, the latest, all up to catch_up"},
    {.path = "schedule.*.catch_up",
     .type = CONFIG_TYPE_COUNT,
     .dflt = "10",
     .help = "with missed: all, at most so many are made up for"},
    {.path = "schedule.*.overlap",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "skip queue replace allow",
     .dflt = "skip",
     .help = "when the run before it is still going on"},
    {.path = "schedule.*.queue",
     .type = CONFIG_TYPE_COUNT,
     .dflt = "1",
     .help = "with overlap: queue, at most so many wait; what is due beyond them is skipped"},
    {.path = "schedule.*.jitter",
     .type = CONFIG_TYPE_DURATION,
     .help = "begin up to this much later, the same for each due time"},
    {.path = "schedule.*.paused",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "false true",
     .dflt = "false",
     .help = "its due times are recorded as skipped, until this is taken away"},
    {.path = "schedule.*.timeout", .type = CONFIG_TYPE_DURATION, .help = "the run is stopped after this long"},
    {.path = "schedule.*.skipped_times",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "run skip",
     .dflt = "run",
     .help = "times that the clocks jump over: due once when the gap ends, or not at all"},
    {.path = "schedule.*.repeated_times",
     .type = CONFIG_TYPE_CHOICE,
     .choices = "once twice",
     .dflt = "once",
     .help = "times that the clocks show twice: due the first time, or both times"},
    {.path = "schedule.*.params", .type = CONFIG_TYPE_SCALARS, .help = "parameters of the run"},
    {.path = "channels", .type = CONFIG_TYPE_NAMES, .help = "where messages go, by a name of your own"},
    {.path = "channels.*",
     .type = CONFIG_TYPE_OPEN,
     .help = "one channel: its type, and the options of that type (docs/notifications.md)"},
    {.path = "channels.*.type", .type = CONFIG_TYPE_STRING, .help = "what it is: email, slack, webhook .."},
    {.path = "channels.*.rate",
     .type = CONFIG_TYPE_RATE,
     .help = "at most so many messages; default: as fast as it takes them"},
    {.path = "channels.*.parallel", .type = CONFIG_TYPE_COUNT, .help = "messages under way to it at once; default: 8"},
    {.path = "notify", .type = CONFIG_TYPE_MAP, .help = "who hears of what; without rules nobody does"},
    {.path = "notify.rules", .type = CONFIG_TYPE_ENTRIES, .help = "each is asked about every event"},
    {.path = "notify.rules.*", .type = CONFIG_TYPE_MAP, .help = "one rule: what fits all of it is sent"},
    {.path = "notify.rules.*.on",
     .type = CONFIG_TYPE_STRINGS,
     .help = "events, as names or patterns: `run.failed`, `incident.*`; default: all but `message` and `test`"},
    {.path = "notify.rules.*.priority",
     .type = CONFIG_TYPE_STRINGS,
     .help = "`>= high`, or a list of priorities; default: any"},
    {.path = "notify.rules.*.runbook",
     .type = CONFIG_TYPE_STRINGS,
     .help = "ids of runbooks, or patterns: `daily/*`; default: any"},
    {.path = "notify.rules.*.to", .type = CONFIG_TYPE_STRINGS, .help = "channels that hear of it"},
    {.path = "notify.rules.*.after",
     .type = CONFIG_TYPE_COUNT,
     .help = "only from so many failures in a row on; default: 1"},
    {.path = "notify.rules.*.final",
     .type = CONFIG_TYPE_BOOL,
     .help = "an attempt that is tried again is not told of; default: true"},
    {.path = "notify.rules.*.repeat",
     .type = CONFIG_TYPE_DURATION,
     .help =
         "while something stays wrong, tell of it again at most this often, escalations aside; default: every time"},
    {.path = "notify.rules.*.dedupe",
     .type = CONFIG_TYPE_DURATION,
     .help = "the same event about the same thing is not sent twice within this time, whatever came between"},
    {.path = "notify.rules.*.group",
     .type = CONFIG_TYPE_DURATION,
     .help = "wait this long for more events that go into the same message"},
    {.path = "notify.rules.*.group_by",
     .type = CONFIG_TYPE_STRINGS,
     .help = "members of the event: those that agree in them share a message; default: key"},
    {.path = "notify.rules.*.recovery",
     .type = CONFIG_TYPE_BOOL,
     .help = "tell when it is over, where it was told of; default: true"},
    {.path = "notify.rules.*.quiet", .type = CONFIG_TYPE_BOOL, .help = "keeps to the quiet hours; default: true"},
    {.path = "notify.quiet", .type = CONFIG_TYPE_MAP, .help = "hours in which messages wait for the end of them"},
    {.path = "notify.quiet.from", .type = CONFIG_TYPE_STRING, .help = "when they begin, e.g. 22:00"},
    {.path = "notify.quiet.to", .type = CONFIG_TYPE_STRING, .help = "when they end, e.g. 07:00"},
    {.path = "notify.quiet.timezone",
     .type = CONFIG_TYPE_STRING,
     .help = "the zone of these times; default: that of the project"},
    {.path = "notify.quiet.except",
     .type = CONFIG_TYPE_STRINGS,
     .dflt = "critical",
     .only_existing = true,
     .help = "priorities that do not wait: `>= high`, or a list"},
    {.path = "notify.maintenance", .type = CONFIG_TYPE_ENTRIES, .help = "times in which failures are not told of"},
    {.path = "notify.maintenance.*", .type = CONFIG_TYPE_MAP, .help = "one window: at or from, and for"},
    {.path = "notify.maintenance.*.at",
     .type = CONFIG_TYPE_STRING,
     .help = "when it begins, as a schedule: `first sunday at 02:00 in Europe/Berlin`"},
    {.path = "notify.maintenance.*.from",
     .type = CONFIG_TYPE_STRING,
     .help = "when it begins, once: `2026-11-22 22:00`, local time unless it says otherwise"},
    {.path = "notify.maintenance.*.for", .type = CONFIG_TYPE_DURATION, .help = "how long it lasts"},
    {.path = "notify.maintenance.*.match",
     .type = CONFIG_TYPE_STRINGS,
     .help = "patterns of events, keys or runbooks that it is about; default: everything"},
    {.path = "notify.dead_after",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "3d",
     .help = "a message that no receiver took for so long is given up, and kept as dead"},
    {.path = "notify.keep",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "30d",
     .help = "how long delivered messages are kept in the outbox"},
    {.path = "notify.backoff", .type = CONFIG_TYPE_MAP, .help = "how long to wait before a message is tried again"},
    {.path = "notify.backoff.base",
     .type = CONFIG_TYPE_DURATION,
     .dflt = "5s",
     .help = "after the first try; it doubles with each, and half of it is left to chance"},
    {.path = "notify.backoff.max", .type = CONFIG_TYPE_DURATION, .dflt = "15m", .help = "the longest wait"},
    {.path = "timezone",
     .type = CONFIG_TYPE_STRING,
     .help = "the zone of schedules that name none; default: the machine's"},
};
const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];

/* Compares a row's path with the first `depth` parts. Returns how many segments are written out, or -1 when they
 * differ;
 * `*rest` is what the row has beyond them ("" = nothing). */
static int key_match(const char *row, const struct config_path *path, const char **rest)
{
    int exact = 0;
    if (path->depth && row[0] != path->parts[0][0]) { /* hardly any row: no path begins with a `*` */
        return -1;
    }
    for (size_t i = 0; i < path->depth; i++) {
        size_t len = strcspn(row, ".");
        bool same = strlen(path->parts[i]) == len && memcmp(row, path->parts[i], len) == 0;
        if (len == 0 || (!same && !(len == 1 && row[0] == '*'))) {
            return -1;
        }
        exact += same;
        row += len + (row[len] == '.');
    }
    *rest = row;
    return exact;
}

const struct config_key *config_key_find(const struct config_path *path)
{
    const struct config_key *best = NULL;
    int best_exact = -1;
    for (size_t i = 0; i < config_key_count; i++) {
        const char *rest = "";
        int exact = key_match(config_keys[i].path, path, &rest);
        if (exact > best_exact && *rest == '\0') {
            best = &config_keys[i];
            best_exact = exact;
        }
    }
    return best;
}

static bool key_has(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

size_t config_key_children(const struct config_path *path, const char *names[CONFIG_CHILDREN_MAX],
                           char storage[CONFIG_CHILDREN_MAX][32])
{
    size_t count = 0;
    for (size_t i = 0; i < config_key_count && count < CONFIG_CHILDREN_MAX; i++) {
        const char *rest = "";
        if (key_match(config_keys[i].path, path, &rest) < 0 || !*rest || *rest == '*' || strchr(rest, '.')) {
            continue;
        }
        size_t len = strlen(rest);
        if (len < sizeof storage[0] && !key_has(names, count, rest)) {
            memcpy(storage[count], rest, len + 1);
            names[count] = storage[count];
            count++;
        }
    }
    return count;
}

static const struct {
    const char *name, *noun, *hint;
} key_types[] = {
    [CONFIG_TYPE_MAP] = {"map", "a map", "write its keys below it, indented"},
    [CONFIG_TYPE_NAMES] = {"map", "a map", "write names below it, indented, each followed by a colon"},
    [CONFIG_TYPE_RUNBOOKS] = {"map", "a map", "write ids of runbooks below it, indented, each followed by a colon"},
    [CONFIG_TYPE_ENTRIES] = {"list of maps", "a list of maps", "write each after a dash, its keys indented below"},
    [CONFIG_TYPE_OPEN] = {"map", "a map", "write its keys below it, indented"},
    [CONFIG_TYPE_STRING] = {"string", "a string", "write one word or a text in quotes"},
    [CONFIG_TYPE_CHOICE] = {"choice", "one of a few words", "docs/configuration.md lists the words"},
    [CONFIG_TYPE_BOOL] = {"bool", "true or false", "write true or false"},
    [CONFIG_TYPE_COUNT] = {"int", "a whole number from 1 on", "write it like 4"},
    [CONFIG_TYPE_DURATION] = {"duration", "a duration", "write it like 30s, 5m or 1h30m"},
    [CONFIG_TYPE_RESPONSE] = {"duration", "a duration", "write it like 2h or 1w, or the word immediate"},
    [CONFIG_TYPE_SIZE] = {"size", "a size", "write it like 500MB, 2GB or 1GiB"},
    [CONFIG_TYPE_PERCENT] = {"percent", "a percentage", "write it like 5% or 99.5%"},
    [CONFIG_TYPE_QUANTITY] = {"quantity", "a number", "write it with its unit, like 95%, 300ms or 2GB, or bare"},
    [CONFIG_TYPE_RATE] = {"rate", "a rate", "write it like 5/s, 100/m or 1000/h"},
    [CONFIG_TYPE_ADDRESS] = {"host:port", "an address", "write it like localhost:5432"},
    [CONFIG_TYPE_COMMAND] = {"argv", "a command", "write it as one line, or as a list of its words"},
    [CONFIG_TYPE_COMMANDS] = {"list of argv", "a list of commands", "write one command per line, each after a dash"},
    [CONFIG_TYPE_STRINGS] = {"list of strings", "a list of strings", "write it like [one, two]"},
    [CONFIG_TYPE_VARIABLES] = {"map of strings", "a map", "write NAME: value lines below it, indented"},
    [CONFIG_TYPE_SCALARS] = {"map of scalars", "a map", "write name: value lines below it, indented"},
    [CONFIG_TYPE_DATE] = {"date", "a date", "write it like 2026-11-22 or 2026-11-22 09:00"},
};

const char *config_type_name(enum config_type type)
{
    return key_types[type].name;
}

const char *config_type_noun(enum config_type type)
{
    return key_types[type].noun;
}

const char *config_type_hint(enum config_type type)
{
    return key_types[type].hint;
}

void rbk_config_keys(rbk_config_key_fn *fn, void *arg)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *k = &config_keys[i];
        fn(arg, k->path, config_type_name(k->type), k->dflt, k->help);
    }
}
