/* Silences: patterns that nobody wants to hear of until a time. Failures that fit one are counted but not told; that
 * something is over is told all the same where the failure had been, so that nothing stays open. */
#include <notify/silence.h>

#include <notify/rules.h>
#include <stdlib.h>

int rbk_silence_add(struct rbk_store *s, const struct rbk_silence *silence, int64_t *id, struct rbk_error *err)
{
    if (silence->until_ms <= silence->from_ms)
        return rbk_error_set(err, RBK_EINVAL, "a silence must end after it begins");
    struct rbk_stmt *q =
        rbk_stmt(s, "INSERT INTO notify_silences(pattern, from_ms, until_ms, by, why) VALUES(?1, ?2, ?3, ?4, ?5)");
    rbk_bind_text(q, 1, silence->pattern);
    rbk_bind_int(q, 2, silence->from_ms);
    rbk_bind_int(q, 3, silence->until_ms);
    rbk_bind_text(q, 4, silence->by);
    rbk_bind_text(q, 5, silence->why);
    int rc = rbk_stmt_run(q, err);
    *id = rc == 0 ? rbk_store_last_id(s) : 0;
    return rc;
}

int rbk_silence_end(struct rbk_store *s, const char *which, int *count, struct rbk_error *err)
{
    char *end = NULL;
    long long id = strtoll(which, &end, 10);
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM notify_silences WHERE pattern = ?1 OR id = ?2");
    rbk_bind_text(q, 1, which);
    rbk_bind_int(q, 2, *which && !*end ? id : -1);
    int rc = rbk_stmt_run(q, err);
    *count = rc == 0 ? rbk_store_changes(s) : 0;
    if (rc == 0 && *count == 0) {
        rbk_error_set(err, RBK_ENOENT, "there is no silence \"%.100s\"", which);
        return rbk_error_hint(err, "name it by its number or its pattern: runbook notify silences");
    }
    return rc;
}

int rbk_silence_list(struct rbk_store *s, int64_t now_ms, rbk_silence_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, pattern, from_ms, until_ms, by, why FROM notify_silences"
                                     " WHERE until_ms > ?1 ORDER BY until_ms, id");
    int rc = 0, stop = 0;
    rbk_bind_int(q, 1, now_ms);
    while (stop == 0 && (rc = rbk_stmt_step(q, err)) > 0) {
        struct rbk_silence row = {.id = rbk_col_int(q, 0),
                                  .pattern = rbk_col_text(q, 1),
                                  .from_ms = rbk_col_int(q, 2),
                                  .until_ms = rbk_col_int(q, 3),
                                  .by = rbk_col_text(q, 4),
                                  .why = rbk_col_text(q, 5)};
        stop = fn(arg, &row);
    }
    if (stop == 0 && rc < 0)
        return rc;
    rbk_stmt_end(q);
    return stop;
}

struct silence_search {
    const rbk_value *event;
    int64_t now_ms;
    struct rbk_buf *why;
};

static int fits(void *arg, const struct rbk_silence *row)
{
    struct silence_search *search = arg;
    char until[RBK_TIME_SIZE];
    if (row->from_ms > search->now_ms || !notify_pattern_fits(row->pattern, search->event))
        return 0;
    rbk_time_local(row->until_ms, until);
    rbk_buf_printf(search->why, "silence %lld (%s) until %s%s%s", (long long)row->id, row->pattern, until,
                   row->why ? ": " : "", row->why ? row->why : "");
    return 1;
}

int notify_silenced(struct rbk_store *s, const rbk_value *event, int64_t now_ms, struct rbk_buf *why,
                    struct rbk_error *err)
{
    struct silence_search search = {event, now_ms, why};
    return rbk_silence_list(s, now_ms, fits, &search, err);
}

int notify_silences_prune(struct rbk_store *s, int64_t before_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM notify_silences WHERE until_ms < ?1");
    rbk_bind_int(q, 1, before_ms);
    return rbk_stmt_run(q, err);
}
