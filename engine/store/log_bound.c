/* The bound of a log: cutting the head, keeping the tail in two segments in turn, and joining them at the end. The
 * segments live on disk, so memory does not grow whatever is captured. Each takes half of the bound; together they
 * always hold at least the half that is promised, and the join trims what is more. */
#include <store/log_internal.h>

#include <store/internal.h>

#include <base/clock.h>
#include <base/mem.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_SIZE (64 * 1024)

int rbk_log_cut_here(struct rbk_log *log, struct rbk_error *err)
{
    int rc = log->torn ? rbk_log_part_append(log, &log->main, "\n", 1, err) : 0;
    log->torn = 0;
    log->cut = true;
    log->tail_size = 0;
    return rc ? rc : rbk_log_part_record(log, &log->main, RBK_RECORD_CUT, 0, log->main.size, err);
}

static int empty_part(struct rbk_log *log, struct rbk_log_part *part, struct rbk_error *err)
{
    log->dropped += part->size;
    if (ftruncate(part->idx, 0) || ftruncate(part->text, 0))
        return rbk_store_errno(err, log->path, "empty a segment of");
    part->size = part->idx_size = 0;
    part->last_stream = 0;
    part->start = log->tail_size;
    return rbk_log_part_record(log, part, RBK_RECORD_START, part->start, 0, err);
}

struct rbk_log_part *rbk_log_tail_part(struct rbk_log *log, size_t len, struct rbk_error *err)
{
    struct rbk_log_part *part = &log->tail[log->current];
    int64_t most = log->max_bytes / 2;
    bool fresh = part->text < 0;
    if (!fresh && part->size + (int64_t)len <= most && part->idx_size <= most + COPY_SIZE)
        return part;
    if (!fresh) {
        log->current ^= 1;
        part = &log->tail[log->current];
    }
    if (part->text < 0) {
        if (rbk_log_part_open(log, part, log->current, err))
            return NULL;
        part->size = 0; /* whatever lies there is of no log that we know */
    }
    return empty_part(log, part, err) ? NULL : part;
}

static int copy_text(struct rbk_log *log, const struct rbk_log_part *from, int64_t skip, struct rbk_error *err)
{
    char *buffer = rbk_alloc(COPY_SIZE);
    int rc = 0;
    for (ssize_t n; !rc && (n = pread(from->text, buffer, COPY_SIZE, skip)) != 0; skip += n > 0 ? n : 0) {
        if (n < 0 && errno != EINTR)
            rc = rbk_store_errno(err, log->path, "join");
        else if (n > 0)
            rc = rbk_log_part_append(log, &log->main, buffer, (size_t)n, err);
    }
    free(buffer);
    return rc;
}

/* The records of a segment, moved to where its text (from `skip` on) begins in the file. */
static int copy_records(struct rbk_log *log, const struct rbk_log_part *from, int64_t skip, struct rbk_error *err)
{
    struct rbk_log_cursor c;
    int rc = 0;
    int64_t begin = log->main.size;
    rbk_log_cursor_seek(&c, from->idx, skip);
    if (c.now.kind)
        rc = rbk_log_part_record(log, &log->main, c.now.kind, c.now.value, begin, err);
    while (!rc && c.has_next) {
        int64_t offset = c.next.offset;
        rc = rbk_log_part_record(log, &log->main, c.next.kind, c.next.value, begin + offset - skip, err);
        c.n++;
        c.has_next = rbk_log_record_read(c.idx, c.n, &c.next);
    }
    return rc;
}

/* The first line that begins at or behind `skip`; `skip` itself when none begins near. */
static int64_t at_line(const struct rbk_log_part *part, int64_t skip)
{
    char *buffer = rbk_alloc(COPY_SIZE);
    ssize_t n = skip > 0 ? pread(part->text, buffer, COPY_SIZE, skip - 1) : 0;
    const char *end = n > 0 ? memchr(buffer, '\n', (size_t)n) : NULL;
    int64_t result = end && skip + (end - buffer) <= part->size ? skip + (end - buffer) : skip;
    free(buffer);
    return result;
}

static int say_dropped(struct rbk_log *log, int64_t dropped, struct rbk_error *err)
{
    char line[80];
    int n = rbk_log_gap_text(line, sizeof line - 1, dropped);
    line[n++] = '\n';
    int rc = rbk_log_part_record(log, &log->main, RBK_RECORD_DROPPED, rbk_clock_wall_ms(), log->main.size, err);
    return rc ? rc : rbk_log_part_append(log, &log->main, line, (size_t)n, err);
}

static void remove_segments(struct rbk_log *log)
{
    for (int i = 0; i < 2; i++) {
        char *text = rbk_log_text_path(log->path, i), *index = rbk_log_index_path(log->path, i);
        rbk_log_part_close(&log->tail[i]);
        unlink(index);
        unlink(text);
        free(text);
        free(index);
    }
}

int rbk_log_join(struct rbk_log *log, struct rbk_error *err)
{
    struct rbk_log_part *newer = &log->tail[log->current], *older = &log->tail[log->current ^ 1];
    int64_t sizes[2] = {older->text >= 0 ? older->size : 0, newer->text >= 0 ? newer->size : 0};
    int64_t excess = sizes[0] + sizes[1] - log->max_bytes / 2, skip[2] = {0, 0};
    if (log->max_bytes && excess > 0) {
        skip[0] = excess < sizes[0] ? excess : sizes[0];
        skip[1] = excess - skip[0];
        int first = skip[0] < sizes[0] ? 0 : 1;
        skip[first] = at_line(first ? newer : older, skip[first]);
    }
    log->dropped = log->tail_size - (sizes[0] - skip[0]) - (sizes[1] - skip[1]);
    int rc = log->dropped > 0 ? say_dropped(log, log->dropped, err) : 0;
    for (int i = 0; i < 2 && !rc; i++) {
        struct rbk_log_part *part = i ? newer : older;
        if (part->text < 0 || skip[i] >= sizes[i])
            continue;
        rc = copy_records(log, part, skip[i], err);
        if (!rc)
            rc = copy_text(log, part, skip[i], err);
    }
    if (!rc)
        rc = rbk_log_part_record(log, &log->main, RBK_RECORD_JOINED, log->tail_size, log->main.size, err);
    if (rc)
        return rc;
    remove_segments(log);
    log->cut = false;
    return 0;
}

/* Opens segment i if it is there and says where it begins. */
static int reopen_segment(struct rbk_log *log, int i, struct rbk_error *err)
{
    struct rbk_log_part *part = &log->tail[i];
    struct rbk_log_record r;
    char *text = rbk_log_text_path(log->path, i);
    bool there = access(text, F_OK) == 0;
    free(text);
    if (!there)
        return 0;
    int rc = rbk_log_part_open(log, part, i, err);
    if (rc)
        return rc;
    if (!rbk_log_record_read(part->idx, 0, &r) || r.kind != RBK_RECORD_START) {
        rbk_log_part_close(part); /* it was being emptied: nothing in it */
        return 0;
    }
    part->start = r.value;
    if (part->start + part->size > log->tail_size) {
        log->tail_size = part->start + part->size;
        log->current = i;
    }
    return 0;
}

int rbk_log_recover(struct rbk_log *log, struct rbk_error *err)
{
    struct rbk_log_cut cut;
    rbk_log_cut_find_open(log->main.idx, 0, &cut);
    if (!cut.cut) {
        remove_segments(log);
        return 0;
    }
    log->main.idx_size = (cut.n + 1) * (int64_t)sizeof(struct rbk_log_record);
    log->main.size = cut.head_end < log->main.size ? cut.head_end : log->main.size;
    if (ftruncate(log->main.idx, log->main.idx_size) || ftruncate(log->main.text, log->main.size))
        return rbk_store_errno(err, log->path, "mend");
    log->cut = true;
    int rc = reopen_segment(log, 0, err);
    if (!rc)
        rc = reopen_segment(log, 1, err);
    return rc ? rc : rbk_log_join(log, err);
}
