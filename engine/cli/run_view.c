/* Steps of called runs are shown when they fail, wait, or with -v; the calling step stands for the others. */
#include <cli/run_view.h>

#include <base/clock.h>
#include <base/host.h>
#include <base/mem.h>
#include <cli/live.h>
#include <cli/run_header.h>
#include <cli/verbose.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct called {
    char *run, *number; /* the number of the step that called it */
};

struct rbk_run_view {
    struct rbk_cli *cli;
    struct rbk_live *live;
    struct rbk_buf out;
    struct called *called;
    size_t called_count, called_cap;
    struct rbk_run_tally tally;
    struct rbk_verbose verbose;
    bool silent, ended, wrote; /* wrote: something stands above */
};

struct rbk_run_view *rbk_run_view_new(struct rbk_cli *cli, bool silent)
{
    struct rbk_run_view *v = rbk_alloc(sizeof *v);
    v->cli = cli;
    v->silent = silent;
    v->live = silent || cli->quiet || !cli->out.terminal ? NULL : rbk_live_new(cli->loop, &cli->err);
    return v;
}

void rbk_run_view_free(struct rbk_run_view *v)
{
    if (!v)
        return;
    rbk_live_free(v->live);
    for (size_t i = 0; i < v->called_count; i++) {
        free(v->called[i].run);
        free(v->called[i].number);
    }
    free(v->called);
    rbk_verbose_fini(&v->verbose);
    rbk_buf_fini(&v->out);
    free(v);
}

bool rbk_run_view_ended(const struct rbk_run_view *v)
{
    return v->ended;
}

void rbk_run_view_pause(struct rbk_run_view *v)
{
    if (v)
        rbk_live_pause(v->live, true);
}

void rbk_run_view_continue(struct rbk_run_view *v)
{
    if (v)
        rbk_live_pause(v->live, false);
}

static void flush_view(struct rbk_run_view *v)
{
    v->wrote = true;
    rbk_live_hide(v->live);
    rbk_style_measure(&v->cli->out);
    rbk_style_write(&v->cli->out, &v->out);
    rbk_live_show(v->live);
}

/* "high, respond within 2h"; heap, NULL when it has no priority. */
static char *urgency_of(const struct rbk_config *c, const char *priority)
{
    struct rbk_buf out = {0};
    if (!priority)
        return NULL;
    rbk_buf_puts(&out, priority);
    for (size_t i = 0; i < c->escalation_count; i++) {
        char text[64];
        struct rbk_quantity within = {(double)c->escalation[i].response_ms / 1000.0, RBK_UNIT_SECONDS};
        if (strcmp(c->escalation[i].priority, priority) != 0)
            continue;
        rbk_quantity_format(within, text, sizeof text);
        if (c->escalation[i].response_ms)
            rbk_buf_printf(&out, ", respond within %s", text);
        else
            rbk_buf_puts(&out, ", respond immediately");
    }
    return rbk_buf_take(&out);
}

static void view_started(void *self, const struct rbk_run *run)
{
    struct rbk_run_view *v = self;
    const struct rbk_plan *plan = rbk_run_plan(run);
    char now[RBK_TIME_SIZE], host[RBK_HOST_SIZE];
    if (v->silent || v->cli->quiet || rbk_run_parent(run))
        return;
    char *user = rbk_cli_user(), *urgency = urgency_of(v->cli->config, plan->priority);
    rbk_time_local_hms(rbk_clock_wall_ms(), now);
    const struct rbk_run_header header = {.runbook = plan->id,
                                          .title = plan->title,
                                          .urgency = urgency,
                                          .run = rbk_run_short_id(run),
                                          .params = rbk_run_params(run),
                                          .by = user,
                                          .host = rbk_host_name(host),
                                          .when = now};
    rbk_style_measure(&v->cli->out);
    rbk_run_header(&v->out, &v->cli->out, &header);
    free(urgency);
    free(user);
    flush_view(v);
}

/* The number of a step as seen from the root run: "3.2" for the second step of the run that step 3 called. Heap. */
static char *number_from_root(const struct rbk_run_view *v, const struct rbk_run *run, const struct rbk_step_view *s)
{
    if (rbk_run_parent(run))
        for (size_t i = 0; i < v->called_count; i++)
            if (strcmp(v->called[i].run, rbk_run_id(run)) == 0)
                return rbk_asprintf("%s.%s", v->called[i].number, s->number);
    return rbk_strdup(s->number);
}

static void remember_call(struct rbk_run_view *v, const char *child_run, const char *number)
{
    for (size_t i = 0; i < v->called_count; i++)
        if (strcmp(v->called[i].run, child_run) == 0)
            return;
    RBK_GROW(v->called, v->called_count, v->called_cap);
    v->called[v->called_count++] = (struct called){rbk_strdup(child_run), rbk_strdup(number)};
}

static void count_checks(struct rbk_run_view *v, const rbk_value *checks)
{
    for (size_t i = 0; i < rbk_value_length(checks); i++) {
        const char *result = rbk_map_get_string(rbk_list_at(checks, i), "result");
        v->tally.met += result && strcmp(result, "met") == 0;
        v->tally.unmet += result && strcmp(result, "not-met") == 0;
    }
}

static bool is_trouble(enum rbk_step_state s)
{
    return s == RBK_STEP_FAILED || s == RBK_STEP_TIMED_OUT || s == RBK_STEP_IN_DOUBT || s == RBK_STEP_CANCELLED;
}

static bool step_is_shown(const struct rbk_run_view *v, const struct rbk_run *run, enum rbk_step_state s)
{
    if (is_trouble(s))
        return true;
    if (v->cli->quiet)
        return false;
    return !rbk_run_parent(run) || s == RBK_STEP_WAITING || v->cli->verbose > 0;
}

/* A step that holds others: a `parallel`, or an `each` as a whole. */
static bool is_group(const struct rbk_step_view *s)
{
    return s->node->is_parallel || ((s->node->each || s->node->each_list) && !s->item);
}

/* Prints a group's title before its children, and its end only when there is something to say. */
static void view_group(struct rbk_run_view *v, const struct rbk_run *run, const struct rbk_step_view *s,
                       const char *number)
{
    bool rests_well = s->state == RBK_STEP_SUCCEEDED && !rbk_value_length(s->checks) && !s->error;
    if (s->state == RBK_STEP_PENDING || rests_well || !step_is_shown(v, run, s->state))
        return;
    struct rbk_step_view shown = *s;
    if (s->state == RBK_STEP_RUNNING && s->detail && s->detail[0]) { /* its title stands there already */
        rbk_verbose_end_line(&v->verbose, &v->out);
        rbk_step_view_text(&v->out, &v->cli->out, RBK_PLAIN, s->detail);
        flush_view(v);
        return;
    }
    if (s->state == RBK_STEP_RUNNING) { /* a title over its children, without a state that would stay on the screen */
        shown.state = RBK_STEP_PENDING;
        shown.duration_ms = -1;
    }
    rbk_verbose_end_line(&v->verbose, &v->out);
    rbk_step_view_block(&v->out, &v->cli->out, &shown, number);
    flush_view(v);
}

/* Remembers which step a retry would be for. */
static void remember_failure(struct rbk_run_view *v, const struct rbk_run *run, const struct rbk_step_view *s)
{
    bool failed = s->state == RBK_STEP_FAILED || s->state == RBK_STEP_TIMED_OUT;
    if (rbk_run_parent(run) || s->node->is_parallel)
        return;
    if (failed && !v->tally.failed_step)
        v->tally.failed_step = s->node->id;
    if (s->state == RBK_STEP_CANCELLED && !v->tally.stopped_step)
        v->tally.stopped_step = s->node->id;
}

static bool is_verbose(const struct rbk_run_view *v)
{
    return v->cli->verbose && !v->cli->quiet;
}

static void view_begun(struct rbk_run_view *v, const struct rbk_speaker *who)
{
    rbk_live_set(v->live, who->key, who->number, who->step->node->title, who->step->usual_ms);
    if (!is_verbose(v))
        return;
    rbk_verbose_begin(&v->verbose, &v->out, &v->cli->out, who);
    flush_view(v);
}

static void view_step(void *self, const struct rbk_run *run, const struct rbk_step_view *s)
{
    struct rbk_run_view *v = self;
    if (v->silent)
        return;
    char *number = number_from_root(v, run, s);
    char *key = rbk_asprintf("%s/%s", rbk_run_id(run), s->key);
    if (s->child_run)
        remember_call(v, s->child_run, number);
    if (s->state != RBK_STEP_PENDING && s->state != RBK_STEP_RUNNING)
        count_checks(v, s->checks);
    remember_failure(v, run, s);
    if (is_group(s)) {
        view_group(v, run, s, number);
    } else if (s->state == RBK_STEP_RUNNING) {
        view_begun(v, &(struct rbk_speaker){key, number, s});
    } else if (s->state != RBK_STEP_PENDING) {
        rbk_live_remove(v->live, key);
        if (step_is_shown(v, run, s->state)) {
            rbk_verbose_end_line(&v->verbose, &v->out);
            rbk_step_view_block(&v->out, &v->cli->out, s, number);
            flush_view(v);
        }
    }
    free(number);
    free(key);
}

static void view_output(void *self, const struct rbk_run *run, const struct rbk_step_view *s, int stream,
                        const char *data, size_t len)
{
    struct rbk_run_view *v = self;
    if (v->silent || (!is_verbose(v) && !v->live))
        return;
    char *key = rbk_asprintf("%s/%s", rbk_run_id(run), s->key);
    if (is_verbose(v)) {
        char *number = number_from_root(v, run, s);
        rbk_verbose_output(&v->verbose, &v->out, &v->cli->out, &(struct rbk_speaker){key, number, s}, stream, data,
                           len);
        flush_view(v);
        free(number);
    } else {
        rbk_live_output(v->live, key, data, len);
    }
    free(key);
}

static void view_note(void *self, const struct rbk_run *run, const struct rbk_step_view *s, const char *text)
{
    struct rbk_run_view *v = self;
    (void)run, (void)s;
    if (v->silent)
        return;
    rbk_verbose_end_line(&v->verbose, &v->out);
    rbk_step_view_text(&v->out, &v->cli->out, RBK_YELLOW, text);
    flush_view(v);
}

static void put_summary(struct rbk_run_view *v, const struct rbk_run *run)
{
    rbk_value *waiting = NULL;
    if (rbk_run_get_state(run) == RBK_RUN_WAITING &&
        rbk_report_waiting(v->cli->store, rbk_run_id(run), &waiting, NULL) == 0)
        v->tally.waiting = waiting;
    if (v->wrote)
        rbk_buf_putc(&v->out, '\n');
    rbk_run_summary(&v->out, &v->cli->out, run, &v->tally);
    v->tally.waiting = NULL;
    rbk_value_free(waiting);
}

static void view_ended(void *self, const struct rbk_run *run)
{
    struct rbk_run_view *v = self;
    if (rbk_run_parent(run))
        return;
    rbk_live_hide(v->live);
    rbk_verbose_end_line(&v->verbose, &v->out);
    if (!v->silent)
        put_summary(v, run);
    rbk_style_write(&v->cli->out, &v->out);
    v->ended = true;
    rbk_loop_stop(v->cli->loop);
}

const struct rbk_run_observer rbk_run_view_observer = {
    .started = view_started, .step = view_step, .output = view_output, .note = view_note, .ended = view_ended};
