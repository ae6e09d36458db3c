/* The history of one case: its executions, newest first, over all levels it is in. */
#include <results/history.h>

#include <base/mem.h>
#include <results/current.h>
#include <results/message.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_AT_ONCE = 64 };

struct case_query {
    struct rbk_store *store;
    const char *id;
    int left; /* executions that may still be told */
    rbk_execution_row_fn *fn;
    void *arg;
    struct rbk_error *err;
};

/* Whether `id` names this case: as it is shown, as "suite > name", or by its bare name. */
static bool is_named(const char *id, const struct names *n)
{
    const char *suite = names_part(n, NAMES_SUITE), *name = names_part(n, NAMES_NAME);
    size_t suite_len = strlen(suite);
    if (strcmp(id, name) == 0)
        return true;
    if (strncmp(id, suite, suite_len) == 0 && strncmp(id + suite_len, " > ", 3) == 0 &&
        strcmp(id + suite_len + 3, name) == 0)
        return true;
    char *shown = rbk_case_id(suite, name, names_part(n, NAMES_FILE));
    bool same = strcmp(id, shown) == 0;
    free(shown);
    return same;
}

struct run_ref {
    int64_t id, started_ms;
    char *run, *variant;
};

/* The next test runs of a level before `before`, newest first. */
static int load_runs(struct rbk_store *s, int64_t level, int64_t before, struct run_ref *runs, int *count,
                     struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, started_ms, run, variant FROM test_runs WHERE level = ? AND id < ?"
                                     " ORDER BY id DESC LIMIT ?");
    int rc;
    *count = 0;
    rbk_bind_int(q, 1, level);
    rbk_bind_int(q, 2, before);
    rbk_bind_int(q, 3, RUNS_AT_ONCE);
    while ((rc = rbk_stmt_step(q, err)) == 1)
        runs[(*count)++] = (struct run_ref){rbk_col_int(q, 0), rbk_col_int(q, 1), rbk_strdup(rbk_col_text(q, 2)),
                                            rbk_strdup(rbk_col_text(q, 3))};
    rbk_stmt_end(q);
    return rc;
}

struct execution_list {
    uint32_t index;
    struct execution *items;
    size_t count, cap;
};

static int collect_execution(void *arg, const struct execution *e)
{
    struct execution_list *l = arg;
    if (e->index != l->index)
        return 0;
    RBK_GROW(l->items, l->count, l->cap);
    l->items[l->count++] = *e;
    return 0;
}

static int tell_execution(struct case_query *q, const struct rbk_case_row *row, const struct run_ref *run,
                          const struct execution *e)
{
    char *message;
    int rc = message_get(q->store, run->id, e, &message, q->err);
    if (rc)
        return rc;
    struct rbk_execution_row x = {.at_ms = run->started_ms,
                                  .time_us = e->time_us,
                                  .outcome = e->outcome,
                                  .flaky = e->flaky,
                                  .message = message ? message : "",
                                  .run = run->run,
                                  .variant = run->variant};
    q->left--;
    rc = q->fn(q->arg, row, &x);
    free(message);
    return rc;
}

static int tell_run(struct case_query *q, const struct rbk_case_row *row, uint32_t index, const struct run_ref *run)
{
    struct execution_list list = {.index = index};
    int rc = executions_read(q->store, run->id, index / CASES_PER_CHUNK, collect_execution, &list, q->err);
    for (size_t i = list.count; i > 0 && !rc && q->left; i--)
        rc = tell_execution(q, row, run, &list.items[i - 1]);
    free(list.items);
    return rc;
}

static int tell_history(struct case_query *q, const struct rbk_case_row *row, int64_t level, uint32_t index,
                        uint32_t last_run)
{
    struct run_ref runs[RUNS_AT_ONCE];
    int64_t before = (int64_t)last_run + 1;
    int rc = 0, count = RUNS_AT_ONCE;
    while (!rc && q->left && count == RUNS_AT_ONCE) {
        rc = load_runs(q->store, level, before, runs, &count, q->err);
        for (int i = 0; i < count; i++) {
            if (!rc && q->left)
                rc = tell_run(q, row, index, &runs[i]);
            before = runs[i].id;
            free(runs[i].run);
            free(runs[i].variant);
        }
    }
    return rc;
}

static int tell_case(struct case_query *q, const struct level_row *level, const struct case_state *state,
                     uint32_t index, const struct names *n)
{
    char *message = NULL;
    int rc = message_of_case(q->store, state->last_run, index, &message, q->err);
    struct rbk_case_row row = {.level = level->name,
                               .suite = names_part(n, NAMES_SUITE),
                               .name = names_part(n, NAMES_NAME),
                               .file = names_part(n, NAMES_FILE),
                               .message = message ? message : "",
                               .consecutive_failures = state->streak,
                               .outcome = (enum rbk_outcome)state->outcome};
    if (!rc)
        rc = tell_history(q, &row, level->id, index, state->last_run);
    free(message);
    return rc;
}

static int search_level(struct case_query *q, const struct level_row *level)
{
    struct case_set set;
    struct names_cursor names;
    names_cursor_init(&names);
    int rc = case_set_load(&set, q->store, level->id, q->err);
    for (uint32_t i = 0; i < set.count && !rc && q->left; i++) {
        rc = names_seek(&names, q->store, level->id, i, q->err);
        if (!rc && is_named(q->id, &names.names))
            rc = tell_case(q, level, &set.states[i], i, &names.names);
    }
    names_cursor_fini(&names);
    case_set_fini(&set);
    return rc;
}

int rbk_results_case(struct rbk_store *s, const char *id, int limit, rbk_execution_row_fn *fn, void *arg,
                     struct rbk_error *err)
{
    struct level_list levels;
    struct case_query q = {s, id, limit > 0 ? limit : INT32_MAX, fn, arg, err};
    int all = q.left, rc = levels_load(&levels, s, NULL, err);
    for (size_t i = 0; i < levels.count && !rc && q.left; i++)
        rc = search_level(&q, &levels.rows[i]);
    if (!rc && q.left == all) {
        rc = rbk_error_set(err, RBK_ENOENT, "no test case is named `%s`", id);
        rbk_error_hint(err, "`runbook tests failing` shows names as they are typed here");
    }
    levels_fini(&levels);
    return rc;
}
