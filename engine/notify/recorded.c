/* Events that were recorded with their cause and not asked about yet. What records them waits for its disk while a step
 * of a run is held up, so one row without an index is all it writes; the rules, and the last lines of a log, are looked
 * at in a transaction of their own, which takes the row away and puts the messages in its place. Rows are taken in the
 * order of their ids: rules count failures in a row. */
#include <notify/recorded.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <notify/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/log.h>
#include <store/row.h>

enum { LAST_LINES = 15, SETTLED_AT_ONCE = 256 };

/* ---- recording ------------------------------------------------------------------------------------------------- */

int rbk_notify_record(struct rbk_store *s, const char *event, size_t len, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO notify_events(at_ms, event) VALUES(?1, ?2)");
    rbk_bind_int(q, 1, now_ms);
    rbk_bind_text_len(q, 2, event, len);
    return rbk_stmt_run(q, err);
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

int notify_recorded_first(struct rbk_store *s, int64_t *at_ms, struct rbk_error *err)
{
    *at_ms = INT64_MAX;
    if (!rbk_store_has(s, &rbk_notify_schema))
        return 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT at_ms FROM notify_events ORDER BY id LIMIT 1");
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc > 0)
        *at_ms = rbk_col_int(q, 0) > rbk_clock_wall_ms() ? 0 : rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return rc;
}

int rbk_notify_unsettled(struct rbk_store *s, struct rbk_error *err)
{
    int64_t at_ms;
    return notify_recorded_first(s, &at_ms, err);
}

/* ---- settling -------------------------------------------------------------------------------------------------- */

static int add_line(void *arg, int64_t wall_ms, int stream, const char *line, size_t len)
{
    struct rbk_buf *out = arg;
    (void)wall_ms, (void)stream;
    rbk_buf_append(out, line, len);
    if (len && line[len - 1] != '\n')
        rbk_buf_putc(out, '\n');
    return 0;
}

/* What its log said last, unless the event says so itself. */
static void add_output(rbk_value *event)
{
    const char *log = rbk_map_get_string(event, "log");
    struct rbk_buf lines = {0}, safe = {0};
    if (!log || rbk_map_get(event, "output"))
        return;
    if (rbk_log_tail(log, LAST_LINES, add_line, &lines, NULL) == 0 && lines.len) {
        rbk_escape_terminal(&safe, lines.data, lines.len);
        while (safe.len && safe.data[safe.len - 1] == '\n')
            safe.data[--safe.len] = '\0';
        if (safe.len)
            rbk_map_set_string(event, "output", safe.data);
    }
    rbk_buf_fini(&safe);
    rbk_buf_fini(&lines);
}

struct recorded {
    int64_t id, at_ms;
    rbk_value *event; /* NULL: its text is damaged */
};

/* 1, 0 = there is none, or negative. */
static int read_first(struct rbk_store *s, struct recorded *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, at_ms, event FROM notify_events ORDER BY id LIMIT 1");
    *out = (struct recorded){0};
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        out->id = rbk_col_int(q, 0);
        out->at_ms = rbk_col_int(q, 1);
        if (rbk_col_value(q, 2, &out->event, NULL) < 0)
            out->event = NULL;
    }
    rbk_stmt_end(q);
    return rc;
}

static int forget(struct rbk_store *s, int64_t id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM notify_events WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    return rbk_stmt_run(q, err);
}

static void drop(struct rbk_notify_settled *out, const rbk_value *event, const char *why)
{
    const char *title = event ? notify_event_text(event, "title") : "an event";
    out->dropped++;
    snprintf(out->why, sizeof out->why, "nobody is told of \"%.80s\": %.140s", title, why);
}

/* An event that can never be published must not keep the others waiting. */
static int publish(struct rbk_store *s, const struct rbk_config *config, struct recorded *one,
                   struct rbk_notify_settled *out, struct rbk_error *err)
{
    struct rbk_error why = {0};
    int queued = 0;
    if (!one->event) {
        drop(out, NULL, "its text is damaged");
        return 0;
    }
    add_output(one->event);
    int64_t now_ms = rbk_clock_wall_ms(); /* an event cannot be later: the clock has been set back since */
    int rc = rbk_notify_publish(s, config, one->event, one->at_ms < now_ms ? one->at_ms : now_ms, &queued, &why);
    out->queued += queued;
    if (rc == RBK_EINVAL || rc == RBK_ENOENT) {
        drop(out, one->event, why.message);
        return 0;
    }
    if (rc < 0 && err)
        *err = why;
    return rc;
}

int notify_recorded_settle(struct rbk_store *s, const struct rbk_config *config, struct rbk_notify_settled *out,
                           struct rbk_error *err)
{
    int rc = 1;
    for (int i = 0; rc > 0 && i < SETTLED_AT_ONCE; i++) {
        struct recorded one;
        rc = read_first(s, &one, err);
        if (rc <= 0)
            return rc;
        rc = publish(s, config, &one, out, err);
        rbk_value_free(one.event);
        if (rc == 0)
            rc = forget(s, one.id, err);
        if (rc < 0)
            return rc;
        out->events++;
        rc = 1;
    }
    return 0;
}

int rbk_notify_settle(struct rbk_store *s, const struct rbk_config *config, struct rbk_notify_settled *out,
                      struct rbk_error *err)
{
    int rc;
    *out = (struct rbk_notify_settled){0};
    while ((rc = rbk_notify_unsettled(s, err)) > 0) {
        rc = rbk_store_begin(s, err);
        if (rc < 0)
            return rc;
        rc = notify_recorded_settle(s, config, out, err);
        if (rc == 0)
            rc = rbk_store_commit(s, err);
        else
            rbk_store_rollback(s);
        if (rc < 0)
            return rc;
    }
    return rc;
}
