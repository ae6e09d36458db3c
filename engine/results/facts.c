/* The facts of a test run, and of a level as it stands now. */
#include <results/history.h>

#include <base/mem.h>
#include <results/cases.h>
#include <results/current.h>
#include <results/executions.h>
#include <stdlib.h>
#include <string.h>

enum { FAILING_MAX = 10000 };

struct sums {
    int64_t outcome[4]; /* by enum rbk_outcome */
    int64_t flaky, fixed;
    int64_t duration_ms; /* -1 = not known */
};

static void set_ratio(rbk_value *facts, const char *name, int64_t part, int64_t whole)
{
    rbk_map_set(facts, name, whole ? rbk_number_new((double)part / (double)whole, RBK_UNIT_RATIO) : rbk_no_data_new());
}

/* Takes `failing`. */
static rbk_value *make_facts(const struct sums *t, rbk_value *failing)
{
    rbk_value *facts = rbk_map_new();
    int64_t passed = t->outcome[RBK_PASSED], failed = t->outcome[RBK_FAILED], errors = t->outcome[RBK_ERROR];
    int64_t judged = passed + failed + errors;
    rbk_map_set_int(facts, "passed", passed);
    rbk_map_set_int(facts, "failed", failed);
    rbk_map_set_int(facts, "errors", errors);
    rbk_map_set_int(facts, "skipped", t->outcome[RBK_SKIPPED]);
    rbk_map_set_int(facts, "total", judged + t->outcome[RBK_SKIPPED]);
    set_ratio(facts, "pass_rate", passed, judged);
    set_ratio(facts, "failure_rate", failed + errors, judged);
    rbk_map_set(facts, "failing", failing);
    rbk_map_set_int(facts, "failing_count", failed + errors);
    rbk_map_set_int(facts, "fixed_count", t->fixed);
    rbk_map_set_int(facts, "flaky_count", t->flaky);
    rbk_map_set(facts, "duration",
                t->duration_ms < 0 ? rbk_no_data_new()
                                   : rbk_number_new((double)t->duration_ms / 1000, RBK_UNIT_SECONDS));
    return facts;
}

static int append_id(rbk_value *failing, struct names_cursor *names, struct rbk_store *s, int64_t level, uint32_t index,
                     struct rbk_error *err)
{
    int rc = names_seek(names, s, level, index, err);
    if (rc || rbk_value_length(failing) >= FAILING_MAX)
        return rc;
    char *id = rbk_case_id(names_part(&names->names, NAMES_SUITE), names_part(&names->names, NAMES_NAME),
                           names_part(&names->names, NAMES_FILE));
    rbk_list_append(failing, rbk_string_new(id));
    free(id);
    return 0;
}

struct run_outcomes { /* the last outcome of each case in one test run; 0xFF = it was not in it */
    unsigned char *outcomes;
    size_t count;
};

static int note_outcome(void *arg, const struct execution *e)
{
    struct run_outcomes *o = arg;
    if (e->index >= o->count) {
        size_t count = (size_t)e->index + CASES_PER_CHUNK + o->count / 2;
        o->outcomes = rbk_realloc(o->outcomes, count, 1);
        memset(o->outcomes + o->count, 0xFF, count - o->count);
        o->count = count;
    }
    o->outcomes[e->index] = (unsigned char)e->outcome;
    return 0;
}

static int failing_of_run(struct rbk_store *s, int64_t level, int64_t test_run, rbk_value *failing,
                          struct rbk_error *err)
{
    struct run_outcomes o = {0};
    struct names_cursor names;
    names_cursor_init(&names);
    int rc = executions_read(s, test_run, -1, note_outcome, &o, err);
    for (size_t i = 0; i < o.count && !rc && rbk_value_length(failing) < FAILING_MAX; i++)
        if (o.outcomes[i] == RBK_FAILED || o.outcomes[i] == RBK_ERROR)
            rc = append_id(failing, &names, s, level, (uint32_t)i, err);
    names_cursor_fini(&names);
    free(o.outcomes);
    return rc;
}

int rbk_results_facts(struct rbk_store *s, int64_t test_run, rbk_value **out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT passed, failed, errors, skipped, flaky, fixed, duration_ms, level"
                                     " FROM test_runs WHERE id = ?");
    struct sums sums = {0};
    int64_t level = 0;
    *out = NULL;
    rbk_bind_int(q, 1, test_run);
    int rc = rbk_stmt_step(q, err);
    if (rc == 1) {
        sums = (struct sums){.flaky = rbk_col_int(q, 4), .fixed = rbk_col_int(q, 5), .duration_ms = rbk_col_int(q, 6)};
        sums.outcome[RBK_PASSED] = rbk_col_int(q, 0);
        sums.outcome[RBK_FAILED] = rbk_col_int(q, 1);
        sums.outcome[RBK_ERROR] = rbk_col_int(q, 2);
        sums.outcome[RBK_SKIPPED] = rbk_col_int(q, 3);
        level = rbk_col_int(q, 7);
    }
    rbk_stmt_end(q);
    if (rc != 1)
        return rc < 0 ? rc : rbk_error_set(err, RBK_ENOENT, "there is no test run %lld", (long long)test_run);
    rbk_value *failing = rbk_list_new();
    rc = failing_of_run(s, level, test_run, failing, err);
    if (rc)
        rbk_value_free(failing);
    else
        *out = make_facts(&sums, failing);
    return rc;
}

/* Duration and fixed_count of a level are those of its latest complete test run, or of its latest one. */
static int add_latest_run(struct rbk_store *s, int64_t level, struct sums *sums, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT duration_ms, fixed FROM test_runs WHERE level = ?"
                                     " ORDER BY complete DESC, id DESC LIMIT 1");
    rbk_bind_int(q, 1, level);
    int rc = rbk_stmt_step(q, err);
    if (rc == 1) {
        int64_t ms = rbk_col_int(q, 0);
        if (ms >= 0)
            sums->duration_ms = ms + (sums->duration_ms < 0 ? 0 : sums->duration_ms);
        sums->fixed += rbk_col_int(q, 1);
    }
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

struct state_query {
    struct rbk_store *store;
    struct sums sums;
    rbk_value *failing;
    struct names_cursor names;
    struct rbk_error *err;
};

static int add_current(void *arg, const struct current_case *c)
{
    struct state_query *q = arg;
    q->sums.outcome[c->state.outcome]++;
    q->sums.flaky += c->state.flaky;
    if (!outcome_is_failing(c->state.outcome))
        return 0;
    return append_id(q->failing, &q->names, q->store, c->level->id, c->index, q->err);
}

int rbk_results_state(struct rbk_store *s, const char *level, rbk_value **out, struct rbk_error *err)
{
    struct level_list levels;
    struct state_query q = {.store = s, .sums = {.duration_ms = -1}, .failing = rbk_list_new(), .err = err};
    names_cursor_init(&q.names);
    *out = NULL;
    int rc = levels_load(&levels, s, level, err);
    if (!rc)
        rc = current_cases_once(s, &levels, add_current, &q, err);
    for (size_t i = 0; i < levels.count && !rc; i++)
        rc = add_latest_run(s, levels.rows[i].id, &q.sums, err);
    if (rc)
        rbk_value_free(q.failing);
    else
        *out = make_facts(&q.sums, q.failing);
    names_cursor_fini(&q.names);
    levels_fini(&levels);
    return rc;
}
