/* What the tests of the step machine share: a project in a temporary folder with its store, plans built by hand, and a
 * script host that is a table of C functions. A ledger file, written by the steps themselves, is the independent
 * witness of what was executed, and in which order. */
#ifndef RUN_FIXTURE_H
#define RUN_FIXTURE_H

#include <base/fs.h>
#include <base/mem.h>
#include <run/run.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef void host_fn(struct rbk_perform *perform, const rbk_value *options);

struct fixture {
    char dir[64];
    struct rbk_loop *loop;
    struct rbk_store *store;
    struct rbk_config config;
    struct rbk_plan *plan;      /* the one under test */
    struct rbk_plan *called[4]; /* what `load` finds */
    struct rbk_run *run;
    struct rbk_run_options options;
    struct rbk_buf notes, trace; /* what the observer was told */
    int ended;
    char run_id[RBK_ULID_SIZE];
    int answers[8]; /* decisions of the person, in turn; -2 = nobody is there */
    int answer_count, asked;
    const char *answer_name, *answer_text; /* for ask and fact */
};

/* ---- the script host -------------------------------------------------------------------------------------------- */

static host_fn *host_functions[8];

struct rbk_script_call {
    struct rbk_perform *perform;
    host_fn *fn;
    rbk_value *options;
};

static void host_run(void *arg)
{
    struct rbk_script_call *call = arg;
    call->fn(call->perform, call->options);
    rbk_value_free(call->options);
    free(call);
}

static int host_start(void *host, const struct rbk_body *body, const rbk_value *options, struct rbk_perform *perform,
                      struct rbk_script_call **out, struct rbk_error *err)
{
    struct fixture *f = host;
    (void)err;
    struct rbk_script_call *call = rbk_alloc(sizeof *call);
    *call = (struct rbk_script_call){perform, host_functions[body->script], options ? rbk_value_dup(options) : NULL};
    *out = call;
    rbk_loop_defer(f->loop, host_run, call);
    return 0;
}

static void host_cancel(void *host, struct rbk_script_call *call)
{
    (void)host;
    (void)call; /* a function that waits for a command ends with the command */
}

/* The pattern is a literal; what follows it up to the end of the line is the match. */
static int host_match(void *host, const char *pattern, const char *text, size_t len, char **out, struct rbk_error *err)
{
    (void)host;
    (void)err;
    const char *at = memmem(text, len, pattern, strlen(pattern));
    if (!at)
        return 0;
    at += strlen(pattern);
    *out = rbk_strndup(at, strcspn(at, "\n"));
    return 1;
}

static int host_load(void *host, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    struct fixture *f = host;
    for (int i = 0; i < 4; i++) {
        if (f->called[i] && strcmp(f->called[i]->id, id) == 0) {
            *out = f->called[i];
            f->called[i] = NULL;
            return 0;
        }
    }
    return rbk_error_set(err, RBK_ENOENT, "no runbook %s", id);
}

static const struct rbk_script_ops host_ops = {host_start, host_cancel, host_match, host_load};

/* ---- watching and answering ------------------------------------------------------------------------------------- */

static void on_step(void *self, const struct rbk_run *run, const struct rbk_step_view *step)
{
    struct fixture *f = self;
    (void)run;
    rbk_buf_printf(&f->trace, "%s %s\n", step->key, rbk_step_state_name(step->state));
}

static void on_note(void *self, const struct rbk_run *run, const struct rbk_step_view *step, const char *text)
{
    struct fixture *f = self;
    (void)run;
    (void)step;
    rbk_buf_printf(&f->notes, "%s\n", text);
}

static void on_ended(void *self, const struct rbk_run *run)
{
    struct fixture *f = self;
    (void)run;
    f->ended++;
    rbk_loop_stop(f->loop);
}

static const struct rbk_run_observer observer = {.step = on_step, .note = on_note, .ended = on_ended};

static void gate_ask(void *self, const struct rbk_question *q, rbk_answer_fn *answer, void *arg)
{
    struct fixture *f = self;
    int decision = f->asked < f->answer_count ? f->answers[f->asked] : -1;
    f->asked++;
    rbk_value *answers = NULL;
    if (q->ask_count > 0 && f->answer_name && decision == 1) {
        answers = rbk_map_new();
        rbk_map_set(answers, f->answer_name, rbk_string_new(f->answer_text));
    }
    answer(arg, decision, answers, "because");
}

static void gate_withdraw(void *self)
{
    (void)self;
}

static const struct rbk_gate_ops gate_ops = {gate_ask, gate_withdraw};

/* The person's decisions, in the order of the questions. */
static inline void answer_with(struct fixture *f, int count, const int *decisions)
{
    memcpy(f->answers, decisions, (size_t)count * sizeof *decisions);
    f->answer_count = count;
    f->options.gates = &gate_ops;
    f->options.gates_self = f;
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static inline void open_store(struct fixture *f)
{
    const struct rbk_schema *schemas[] = {&rbk_journal_schema, NULL};
    char *state = rbk_path_join(f->dir, ".runbook");
    struct rbk_store_options options = {.dir = state, .schemas = schemas};
    struct rbk_error err = {0};
    if (rbk_store_open(&options, &f->store, &err) < 0)
        fail_msg("%s", err.message);
    free(state);
    f->options.store = f->store;
}

static inline void open_loop(struct fixture *f)
{
    assert_int_equal(rbk_loop_new(&f->loop, NULL), 0);
    f->options.loop = f->loop;
}

static int setup(void **state)
{
    struct fixture *f = rbk_alloc(sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/rbk-run-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->config.root = f->dir;
    f->config.waiting_expires_ms = 7LL * 86400 * 1000;
    f->config.parallel = 4;
    f->options = (struct rbk_run_options){.config = &f->config,
                                          .script = &host_ops,
                                          .host = f,
                                          .observer = &observer,
                                          .observer_self = f,
                                          .by = "tester"};
    open_store(f);
    open_loop(f);
    f->plan = rbk_plan_new("test/plan", NULL);
    *state = f;
    return 0;
}

static inline void drop_run(struct fixture *f)
{
    rbk_run_free(f->run);
    f->run = NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    drop_run(f);
    rbk_loop_free(f->loop);
    rbk_store_close(f->store);
    rbk_plan_free(f->plan);
    for (int i = 0; i < 4; i++)
        rbk_plan_free(f->called[i]);
    rbk_buf_fini(&f->notes);
    rbk_buf_fini(&f->trace);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* ---- plans --------------------------------------------------------------------------------------------------------
 */

static inline struct rbk_node *shell_node(const char *title, const char *text)
{
    struct rbk_node *n = rbk_node_new(title, 1);
    if (text) {
        n->run.kind = RBK_BODY_SHELL;
        n->run.text = rbk_strdup(text);
    }
    return n;
}

static inline struct rbk_node *add_shell(struct fixture *f, const char *title, const char *text)
{
    struct rbk_node *n = shell_node(title, text);
    rbk_plan_add(f->plan, n);
    return n;
}

static inline struct rbk_node *add_function(struct fixture *f, const char *title, int script)
{
    struct rbk_node *n = rbk_node_new(title, 1);
    n->run.kind = RBK_BODY_FUNCTION;
    n->run.script = script;
    n->run.text = rbk_strdup(title);
    rbk_plan_add(f->plan, n);
    return n;
}

static inline struct rbk_expr *expr(const char *text)
{
    struct rbk_expr *e = NULL;
    struct rbk_error err = {0};
    if (rbk_expr_parse(text, "test", 1, &e, &err) < 0)
        fail_msg("%s", err.message);
    return e;
}

static inline void add_check(struct rbk_node *n, const char *text)
{
    n->checks = rbk_realloc(n->checks, n->check_count + 1, sizeof *n->checks);
    n->checks[n->check_count++] = expr(text);
}

static inline void add_capture(struct rbk_node *n, const char *name, const char *pattern)
{
    n->captures = rbk_realloc(n->captures, n->capture_count + 1, sizeof *n->captures);
    n->captures[n->capture_count++] = (struct rbk_capture){rbk_strdup(name), rbk_strdup(pattern)};
}

static inline void set_body(struct rbk_body *b, const char *text)
{
    b->kind = RBK_BODY_SHELL;
    b->text = rbk_strdup(text);
}

/* ---- running ------------------------------------------------------------------------------------------------------
 */

static inline void run_loop(struct fixture *f)
{
    struct rbk_error err = {0};
    snprintf(f->run_id, sizeof f->run_id, "%s", rbk_run_id(f->run));
    while (f->ended == 0)
        assert_int_equal(rbk_loop_run(f->loop, &err), 0);
    assert_int_equal(f->ended, 1);
}

static inline void start(struct fixture *f)
{
    struct rbk_error err = {0};
    drop_run(f);
    f->ended = 0;
    if (rbk_run_start(f->plan, &f->options, &f->run, &err) < 0)
        fail_msg("start: %s", err.message);
    snprintf(f->run_id, sizeof f->run_id, "%s", rbk_run_id(f->run));
}

/* Runs the plan to its end and gives the exit code. */
static inline int run_plan(struct fixture *f)
{
    start(f);
    run_loop(f);
    return rbk_run_exit(f->run);
}

static inline int resume(struct fixture *f, const struct rbk_resume_options *how, struct rbk_error *err)
{
    static const struct rbk_resume_options plainly = {0};
    drop_run(f);
    f->ended = 0;
    int rc = rbk_run_resume(f->plan, f->run_id, how ? how : &plainly, &f->options, &f->run, err);
    if (rc == 0) {
        run_loop(f);
        return rbk_run_exit(f->run);
    }
    return rc;
}

/* What the steps wrote, spaces between lines. */
static inline const char *ledger(struct fixture *f)
{
    static char text[4096];
    struct rbk_buf buf = {0};
    char *path = rbk_path_join(f->dir, "ledger");
    text[0] = '\0';
    if (rbk_file_read(path, sizeof text - 1, &buf, NULL) == 0 && buf.len > 0) {
        snprintf(text, sizeof text, "%s", buf.data);
        for (char *c = text; *c; c++)
            *c = *c == '\n' ? ' ' : *c;
        text[strlen(text) - 1] = '\0';
    }
    rbk_buf_fini(&buf);
    free(path);
    return text;
}

static int copy_state(void *arg, const struct rbk_step_row *r)
{
    rbk_buf_printf(arg, "%s:%s ", r->key, rbk_step_state_name(r->state));
    return 0;
}

/* "a:succeeded b:failed": what the journal says. */
static inline const char *states(struct fixture *f)
{
    static char text[4096];
    struct rbk_buf buf = {0};
    assert_int_equal(rbk_journal_steps(f->store, f->run_id, copy_state, &buf, NULL), 0);
    snprintf(text, sizeof text, "%s", buf.data ? buf.data : "");
    if (*text)
        text[strlen(text) - 1] = '\0';
    rbk_buf_fini(&buf);
    return text;
}

/* The step of that key in the JSON of the run; borrowed from *report. */
static inline const rbk_value *reported(struct fixture *f, rbk_value **report, const char *key)
{
    struct rbk_error err = {0};
    if (rbk_report_value(f->store, f->run_id, report, &err) < 0)
        fail_msg("report: %s", err.message);
    const rbk_value *steps = rbk_map_get(*report, "steps");
    for (size_t i = 0; i < rbk_value_length(steps); i++) {
        const char *found = rbk_map_get_string(rbk_list_at(steps, i), "key");
        if (found && strcmp(found, key) == 0)
            return rbk_list_at(steps, i);
    }
    return NULL;
}

#endif
