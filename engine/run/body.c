/* One body: a shell text, an argv, a function or an action, whether it is a step's `run`, its `undo` or its `verify`.
 * At most one is in flight per step. */
#include <run/machine.h>

static void on_command(void *arg, const struct rbk_command_result *result, const struct rbk_error *failed)
{
    struct rbk_step *step = arg;
    struct rbk_error why = {0};
    (void)failed; /* a command that cannot be started is reported by rbk_command_start */
    step->body_exit = result->proc.end == RBK_END_EXIT ? result->proc.exit_code : -1;
    if (step->body == &step->node->run) {
        step->row.exit_code = result->proc.exit_code;
        step->row.signal = result->proc.signal;
    }
    int rc = rbk_command_failure(&result->proc, &why);
    rbk_body_ended(step, rc < 0 ? &why : NULL, result->proc.end == RBK_END_TIMEOUT);
}

static int start_argv(struct rbk_step *step, const struct rbk_body *body, struct rbk_error *err)
{
    struct rbk_strv argv = {0};
    int rc = 0;
    for (size_t i = 0; i < body->argv.count && rc == 0; i++) {
        char *arg = NULL;
        rc = rbk_subst_text(body->argv.items[i], rbk_fact_lookup, step, &arg, err);
        if (rc == 0)
            rbk_strv_take(&argv, arg);
    }
    if (rc == 0) {
        struct rbk_command command = {.argv = argv.items};
        rc = rbk_command_start(step, &command, on_command, step, err);
    }
    rbk_strv_fini(&argv);
    return rc;
}

static int start_kind(struct rbk_step *step, const struct rbk_body *body, struct rbk_error *err)
{
    struct rbk_command command = {.shell = body->text};
    switch (body->kind) {
    case RBK_BODY_SHELL:
        return rbk_command_start(step, &command, on_command, step, err);
    case RBK_BODY_ARGV:
        return start_argv(step, body, err);
    default:
        return rbk_perform_start(step, body, err);
    }
}

int rbk_body_start(struct rbk_step *step, const struct rbk_body *body, rbk_body_done_fn *done, struct rbk_error *err)
{
    step->body = body;
    step->body_done = done;
    step->body_exit = -1;
    step->run->session->effects = true;
    int rc = start_kind(step, body, err);
    if (rc < 0) {
        step->body = NULL;
        rbk_error_at(err, err && err->file[0] ? NULL : step->run->plan->path, body->line, 0);
    }
    return rc;
}

void rbk_body_stop(struct rbk_step *step, enum rbk_proc_end reason, bool now)
{
    if (step->secret)
        rbk_proc_cancel(step->secret, reason, now);
    rbk_command_stop_all(step, reason, now);
    rbk_perform_stop(step);
}

void rbk_body_ended(struct rbk_step *step, const struct rbk_error *failed, bool timed_out)
{
    step->body = NULL;
    step->body_done(step, failed, timed_out);
}
