/* Carrying a run to its end in this process: the loop, the signals, the view, the person at the terminal, the JSON. */
#ifndef RBK_CLI_EXECUTE_H
#define RBK_CLI_EXECUTE_H

#include <cli/context.h>
#include <run/run.h>

struct rbk_execution {
    const struct rbk_plan *plan;
    const rbk_value *params; /* bound; when resuming, the secret ones that were given again */
    bool yes, step_by_step;
    const char *from, *only;
    const char *id;     /* of a fresh run, NULL = a new one */
    int64_t timeout_ms; /* of a fresh run, beside its runbook's; 0 = none */
    const char *resume; /* run id to go on with, or NULL for a fresh run */
    struct rbk_resume_options resume_options;
    bool silent;       /* no JSON document and no view: the caller prints its own */
    rbk_value **facts; /* filled with the facts at the end when not NULL; the caller's */
    char **reason;     /* likewise, with why it ended as it did; NULL when all is well */
};

/* Opens store and loop, runs to the end, prints. Returns the exit status of the run, or a negative code when it did not
 * start. */
int rbk_execute(struct rbk_cli *cli, const struct rbk_execution *e, struct rbk_error *err);

#endif
