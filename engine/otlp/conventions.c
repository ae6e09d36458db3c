/* See conventions.h. */
#include <otlp/conventions.h>

const struct rbk_otlp_convention rbk_otlp_conventions[RBK_OTLP_NAME_COUNT] = {
#define X(field, name, help) [RBK_OTLP_##field] = {name, help},
    RBK_OTLP_NAMES(X)
#undef X
};

/* A failure is the runbook's, an error the engine's own. */
const char *rbk_otlp_run_result(const struct rbk_run_row *run)
{
    switch (run->state) {
    case RBK_RUN_SUCCEEDED:
        return "success";
    case RBK_RUN_FAILED:
        return run->exit == rbk_exit_status(RBK_ESTORE) ? "error" : "failure";
    case RBK_RUN_CANCELLED:
        return "cancellation";
    case RBK_RUN_TIMED_OUT:
        return "timeout";
    default:
        return NULL;
    }
}

const char *rbk_otlp_step_result(enum rbk_step_state state)
{
    switch (state) {
    case RBK_STEP_SUCCEEDED:
    case RBK_STEP_UNDONE:
        return "success";
    case RBK_STEP_FAILED:
        return "failure";
    case RBK_STEP_SKIPPED:
        return "skip";
    case RBK_STEP_CANCELLED:
        return "cancellation";
    case RBK_STEP_TIMED_OUT:
        return "timeout";
    case RBK_STEP_IN_DOUBT:
        return "error";
    default:
        return NULL;
    }
}

const char *rbk_otlp_run_progress(enum rbk_run_state state)
{
    return state == RBK_RUN_RUNNING ? "executing" : "pending";
}
