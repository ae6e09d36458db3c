/* What the history says of each case over a time: how often it ran and failed, how often it changed its mind, how long
 * it took; and the cases that stand out, the flaky ones or the slowest. The test runs are read once, in order, with 56
 * bytes a case in memory. */
#include <results/history.h>

#include <base/mem.h>
#include <results/cases.h>
#include <results/executions.h>
#include <results/level.h>
#include <results/message.h>
#include <stdlib.h>
#include <string.h>

/* Broken and mended is two changes of one case; from the third on nobody's change explains it. */
enum { CHANGES_OF_FLAKY = 3 };

struct tally {
    uint64_t hash;
    const struct level_row *level;
    int64_t time_us, longest_us; /* in all, of those with a time */
    uint32_t index, executed, failed, timed, changes;
    uint32_t run, last_failed_run;           /* test run of its latest execution, of its latest failure */
    bool last_bad, run_bad, run_good, mixed; /* mixed: failed and passed in one test run */
};

struct ranking {
    struct rbk_store *store;
    struct rbk_error *err;
    struct tally *items;
    size_t count, cap;
    size_t first;   /* of the level that is being read: item first + index is a case */
    uint32_t run;   /* that is being read */
    uint32_t known; /* how many cases the level has */
};

/* ---- reading -------------------------------------------------------------------------------------------------------
 */

static void begin_run(struct tally *t, uint32_t run)
{
    if (t->run == run)
        return;
    t->run = run;
    t->run_bad = t->run_good = false;
}

static int count_execution(void *arg, const struct execution *e)
{
    struct ranking *r = arg;
    if (e->outcome == RBK_SKIPPED || e->index >= r->known)
        return 0;
    struct tally *t = &r->items[r->first + e->index];
    begin_run(t, r->run);
    /* The mark stands for failures inside the execution, or for earlier ones of the test run, which were counted. */
    bool failing = outcome_is_failing(e->outcome), bad = failing || (e->flaky && !t->run_bad), good = !failing;
    t->run_bad |= bad;
    t->run_good |= good;
    t->mixed |= t->run_bad && t->run_good;
    t->changes += t->executed > 0 && t->last_bad != failing;
    t->executed++;
    t->failed += bad;
    t->last_bad = failing;
    if (bad)
        t->last_failed_run = r->run;
    if (e->time_us >= 0) {
        t->timed++;
        t->time_us += e->time_us;
        t->longest_us = e->time_us > t->longest_us ? e->time_us : t->longest_us;
    }
    return 0;
}

static int read_runs(struct ranking *r, const struct level_row *level, int64_t since_ms)
{
    struct rbk_stmt *q = rbk_stmt(r->store, "SELECT id FROM test_runs WHERE level = ? AND started_ms >= ? ORDER BY id");
    int rc;
    rbk_bind_int(q, 1, level->id);
    rbk_bind_int(q, 2, since_ms);
    while ((rc = rbk_stmt_step(q, r->err)) == 1) {
        r->run = (uint32_t)rbk_col_int(q, 0);
        rc = executions_read(r->store, r->run, -1, count_execution, r, r->err);
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}

/* Leaves out the cases that did not run, and those that are gone from their level. */
static void keep_current(struct ranking *r, const struct case_set *set, const struct level_row *level)
{
    size_t kept = r->first;
    for (size_t i = r->first; i < r->count; i++)
        if (r->items[i].executed && set->states[i - r->first].last_run >= level->complete_run)
            r->items[kept++] = r->items[i];
    r->count = kept;
}

static int read_level(struct ranking *r, const struct level_row *level, int64_t since_ms)
{
    struct case_set set;
    int rc = case_set_load(&set, r->store, level->id, r->err);
    r->first = r->count;
    r->known = set.count;
    for (uint32_t i = 0; rc == 0 && i < set.count; i++) {
        RBK_GROW(r->items, r->count, r->cap);
        r->items[r->count++] = (struct tally){.hash = set.states[i].hash, .level = level, .index = i};
    }
    if (rc == 0)
        rc = read_runs(r, level, since_ms);
    if (rc == 0)
        keep_current(r, &set, level);
    case_set_fini(&set);
    return rc;
}

/* ---- ranking -------------------------------------------------------------------------------------------------------
 */

static int by_hash(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    return x->hash == y->hash ? 0 : x->hash < y->hash ? -1 : 1;
}

/* A case that is in several levels comes once, with what it did in all of them. */
static void merge_levels(struct ranking *r)
{
    size_t kept = 0;
    if (r->count)
        qsort(r->items, r->count, sizeof *r->items, by_hash);
    for (size_t i = 0; i < r->count; i++) {
        struct tally *into = kept ? &r->items[kept - 1] : NULL, *t = &r->items[i];
        if (!into || into->hash != t->hash) {
            r->items[kept++] = *t;
            continue;
        }
        if (t->last_failed_run > into->last_failed_run) {
            into->level = t->level;
            into->index = t->index;
            into->last_failed_run = t->last_failed_run;
        }
        into->executed += t->executed;
        into->failed += t->failed;
        into->changes += t->changes;
        into->timed += t->timed;
        into->time_us += t->time_us;
        into->longest_us = t->longest_us > into->longest_us ? t->longest_us : into->longest_us;
        into->mixed |= t->mixed;
    }
    r->count = kept;
}

static bool is_flaky(const struct tally *t)
{
    return t->mixed || t->changes >= CHANGES_OF_FLAKY;
}

static double fail_rate(const struct tally *t)
{
    return (double)t->failed / t->executed;
}

static int by_place(const struct tally *x, const struct tally *y)
{
    int order = strcmp(x->level->name, y->level->name);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int flaky_first(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (is_flaky(x) != is_flaky(y))
        return is_flaky(x) ? -1 : 1;
    if (fail_rate(x) != fail_rate(y))
        return fail_rate(x) > fail_rate(y) ? -1 : 1;
    return by_place(x, y);
}

static double mean_us(const struct tally *t)
{
    return t->timed ? (double)t->time_us / t->timed : -1;
}

static int slowest_first(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (mean_us(x) != mean_us(y))
        return mean_us(x) > mean_us(y) ? -1 : 1;
    return by_place(x, y);
}

static int tell(struct ranking *r, const struct tally *t, rbk_case_stats_fn *fn, void *arg)
{
    struct names_cursor names;
    char *message = NULL;
    names_cursor_init(&names);
    int rc = names_seek(&names, r->store, t->level->id, t->index, r->err);
    if (rc == 0 && t->last_failed_run)
        rc = message_of_case(r->store, t->last_failed_run, t->index, &message, r->err);
    if (rc == 0) {
        struct rbk_case_row row = {.level = t->level->name,
                                   .suite = names_part(&names.names, NAMES_SUITE),
                                   .name = names_part(&names.names, NAMES_NAME),
                                   .file = names_part(&names.names, NAMES_FILE),
                                   .message = message ? message : ""};
        struct rbk_case_stats stats = {.executed = t->executed,
                                       .failed = t->failed,
                                       .changes = t->changes,
                                       .mean_us = t->timed ? t->time_us / t->timed : -1,
                                       .longest_us = t->timed ? t->longest_us : -1};
        rc = fn(arg, &row, &stats);
    }
    free(message);
    names_cursor_fini(&names);
    return rc;
}

static void count_totals(const struct ranking *r, struct rbk_rank_totals *totals)
{
    *totals = (struct rbk_rank_totals){.cases = (int64_t)r->count};
    for (size_t i = 0; i < r->count; i++)
        totals->flaky += is_flaky(&r->items[i]);
}

static int tell_first(struct ranking *r, enum rbk_rank rank, int limit, rbk_case_stats_fn *fn, void *arg)
{
    int rc = 0;
    if (r->count)
        qsort(r->items, r->count, sizeof *r->items, rank == RBK_RANK_FLAKY ? flaky_first : slowest_first);
    for (size_t i = 0; rc == 0 && i < r->count && i < (size_t)limit; i++) {
        if (rank == RBK_RANK_FLAKY ? !is_flaky(&r->items[i]) : !r->items[i].timed)
            break;
        rc = tell(r, &r->items[i], fn, arg);
    }
    return rc;
}

int rbk_results_rank(struct rbk_store *s, const struct rbk_rank_query *q, rbk_case_stats_fn *fn, void *arg,
                     struct rbk_rank_totals *totals, struct rbk_error *err)
{
    struct level_list levels;
    struct ranking r = {.store = s, .err = err};
    int rc = levels_load(&levels, s, q->level, err);
    for (size_t i = 0; i < levels.count && rc == 0; i++)
        rc = read_level(&r, &levels.rows[i], q->since_ms);
    if (rc == 0) {
        merge_levels(&r);
        count_totals(&r, totals);
        rc = tell_first(&r, q->rank, q->limit, fn, arg);
    }
    free(r.items);
    levels_fini(&levels);
    return rc;
}
