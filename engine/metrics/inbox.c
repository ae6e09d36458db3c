/* See inbox.h. An entry is: kind, unit, name, help and labels (each a length and its bytes with a NUL), the time, eight
 * bytes of value. */
#include <metrics/inbox.h>
#include <metrics/labels.h>
#include <metrics/units.h>

#include <base/mem.h>
#include <math.h>
#include <stdlib.h>

enum { INBOX_ROWS = 1024 };

static void put_text(struct rbk_buf *b, const char *s, size_t len)
{
    bytes_put(b, len);
    rbk_buf_append(b, s, len);
    rbk_buf_putc(b, '\0');
}

void rbk_metrics_batch_add(struct rbk_metrics_batch *b, const struct rbk_metric *m, struct rbk_sample sample)
{
    struct rbk_buf labels = {0};
    if (!isfinite(sample.value))
        return;
    labels_put(&labels, m->labels, m->label_count);
    rbk_buf_putc(&b->data, (char)m->kind);
    rbk_buf_putc(&b->data, (char)units_meant(m->name, m->unit));
    put_text(&b->data, m->name, strlen(m->name));
    put_text(&b->data, m->help ? m->help : "", m->help ? strlen(m->help) : 0);
    put_text(&b->data, labels.data ? labels.data : "", labels.len);
    bytes_put(&b->data, zigzag(sample.at_ms));
    rbk_buf_append(&b->data, &sample.value, sizeof sample.value);
    rbk_buf_fini(&labels);
}

/* Ids start again at one when the inbox was emptied, so the id of a new row says how many there are. */
int rbk_metrics_batch_write(struct rbk_metrics_batch *b, struct rbk_store *s, struct rbk_error *err)
{
    if (b->data.len == 0)
        return 0;
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO metric_inbox(data) VALUES(?1)");
    rbk_bind_blob(q, 1, b->data.data, b->data.len);
    int rc = rbk_stmt_run(q, err);
    rbk_buf_clear(&b->data);
    if (rc == 0 && rbk_store_last_id(s) >= INBOX_ROWS)
        rc = rbk_metrics_compact(s, err);
    return rc;
}

void rbk_metrics_batch_fini(struct rbk_metrics_batch *b)
{
    rbk_buf_fini(&b->data);
}

static const char *get_text(struct bytes *b)
{
    uint64_t len = bytes_get(b);
    const uint8_t *p = len < SIZE_MAX ? bytes_take(b, (size_t)len + 1) : NULL;
    if (!p || p[len] != '\0') {
        b->broken = true;
        return "";
    }
    return (const char *)p;
}

bool inbox_entry_read(struct bytes *b, struct inbox_entry *e)
{
    const uint8_t *head = bytes_take(b, 2);
    if (head) {
        e->kind = (enum rbk_metric_kind)(head[0] % 3);
        e->unit = (enum rbk_unit)(head[1] % 4);
    }
    e->name = get_text(b);
    e->help = get_text(b);
    e->labels = get_text(b);
    e->sample.at_ms = unzigzag(bytes_get(b));
    const uint8_t *value = bytes_take(b, sizeof e->sample.value);
    if (value)
        memcpy(&e->sample.value, value, sizeof e->sample.value);
    return !b->broken;
}

bool inbox_row_unit(const void *data, size_t len, const char *name, enum rbk_unit *out)
{
    struct bytes b = bytes_of(data, len);
    struct inbox_entry e = {0};
    while (b.p < b.end && inbox_entry_read(&b, &e)) {
        if (strcmp(e.name, name) == 0) {
            *out = e.unit;
            return true;
        }
    }
    return false;
}

static int by_series(const struct inbox_entry *a, const struct inbox_entry *b)
{
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->labels, b->labels);
}

static int compare(const void *pa, const void *pb)
{
    const struct inbox_entry *a = pa, *b = pb;
    int order = by_series(a, b);
    if (order)
        return order;
    if (a->sample.at_ms != b->sample.at_ms)
        return a->sample.at_ms < b->sample.at_ms ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static int read_rows(struct inbox *in, struct rbk_store *s, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT data FROM metric_inbox ORDER BY id");
    int rc;
    while ((rc = rbk_stmt_step(q, err)) > 0) {
        size_t len;
        const void *data = rbk_col_blob(q, 0, &len);
        rbk_buf_append(&in->text, data, len);
        in->rows++;
    }
    if (rc == 0)
        rbk_stmt_end(q);
    return rc;
}

int inbox_load(struct inbox *in, struct rbk_store *s, struct rbk_error *err)
{
    int rc = read_rows(in, s, err);
    struct bytes b = bytes_of(in->text.data, in->text.len);
    while (rc == 0 && b.p < b.end) {
        RBK_GROW(in->entries, in->count, in->cap);
        struct inbox_entry *e = &in->entries[in->count];
        e->order = in->count++;
        if (!inbox_entry_read(&b, e)) {
            rbk_error_set(err, RBK_ESTORE, "the inbox of metrics is damaged");
            rc = rbk_error_hint(err, "`runbook doctor` checks the store; restore the state folder from a backup");
        }
    }
    if (rc == 0 && in->count)
        qsort(in->entries, in->count, sizeof *in->entries, compare);
    return rc;
}

void inbox_fini(struct inbox *in)
{
    free(in->entries);
    rbk_buf_fini(&in->text);
}

size_t inbox_run(const struct inbox *in, size_t i)
{
    size_t n = 1;
    while (i + n < in->count && by_series(&in->entries[i], &in->entries[i + n]) == 0)
        n++;
    return n;
}
