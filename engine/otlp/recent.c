/* The samples that were not pushed yet. What is remembered is until when everything was looked at, and of each series
 * that had something shortly before that, the time of its newest sample that was pushed: another process may commit a
 * sample a moment after its time, and receivers want each series in order and nothing twice. */
#include <otlp/push.h>

#include <base/str.h>
#include <inttypes.h>
#include <otlp/attributes.h>
#include <stdio.h>
#include <string.h>

/* How late a sample may be; how far back an outage is made up for; points of one request. */
enum { LATE_MS = 60 * 1000, POINTS_MAX = 10000, KEY_SIZE = 17 };
#define BACKLOG_MS ((int64_t)7 * 86400 * 1000)

struct looking {
    struct rbk_otlp_recent *out;
    const rbk_value *sent;
    rbk_value *newest;
    int64_t points;
};

static void series_key(const struct rbk_metrics_series *series, char out[KEY_SIZE])
{
    uint64_t h = rbk_hash(RBK_HASH_INIT, series->name, strlen(series->name));
    h = rbk_hash(rbk_hash(h, "{", 1), series->text, strlen(series->text));
    snprintf(out, KEY_SIZE, "%016" PRIx64, h);
}

/* The first sample of a series that was not pushed. */
static size_t first_new(const struct rbk_metrics_series *series, const rbk_value *sent)
{
    char key[KEY_SIZE];
    series_key(series, key);
    const rbk_value *last = rbk_map_get(sent, key);
    size_t i = 0;
    while (last && i < series->count && series->at_ms[i] <= rbk_value_int(last))
        i++;
    return i;
}

static int count_points(void *arg, const struct rbk_metrics_series *series)
{
    struct looking *l = arg;
    l->points += (int64_t)(series->count - first_new(series, l->sent));
    return l->points > POINTS_MAX;
}

/* The end of the range that begins at q->since_ms and fits into a request. */
static int bound_range(struct rbk_store *s, struct rbk_metrics_query *q, struct looking *l, struct rbk_error *err)
{
    for (;;) {
        l->points = 0;
        int rc = rbk_metrics_query(s, q, count_points, l, err);
        if (rc <= 0 || q->until_ms - q->since_ms <= 1)
            return rc < 0 ? rc : 0;
        q->until_ms = q->since_ms + (q->until_ms - q->since_ms) / 2;
        l->out->more = true;
    }
}

static bool is_new(void *arg, const struct rbk_metrics_series *series, size_t *from)
{
    struct looking *l = arg;
    *from = first_new(series, l->sent);
    if (*from == series->count)
        return false;
    char key[KEY_SIZE];
    series_key(series, key);
    rbk_map_set_int(l->newest, key, series->at_ms[series->count - 1]);
    return true;
}

/* What was pushed long before the end of the range will not be looked at again. */
static rbk_value *memory_after(const struct looking *l, int64_t until_ms)
{
    rbk_value *memory = rbk_map_new(), *sent = rbk_map_new();
    const rbk_value *const parts[] = {l->sent, l->newest};
    for (size_t part = 0; part < 2; part++)
        for (size_t i = 0; i < rbk_value_length(parts[part]); i++)
            if (rbk_value_int(rbk_map_value_at(parts[part], i)) >= until_ms - LATE_MS)
                rbk_map_set_int(sent, rbk_map_key_at(parts[part], i), rbk_value_int(rbk_map_value_at(parts[part], i)));
    rbk_map_set_int(memory, "until", until_ms);
    rbk_map_set(memory, "sent", sent);
    return memory;
}

int rbk_otlp_recent_read(struct rbk_store *s, const rbk_value *memory, int64_t since_ms, int64_t now_ms,
                         const rbk_value *resource, struct rbk_otlp_recent *out, struct rbk_error *err)
{
    const rbk_value *until = rbk_map_get(memory, "until");
    struct looking l = {.out = out, .sent = rbk_map_get(memory, "sent"), .newest = rbk_map_new()};
    struct rbk_metrics_query q = {.since_ms = until ? rbk_value_int(until) - LATE_MS : since_ms,
                                  .until_ms = now_ms + 1};
    *out = (struct rbk_otlp_recent){0};
    if (q.since_ms < now_ms - BACKLOG_MS)
        q.since_ms = now_ms - BACKLOG_MS;
    int rc = bound_range(s, &q, &l, err);
    if (rc == 0)
        rc = rbk_otlp_metrics_chosen(s, &q, resource, is_new, &l, &out->document, err);
    if (rc == 0 && rbk_value_length(l.newest) == 0) {
        rbk_value_free(out->document);
        out->document = NULL;
    }
    if (rc == 0)
        out->next = memory_after(&l, q.until_ms);
    rbk_value_free(l.newest);
    return rc;
}
