/* Records of a log's index, and finding one's way in it. */
#include <store/log_internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t check_of(const struct rbk_log_record *r)
{
    uint64_t h = rbk_hash(RBK_HASH_INIT, r, offsetof(struct rbk_log_record, check));
    return (uint32_t)(h ^ (h >> 32));
}

void rbk_log_record_seal(struct rbk_log_record *r)
{
    r->check = check_of(r);
}

bool rbk_log_record_ok(const struct rbk_log_record *r)
{
    return r->check == check_of(r);
}

int rbk_log_record_stream(const struct rbk_log_record *r)
{
    if (r->kind == RBK_RECORD_DROPPED)
        return 3;
    return r->kind >= 1 && r->kind <= 3 ? (int)r->kind : 0;
}

bool rbk_log_record_read(int idx, int64_t n, struct rbk_log_record *out)
{
    return idx >= 0 && pread(idx, out, sizeof *out, (off_t)(n * (int64_t)sizeof *out)) == (ssize_t)sizeof *out &&
           rbk_log_record_ok(out);
}

static char *with_segment(char *path, int segment)
{
    if (segment < 0)
        return path;
    char *longer = rbk_asprintf("%s.%d", path, segment);
    free(path);
    return longer;
}

char *rbk_log_text_path(const char *path, int segment)
{
    return with_segment(rbk_strdup(path), segment);
}

char *rbk_log_index_path(const char *path, int segment)
{
    size_t len = strlen(path);
    int stem = (int)(rbk_ends_with(path, ".log") ? len - 4 : len);
    return with_segment(rbk_asprintf("%.*s.idx", stem, path), segment);
}

int rbk_log_gap_text(char *out, size_t size, int64_t bytes)
{
    return snprintf(out, size, "--- runbook: %" PRId64 " bytes dropped here ---", bytes);
}

/* Takes in one record; true when the CUT and its JOINED have both been seen. */
static bool cut_see(struct rbk_log_cut *c, const struct rbk_log_record *r, bool after_dropped)
{
    if (!c->cut && r->kind == RBK_RECORD_CUT) {
        c->cut = true;
        c->n = c->next_n;
        c->head_end = c->kept_start = r->offset;
    } else if (after_dropped) {
        c->kept_start = r->offset;
    }
    if (c->cut && r->kind == RBK_RECORD_JOINED) {
        c->joined = true;
        c->file_end = r->offset;
        c->tail_end = r->value;
    }
    c->next_n++;
    return c->joined;
}

void rbk_log_cut_find(int idx, int64_t from, struct rbk_log_cut *out)
{
    struct rbk_log_record block[64];
    bool after_dropped = false;
    *out = (struct rbk_log_cut){.next_n = from};
    for (;;) {
        off_t at = (off_t)(out->next_n * (int64_t)sizeof *block);
        ssize_t n = idx < 0 ? 0 : pread(idx, block, sizeof block, at);
        size_t count = n > 0 ? (size_t)n / sizeof *block : 0;
        for (size_t i = 0; i < count; i++) {
            if (!rbk_log_record_ok(&block[i]) || cut_see(out, &block[i], after_dropped))
                return;
            after_dropped = block[i].kind == RBK_RECORD_DROPPED;
        }
        if (!count)
            return;
    }
}

void rbk_log_cut_find_open(int idx, int64_t from, struct rbk_log_cut *out)
{
    rbk_log_cut_find(idx, from, out);
    while (out->joined)
        rbk_log_cut_find(idx, out->next_n, out);
}

static void read_next(struct rbk_log_cursor *c)
{
    c->has_next = rbk_log_record_read(c->idx, c->n, &c->next);
}

void rbk_log_cursor_seek(struct rbk_log_cursor *c, int idx, int64_t offset)
{
    struct rbk_log_record r;
    off_t size = idx >= 0 ? lseek(idx, 0, SEEK_END) : 0;
    int64_t low = 0, high = size > 0 ? size / (int64_t)sizeof r : 0;
    while (low < high) { /* the first record beyond offset */
        int64_t middle = low + (high - low) / 2;
        if (rbk_log_record_read(idx, middle, &r) && r.offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    *c = (struct rbk_log_cursor){.idx = idx, .n = low};
    for (int64_t n = low; n > 0 && !c->now.kind; n--)
        if (rbk_log_record_read(idx, n - 1, &r) && rbk_log_record_stream(&r))
            c->now = r;
    read_next(c);
}

void rbk_log_cursor_refresh(struct rbk_log_cursor *c)
{
    if (!c->has_next)
        read_next(c);
}

void rbk_log_cursor_advance(struct rbk_log_cursor *c, int64_t offset)
{
    while (c->has_next && c->next.offset <= offset) {
        if (rbk_log_record_stream(&c->next))
            c->now = c->next;
        c->n++;
        read_next(c);
    }
}
