/* Every name that is written into telemetry, in one table, with the values that states become. The names without a
 * `runbook.` in front are those of the OpenTelemetry semantic conventions 1.44.0:
 * https://opentelemetry.io/docs/specs/semconv/cicd/cicd-spans/ (spans of pipeline runs and tasks; release candidate),
 * https://opentelemetry.io/docs/specs/semconv/cli/cli-spans/ (commands),
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/ (error, host, process, service, user).
 * docs/telemetry.md lists them all; a test compares the two. */
#ifndef RBK_OTLP_CONVENTIONS_H
#define RBK_OTLP_CONVENTIONS_H

#include <store/journal.h>

/* field, name, what it holds */
#define RBK_OTLP_NAMES(X)                                                                                       \
    X(SERVICE_NAME, "service.name", "`runbook`, unless the environment says otherwise")                         \
    X(SERVICE_NAMESPACE, "service.namespace", "`project` of runbook.yaml")                                      \
    X(SERVICE_VERSION, "service.version", "the version of this program")                                        \
    X(HOST_NAME, "host.name", "the machine that the run was on")                                                \
    X(PIPELINE_NAME, "cicd.pipeline.name", "run: the id of its runbook")                                        \
    X(PIPELINE_RUN_ID, "cicd.pipeline.run.id", "run: its id, all 26 characters")                                \
    X(PIPELINE_ACTION, "cicd.pipeline.action.name", "run: `RUN`")                                               \
    X(PIPELINE_RESULT, "cicd.pipeline.result", "run that has ended: what became of it")                         \
    X(PIPELINE_RUN_STATE, "cicd.pipeline.run.state", "run that has not ended: `executing`, or `pending`")       \
    X(TASK_NAME, "cicd.pipeline.task.name", "step: its title")                                                  \
    X(TASK_RUN_ID, "cicd.pipeline.task.run.id", "step: its key, such as `hosts[2]/restart`")                    \
    X(TASK_RUN_RESULT, "cicd.pipeline.task.run.result", "step: what became of it")                              \
    X(ERROR_TYPE, "error.type", "what failed: an exit code, a signal, `timeout`, `check`, ...")                 \
    X(PROCESS_EXECUTABLE, "process.executable.name", "command: the program")                                    \
    X(PROCESS_COMMAND_LINE, "process.command_line", "command: as it can be pasted, its first 4096 bytes")       \
    X(PROCESS_EXIT_CODE, "process.exit.code", "command: its exit code, unless a signal ended it")               \
    X(USER_NAME, "user.name", "run: who started it")                                                            \
    X(RUN_TITLE, "runbook.run.title", "run: the title of its runbook")                                          \
    X(RUN_STATE, "runbook.run.state", "run: its state, such as `interrupted`")                                  \
    X(RUN_EXIT, "runbook.run.exit", "run that has ended: its exit status")                                      \
    X(RUN_DROPPED, "runbook.run.dropped_spans", "run: how many spans were left out because there are too many") \
    X(PARAM, "runbook.param", "run: each parameter, as `runbook.param.NAME`")                                   \
    X(STEP_KIND, "runbook.step.kind", "step: `shell`, `argv`, `call`, `parallel`, ...")                         \
    X(STEP_STATE, "runbook.step.state", "step: its state, such as `in-doubt`")                                  \
    X(STEP_ATTEMPTS, "runbook.step.attempts", "step: how often its body was begun")                             \
    X(STEP_ITEM, "runbook.step.item", "step of an `each`: its item")                                            \
    X(COMMAND_SIGNAL, "runbook.command.signal", "command: the signal that ended it, such as `SIGKILL`")         \
    X(COMMAND_END, "runbook.command.end", "command: `exit`, `signal`, `timeout`, `cancel`, `cpu`, `memory`")    \
    X(CPU_SECONDS, "runbook.cpu_seconds", "step, command: processor time")                                      \
    X(MEMORY_BYTES, "runbook.memory_bytes", "step, command: the largest process")                               \
    X(EVENT_DATA, "runbook.event", "event: what is recorded with it, as `runbook.event.NAME`")

enum rbk_otlp_name {
#define X(field, name, help) RBK_OTLP_##field,
    RBK_OTLP_NAMES(X)
#undef X
        RBK_OTLP_NAME_COUNT
};
struct rbk_otlp_convention {
    const char *name, *help;
};
extern const struct rbk_otlp_convention rbk_otlp_conventions[RBK_OTLP_NAME_COUNT];

/* Values of cicd.pipeline.result and cicd.pipeline.task.run.result; NULL while there is none. */
const char *rbk_otlp_run_result(const struct rbk_run_row *run);
const char *rbk_otlp_step_result(enum rbk_step_state state);
/* cicd.pipeline.run.state of a run that has not ended. */
const char *rbk_otlp_run_progress(enum rbk_run_state state);

#endif
