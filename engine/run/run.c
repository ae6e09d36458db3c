/* A run's life: it is opened (id, locks, first row), begun, stopped or not, and ends once. */
#include <run/machine.h>

#include <base/host.h>
#include <base/trace.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 1000, TRACESTATE_MAX = 512 /* what W3C Trace Context has everybody hand on at least */ };

struct rbk_run *rbk_run_new(struct rbk_session *s, const struct rbk_plan *plan, const rbk_value *params)
{
    struct rbk_run *run = rbk_alloc(sizeof *run);
    run->session = s;
    run->plan = plan;
    run->params = params ? rbk_value_dup(params) : rbk_map_new();
    run->facts = rbk_map_new();
    run->parked = RBK_RUN_RUNNING;
    if (!s->root)
        s->root = run;
    return run;
}

void rbk_run_destroy(struct rbk_run *run)
{
    for (size_t i = 0; i < run->child_count; i++)
        rbk_run_destroy(run->children[i]);
    for (size_t i = 0; i < run->step_count; i++)
        if (run->steps[i])
            rbk_step_destroy(run->steps[i]);
    for (size_t i = 0; i < run->gate_count; i++)
        rbk_gate_row_fini(&run->gates[i]);
    rbk_timer_cancel(&run->deadline);
    rbk_lock_release(run->lock);
    rbk_run_row_fini(&run->row);
    rbk_value_free(run->params);
    rbk_value_free(run->facts);
    rbk_value_free(run->each_lists);
    rbk_value_free(run->restored_places);
    free(run->children);
    free(run->steps);
    free(run->gates);
    free(run);
}

void rbk_run_free(struct rbk_run *run)
{
    if (run) {
        struct rbk_session *s = run->session;
        rbk_record_fini(&s->recorder);
        rbk_run_destroy(run);
        rbk_session_free(s);
    }
}

/* The parameters as they are stored: a secret one is not. */
static rbk_value *recorded_params(const struct rbk_run *run)
{
    rbk_value *params = rbk_value_dup(run->params);
    for (size_t i = 0; i < run->plan->param_count; i++) {
        const struct rbk_param *p = &run->plan->params[i];
        const rbk_value *v = rbk_map_get(run->params, p->name);
        if (p->secret && v) {
            rbk_secret_hide(run->session, v);
            rbk_map_set_string(params, p->name, "***");
        }
    }
    return rbk_fact_redacted(run->session, params);
}

static char *host_name(void)
{
    char name[RBK_HOST_SIZE];
    return rbk_strdup(rbk_host_name(name));
}

/* The trace that this process was started in: a resumed run stays in it. A tracestate without one means nothing. */
static void keep_trace(rbk_value *options)
{
    const char *tracestate = getenv("TRACESTATE");
    char traceparent[RBK_TRACEPARENT_SIZE];
    struct rbk_trace_context trace;
    if (!rbk_traceparent_parse(getenv("TRACEPARENT"), &trace))
        return;
    rbk_traceparent_format(&trace, traceparent);
    rbk_map_set_string(options, RBK_OPTION_TRACEPARENT, traceparent);
    if (tracestate && *tracestate && strlen(tracestate) <= TRACESTATE_MAX)
        rbk_map_set_string(options, RBK_OPTION_TRACESTATE, tracestate);
}

static void fill_row(struct rbk_run *run)
{
    struct rbk_run_row *row = &run->row;
    char hash[17];
    row->runbook = rbk_strdup(run->plan->id);
    row->title = rbk_strdup(run->plan->title);
    row->path = rbk_strdup(run->plan->path);
    row->state = RBK_RUN_RUNNING;
    row->exit = -1;
    row->started_ms = rbk_clock_wall_ms();
    row->by = rbk_strdup(run->session->by);
    row->host = host_name();
    row->pid = getpid();
    if (run->parent) {
        row->root = rbk_strdup(run->session->root->row.id);
        row->parent = rbk_strdup(run->parent->row.id);
        row->parent_step = rbk_strdup(run->caller->row.key);
    }
    row->params = recorded_params(run);
    row->options = rbk_map_new();
    if (!run->parent)
        keep_trace(row->options);
    if (!run->parent && run->plan->priority)
        rbk_map_set_string(row->options, RBK_OPTION_PRIORITY, run->plan->priority);
    if (!run->parent && run->session->o.timeout_ms > 0)
        rbk_map_set_int(row->options, RBK_OPTION_TIMEOUT, run->session->o.timeout_ms);
    rbk_map_set_string(row->options, "from", run->from ? run->from->id : NULL);
    rbk_map_set_string(row->options, "only", run->only ? run->only->id : NULL);
    row->plan = rbk_plan_record(run->plan);
    rbk_plan_record_hash(row->plan, hash);
    row->plan_hash = rbk_strdup(hash);
}

int rbk_run_take_instance(struct rbk_run *run, struct rbk_error *err)
{
    return run->plan->overlap_allow ? 0 : rbk_locks_take(run, RBK_LOCK_INSTANCE, run->plan->id, &run->instance, err);
}

void rbk_run_name(struct rbk_run *run)
{
    if (rbk_journal_run_short(run->session->o.store, run->row.id, run->short_id, NULL) < 0)
        snprintf(run->short_id, sizeof run->short_id, "%.12s", run->row.id);
}

int rbk_run_open(struct rbk_run *run, struct rbk_error *err)
{
    struct rbk_store *store = run->session->o.store;
    const char *given = run->parent ? NULL : run->session->o.id;
    int rc = given ? 0 : rbk_ulid_new(run->row.id, err);
    if (given)
        snprintf(run->row.id, sizeof run->row.id, "%s", given);
    if (rc == 0)
        rc = rbk_run_take_instance(run, err);
    if (rc == 0 && !run->parent)
        rc = rbk_lock_try(store, RBK_LOCK_RUN, run->row.id, run->plan->id, &run->lock, err);
    if (rc < 0)
        return rc;
    fill_row(run);
    rbk_run_name(run);
    rbk_record_run(run);
    return 0;
}

static void on_deadline(void *arg)
{
    struct rbk_run *run = arg;
    run->deadline = NULL;
    rbk_run_stop(run, RBK_STOP_TIMEOUT, false);
}

static void on_poll(void *arg)
{
    struct rbk_run *root = arg;
    if (root->stop == RBK_STOP_NONE && rbk_journal_cancel_requested(root->session->o.store, root->row.id))
        rbk_run_stop(root, RBK_STOP_CANCEL, false);
}

/* The runbook's, or what bounds this run (its row knows, on a resume too): the shorter. 0 = none. */
static int64_t timeout_of(const struct rbk_run *run)
{
    int64_t own = run->plan->timeout_ms, given = rbk_value_int(rbk_map_get(run->row.options, RBK_OPTION_TIMEOUT));
    return own > 0 && (given <= 0 || own < given) ? own : given;
}

void rbk_run_begin(struct rbk_run *run)
{
    int64_t timeout = timeout_of(run);
    const struct rbk_run_options *o = &run->session->o;
    run->began_ms = rbk_clock_mono_ms();
    run->before_ms = run->row.duration_ms;
    if (!run->parent) {
        run->session->poll = rbk_timer_start(o->loop, POLL_MS, POLL_MS, on_poll, run);
        if (o->observer && o->observer->started)
            o->observer->started(o->observer_self, run);
    }
    if (timeout > 0) {
        int64_t left = timeout - run->before_ms;
        run->deadline = rbk_timer_start(o->loop, left > 0 ? left : 1, 0, on_deadline, run);
    }
    rbk_sequence_go(run);
}

void rbk_run_stop(struct rbk_run *run, enum rbk_stop stop, bool now)
{
    if (run->ended)
        return;
    bool at_once = now || stop == RBK_STOP_INTERRUPT;
    bool cleaning_up = run->undoing || (run->current && run->current->node->always && run->halted);
    if (stop > run->stop)
        run->stop = stop;
    run->now |= at_once;
    if (cleaning_up && !at_once)
        return; /* what clears up is left to finish, unless asked twice */
    if (run->undoing)
        rbk_body_stop(run->undoing, RBK_END_CANCEL, now);
    else if (run->current)
        rbk_step_stop(run->current, stop, now);
}

void rbk_run_cancel(struct rbk_run *run, int signo, bool now)
{
    if (signo)
        run->signo = signo;
    rbk_run_stop(run, signo ? RBK_STOP_INTERRUPT : RBK_STOP_CANCEL, now);
}

static void tell_budget(struct rbk_run *run)
{
    int64_t budget = run->plan->budget_ms;
    if (budget > 0 && run->row.duration_ms > budget) {
        char took[RBK_TIME_SIZE], allowed[RBK_TIME_SIZE];
        rbk_duration_format(run->row.duration_ms, took);
        rbk_duration_format(budget, allowed);
        char *text = rbk_asprintf("the run is over its budget: %s of %s", took, allowed);
        rbk_observe_note(run, NULL, text);
        free(text);
        rbk_value *data = rbk_map_new();
        rbk_map_set_int(data, "took_ms", run->row.duration_ms);
        rbk_map_set_int(data, "budget_ms", budget);
        rbk_record_told(run, NULL, "over-budget", data);
    }
}

static void tell_ended(void *arg)
{
    struct rbk_run *run = arg;
    const struct rbk_run_options *o = &run->session->o;
    rbk_timer_cancel(&run->session->poll);
    rbk_locks_drop(run->session, &run->instance);
    rbk_lock_release(run->lock);
    run->lock = NULL;
    if (o->observer && o->observer->ended)
        o->observer->ended(o->observer_self, run);
}

static void set_result(struct rbk_run *run, enum rbk_run_state state, int exit_code, const char *reason)
{
    struct rbk_run_row *row = &run->row;
    char *text = rbk_step_output_redacted(run->session, reason);
    free(row->reason);
    row->reason = text;
    row->state = state;
    row->exit = exit_code;
    row->duration_ms = run->before_ms + (rbk_clock_mono_ms() - run->began_ms);
    bool over = state != RBK_RUN_WAITING && state != RBK_RUN_INTERRUPTED;
    row->ended_ms = over ? rbk_clock_wall_ms() : 0;
    int64_t patience = run->session->o.config->waiting_expires_ms;
    row->expires_ms = state == RBK_RUN_WAITING && patience > 0 ? rbk_clock_wall_ms() + patience : 0;
}

void rbk_run_end(struct rbk_run *run, enum rbk_run_state state, int exit_code, const char *reason)
{
    struct rbk_session *s = run->session;
    run->ended = true;
    rbk_timer_cancel(&run->deadline);
    set_result(run, state, exit_code, reason);
    tell_budget(run);
    rbk_record_run(run);
    rbk_record_measured(run, NULL);
    if (run->parent) {
        rbk_locks_drop(s, &run->instance);
        rbk_call_ended(run);
    } else if (s->recorder.failed) {
        rbk_loop_defer(s->o.loop, tell_ended, run);
    } else {
        rbk_record_then(s, tell_ended, run);
    }
}

/* The store cannot be written any more: what runs is stopped, and nothing is claimed. */
void rbk_session_fail(struct rbk_session *s)
{
    struct rbk_run *root = s->root;
    if (root->ended) {
        set_result(root, RBK_RUN_INTERRUPTED, rbk_exit_status(RBK_ESTORE), s->recorder.failure.message);
        rbk_loop_defer(s->o.loop, tell_ended, root);
    } else {
        root->signo = root->signo ? root->signo : SIGTERM;
        rbk_run_stop(root, RBK_STOP_INTERRUPT, true);
    }
}
