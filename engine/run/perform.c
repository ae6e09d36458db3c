/* The door through which the script host acts (run/script.h). The host sees a body begin and says when it has ended;
 * what it does in between goes through here, so that it is recorded, redacted, limited and can be stopped. */
#include <run/machine.h>

#include <string.h>

enum { EXEC_CAPTURE_MAX = 1 << 20 };

struct rbk_perform {
    struct rbk_step *step;
    struct rbk_script_call *call;
    char *scratch;
    bool ended, cancelled, failed;
    struct rbk_error failure;
    struct rbk_timer *late;
};

int rbk_perform_start(struct rbk_step *step, const struct rbk_body *body, struct rbk_error *err)
{
    const struct rbk_run_options *o = &step->run->session->o;
    rbk_value *options = NULL;
    if (body->options && rbk_subst_value(body->options, rbk_fact_lookup, step, &options, err) < 0)
        return RBK_EINVAL;
    struct rbk_perform *p = rbk_alloc(sizeof *p);
    p->step = step;
    step->perform = p;
    int rc = o->script->start(o->host, body, options, p, &p->call, err);
    rbk_value_free(options);
    if (rc < 0) {
        step->perform = NULL;
        free(p->scratch);
        free(p);
    }
    return rc;
}

void rbk_perform_stop(struct rbk_step *step)
{
    struct rbk_perform *p = step->perform;
    if (p && !p->ended && !p->cancelled) {
        p->cancelled = true;
        step->run->session->o.script->cancel(step->run->session->o.host, p->call);
    }
}

/* The body is over once the host has said so and no process of it is left. */
void rbk_perform_settle(struct rbk_step *step)
{
    struct rbk_perform *p = step->perform;
    if (!p || !p->ended || step->jobs)
        return;
    struct rbk_error failure = p->failure;
    bool failed = p->failed;
    rbk_timer_cancel(&p->late);
    step->perform = NULL;
    free(p->scratch);
    free(p);
    rbk_body_ended(step, failed ? &failure : NULL, false);
}

static void shorten(struct rbk_timer *timer, int64_t *left_ms)
{
    int64_t ms = timer ? rbk_timer_left_ms(timer) : INT64_MAX;
    if (ms < *left_ms)
        *left_ms = ms;
}

int64_t rbk_perform_left_ms(struct rbk_perform *p)
{
    int64_t left = INT64_MAX;
    for (struct rbk_step *step = p->step; step; step = step->parent ? step->parent : step->run->caller) {
        shorten(step->timeout, &left);
        shorten(step->run->deadline, &left);
    }
    return left;
}

static void on_late(void *arg)
{
    struct rbk_perform *p = arg;
    p->late = NULL;
    rbk_perform_settle(p->step);
}

/* A script that did not let go until its time was up has kept the timer from firing: it comes first. */
void rbk_perform_done(struct rbk_perform *p, const struct rbk_error *failed)
{
    struct rbk_step *step = p->step;
    p->ended = true;
    p->failed = failed != NULL;
    if (failed)
        p->failure = *failed;
    rbk_request_cancel_all(step);
    rbk_command_forget_all(step);
    rbk_command_stop_all(step, RBK_END_CANCEL, false);
    if (failed && rbk_perform_left_ms(p) == 0)
        p->late = rbk_timer_start(rbk_perform_loop(p), 1, 0, on_late, p);
    else
        rbk_perform_settle(step);
}

int rbk_perform_exec(struct rbk_perform *p, const struct rbk_command *command, rbk_command_fn *fn, void *arg,
                     struct rbk_error *err)
{
    struct rbk_command c = *command;
    if (p->cancelled || p->ended)
        return rbk_error_set(err, RBK_ECANCELLED, "cancelled");
    if (c.capture_max == 0)
        c.capture_max = EXEC_CAPTURE_MAX;
    return rbk_command_start(p->step, &c, fn, arg, err);
}

int rbk_perform_http(struct rbk_perform *p, const struct rbk_step_request *request, rbk_net_fn *fn, void *arg,
                     struct rbk_request **out, struct rbk_error *err)
{
    if (p->cancelled || p->ended)
        return rbk_error_set(err, RBK_ECANCELLED, "cancelled");
    int rc = request->writes ? rbk_perform_intent(p, err) : 0;
    return rc < 0 ? rc : rbk_request_start(p->step, request, fn, arg, out, err);
}

/* A step that writes was recorded before it began; one that was taken to read only is recorded now. */
int rbk_perform_intent(struct rbk_perform *p, struct rbk_error *err)
{
    struct rbk_step *step = p->step;
    if (!step->row.idempotent || step->node->idempotent || step->body != &step->node->run)
        return 0;
    step->row.idempotent = false;
    rbk_record_step(step, RBK_RECORD_NOW);
    return rbk_record_flush(step->run->session, err);
}

int rbk_perform_set(struct rbk_perform *p, const char *name, rbk_value *v, struct rbk_error *err)
{
    return rbk_fact_set(p->step, name, v, err);
}

const rbk_value *rbk_perform_get(struct rbk_perform *p, const char *name)
{
    return rbk_fact_lookup(p->step, name);
}

void rbk_perform_note(struct rbk_perform *p, const char *text)
{
    rbk_step_note(p->step, "%s", text);
}

char *rbk_perform_redacted(struct rbk_perform *p, const char *text)
{
    return rbk_step_output_redacted(p->step->run->session, text);
}

void rbk_perform_log(struct rbk_perform *p, const char *text, size_t len)
{
    struct rbk_buf line = {0};
    rbk_redact(p->step->run->session->o.redactor, text, len, &line);
    if (line.len == 0 || line.data[line.len - 1] != '\n')
        rbk_buf_putc(&line, '\n');
    rbk_step_output_write(p->step, 3, line.data, line.len, false);
    rbk_buf_fini(&line);
}

struct rbk_loop *rbk_perform_loop(struct rbk_perform *p)
{
    return p->step->run->session->o.loop;
}

struct rbk_store *rbk_perform_store(struct rbk_perform *p)
{
    return p->step->run->session->o.store;
}

const struct rbk_config *rbk_perform_config(struct rbk_perform *p)
{
    return p->step->run->session->o.config;
}

const char *rbk_perform_run_id(struct rbk_perform *p)
{
    return p->step->run->row.id;
}

const char *rbk_perform_runbook(struct rbk_perform *p)
{
    return p->step->run->row.runbook;
}

const char *rbk_perform_step_key(struct rbk_perform *p)
{
    return p->step->row.key;
}

/* Beside the log of the step: what a tool left there helps whoever reads the log. */
const char *rbk_perform_scratch(struct rbk_perform *p, struct rbk_error *err)
{
    if (!p->scratch)
        p->scratch = rbk_step_output_folder(p->step, ".files", err);
    return p->scratch;
}
