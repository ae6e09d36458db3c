/* Queueing, and looking at what is queued. An event joins the message of its channel and group that nobody has tried to
 * send yet; once tried, a text is frozen, since a receiver may have seen it. So there are never more than two open
 * messages for one channel and group. */
#include <notify/outbox.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <notify/rules.h>
#include <notify/silence.h>
#include <notify/told.h>
#include <stdlib.h>
#include <store/row.h>
#include <string.h>

static const char *const state_names[] = {"queued", "sending", "delivered", "dead"};
enum { STATES = sizeof state_names / sizeof state_names[0] };

const char *rbk_message_state_name(enum rbk_message_state state)
{
    return state_names[state];
}

int rbk_message_state_parse(const char *name, enum rbk_message_state *out)
{
    for (int i = 0; i < STATES; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *out = (enum rbk_message_state)i;
            return 0;
        }
    }
    return RBK_EINVAL;
}

/* ---- queueing -------------------------------------------------------------------------------------------------- */

struct open_message {
    int64_t id; /* 0 = there is none */
    int64_t count, due_ms;
    char *priority, *key;
    rbk_value *events;
};

static void open_message_fini(struct open_message *m)
{
    free(m->priority);
    free(m->key);
    rbk_value_free(m->events);
}

/* The message that may still take events. */
static int find_open(struct rbk_store *s, const char *channel, const char *group, struct open_message *out,
                     struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT id, count, due_ms, priority, key, events FROM notify_outbox WHERE channel = ?1"
                    " AND grp = ?2 AND state < 2 AND state = 0 AND attempts = 0 ORDER BY id DESC LIMIT 1");
    *out = (struct open_message){0};
    rbk_bind_text(q, 1, channel);
    rbk_bind_text(q, 2, group);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        *out = (struct open_message){.id = rbk_col_int(q, 0),
                                     .count = rbk_col_int(q, 1),
                                     .due_ms = rbk_col_int(q, 2),
                                     .priority = rbk_col_dup(q, 3),
                                     .key = rbk_col_dup(q, 4)};
        rc = rbk_col_value(q, 5, &out->events, err);
    }
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

int notify_outbox_joins(struct rbk_store *s, const char *channel, const char *group, char **key, struct rbk_error *err)
{
    struct open_message m;
    int rc = find_open(s, channel, group, &m, err);
    *key = rc == 0 ? rbk_strdup(m.key) : NULL;
    open_message_fini(&m);
    return rc;
}

/* The list with one more; where it is full, the one in the middle goes: how it began and how it stands are kept. */
static rbk_value *list_with(const rbk_value *events, const rbk_value *event)
{
    rbk_value *list = rbk_list_new();
    size_t count = rbk_value_length(events);
    for (size_t i = 0; i < count; i++)
        if (count < NOTIFY_EVENTS_MAX || i != NOTIFY_EVENTS_MAX / 2)
            rbk_list_append(list, rbk_value_dup(rbk_list_at(events, i)));
    rbk_list_append(list, rbk_value_dup(event));
    return list;
}

static char *subject_of(const rbk_value *event, int64_t count)
{
    const char *title = notify_event_text(event, "title");
    return count > 1 ? rbk_asprintf("%s (and %lld more)", title, (long long)count - 1) : rbk_strdup(title);
}

/* Not before the one that stands in front of a message. */
static int head_due(struct rbk_store *s, const struct notify_target *target, int64_t id, int64_t *due_ms,
                    struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(
        s, "SELECT due_ms FROM notify_outbox WHERE channel = ?1 AND grp = ?2 AND id < ?3 AND state < 2 ORDER BY id DESC"
           " LIMIT 1");
    rbk_bind_text(q, 1, target->channel);
    rbk_bind_text(q, 2, target->group);
    rbk_bind_int(q, 3, id);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    *due_ms = target->due_ms;
    if (rc > 0 && rbk_col_int(q, 0) > *due_ms)
        *due_ms = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return 0;
}

static int join(struct rbk_store *s, const struct open_message *m, const struct notify_target *target,
                const rbk_value *event, struct rbk_error *err)
{
    const char *priority = notify_event_text(event, "priority");
    bool graver = notify_priority_rank(priority) < notify_priority_rank(m->priority);
    int64_t due_ms = 0;
    int rc = head_due(s, target, m->id, &due_ms, err);
    if (rc < 0)
        return rc;
    rbk_value *events = list_with(m->events, event);
    char *subject = subject_of(event, m->count + 1);
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE notify_outbox SET events = ?2, count = ?3, subject = ?4, priority = ?5,"
                                     " due_ms = min(due_ms, ?6) WHERE id = ?1");
    rbk_bind_int(q, 1, m->id);
    rbk_bind_value(q, 2, events);
    rbk_bind_int(q, 3, m->count + 1);
    rbk_bind_text(q, 4, subject);
    rbk_bind_text(q, 5, graver ? priority : m->priority);
    rbk_bind_int(q, 6, due_ms);
    rc = rbk_stmt_run(q, err);
    free(subject);
    rbk_value_free(events);
    return rc;
}

static int insert(struct rbk_store *s, const struct notify_target *target, const rbk_value *event, int64_t now_ms,
                  struct rbk_error *err)
{
    char key[RBK_ULID_SIZE];
    int64_t due_ms = 0;
    int rc = rbk_ulid_new(key, err);
    if (rc == 0)
        rc = head_due(s, target, INT64_MAX, &due_ms, err);
    if (rc < 0)
        return rc;
    rbk_value *events = list_with(NULL, event);
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO notify_outbox(key, channel, grp, priority, subject, events,"
                                     " created_ms, set_ms, due_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)");
    rbk_bind_text(q, 1, key);
    rbk_bind_text(q, 2, target->channel);
    rbk_bind_text(q, 3, target->group);
    rbk_bind_text(q, 4, notify_event_text(event, "priority"));
    rbk_bind_text(q, 5, notify_event_text(event, "title"));
    rbk_bind_value(q, 6, events);
    rbk_bind_int(q, 7, now_ms);
    rbk_bind_int(q, 8, due_ms);
    rc = rbk_stmt_run(q, err);
    rbk_value_free(events);
    return rc;
}

int notify_outbox_put(struct rbk_store *s, const struct notify_target *target, const rbk_value *event, int64_t now_ms,
                      struct rbk_error *err)
{
    struct open_message m;
    int rc = find_open(s, target->channel, target->group, &m, err);
    if (rc == 0)
        rc = m.id ? join(s, &m, target, event, err) : insert(s, target, event, now_ms, err);
    open_message_fini(&m);
    return rc;
}

/* ---- looking ------------------------------------------------------------------------------------------------- */

void notify_message_read(struct rbk_stmt *q, struct rbk_message *m)
{
    *m = (struct rbk_message){
        .id = rbk_col_int(q, 0),
        .key = rbk_col_dup(q, 1),
        .channel = rbk_col_dup(q, 2),
        .group = rbk_col_dup(q, 3),
        .priority = rbk_col_dup(q, 4),
        .subject = rbk_col_dup(q, 5),
        .events = rbk_col_dup(q, 6),
        .count = rbk_col_int(q, 7),
        .state = (enum rbk_message_state)(rbk_col_int(q, 8) & 3),
        .attempts = (int)rbk_col_int(q, 9),
        .created_ms = rbk_col_int(q, 10),
        .due_ms = rbk_col_int(q, 11),
        .delivered_ms = rbk_col_int(q, 12),
        .last_error = rbk_col_dup(q, 13),
    };
}

void notify_message_fini(struct rbk_message *m)
{
    free((char *)m->key);
    free((char *)m->channel);
    free((char *)m->group);
    free((char *)m->priority);
    free((char *)m->subject);
    free((char *)m->last_error);
    free((char *)m->events);
    rbk_value_free((rbk_value *)m->memory);
    *m = (struct rbk_message){0};
}

#define FILTER                                                                                          \
    " (?1 IS NULL OR channel = ?1) AND (?3 < 0 OR state = ?3) AND (?2 IS NULL OR CAST(id AS TEXT) = ?2" \
    " OR (length(?2) >= 8 AND substr(key, 1, length(?2)) = ?2))"

static void bind_filter(struct rbk_stmt *q, const struct rbk_message_filter *f)
{
    rbk_bind_text(q, 1, f->channel);
    rbk_bind_text(q, 2, f->key);
    rbk_bind_int(q, 3, f->state);
}

int rbk_outbox_list(struct rbk_store *s, const struct rbk_message_filter *f, rbk_message_fn *fn, void *arg,
                    struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT " NOTIFY_MESSAGE_COLUMNS " FROM notify_outbox WHERE" FILTER " ORDER BY id DESC LIMIT ?4");
    int rc = 0, stop = 0;
    bind_filter(q, f);
    rbk_bind_int(q, 4, f->limit > 0 ? f->limit : -1);
    while (stop == 0 && (rc = rbk_stmt_step(q, err)) > 0) {
        struct rbk_message m;
        notify_message_read(q, &m);
        stop = fn(arg, &m);
        notify_message_fini(&m);
    }
    if (rc < 0 && stop == 0)
        return rc;
    rbk_stmt_end(q);
    return stop;
}

int rbk_outbox_retry(struct rbk_store *s, const struct rbk_message_filter *f, int64_t now_ms, int *count,
                     struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "UPDATE notify_outbox SET state = 0, created_ms = ?4, due_ms = ?4, set_ms = ?4, waited_ms = 0"
                    " WHERE" FILTER " AND state = 3");
    bind_filter(q, f);
    rbk_bind_int(q, 4, now_ms);
    int rc = rbk_stmt_run(q, err);
    *count = rc == 0 ? rbk_store_changes(s) : 0;
    return rc;
}

int rbk_outbox_drop(struct rbk_store *s, const struct rbk_message_filter *f, int *count, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM notify_outbox WHERE" FILTER " AND state <> 1");
    bind_filter(q, f);
    int rc = rbk_stmt_run(q, err);
    *count = rc == 0 ? rbk_store_changes(s) : 0;
    return rc;
}

static int delete_before(struct rbk_store *s, const char *sql, int64_t before_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, before_ms);
    return rbk_stmt_run(q, err);
}

/* A channel's memory outlives the messages: what it opened long ago may still have to be closed. */
int notify_outbox_prune(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, struct rbk_error *err)
{
    static const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;
    int64_t before_ms = now_ms - notify_config_ms(rbk_config_get(config, "notify"), "keep", 0);
    int rc = delete_before(s, "DELETE FROM notify_outbox WHERE state = 2 AND delivered_ms < ?1", before_ms, err);
    if (rc == 0)
        rc = delete_before(s, "DELETE FROM notify_memory WHERE changed_ms < ?1", now_ms - year_ms, err);
    if (rc == 0)
        rc = notify_told_prune(s, before_ms, err);
    return rc == 0 ? notify_silences_prune(s, before_ms, err) : rc;
}
