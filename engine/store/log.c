/* Writing a log. A chunk costs one write for its text and, when stream or millisecond have changed, one for a record;
 * nothing is done for each line but finding the last newline of the chunk. What follows it is held until its line is
 * whole, so lines of the two streams do not tear each other. */
#include <store/log_internal.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    HELD_MAX = 64 * 1024, /* a longer line is written in pieces */
    MOMENT_MS = 1000      /* an unfinished line is held back from another stream's turn for this long */
};

/* Says from where on `stream` writes at `ms`, unless the last record says so already. */
static int note(struct rbk_log *log, struct rbk_log_part *part, int stream, int64_t ms, int64_t offset,
                struct rbk_error *err)
{
    if (part->last_stream == stream && part->last_ms == ms)
        return 0;
    part->last_stream = stream;
    part->last_ms = ms;
    return rbk_log_part_record(log, part, (uint32_t)stream, ms, offset, err);
}

/* Text that goes to one part: what was held of the first line, then the rest. Without the rest there is nothing. */
struct piece {
    int stream;
    const char *held, *data;
    size_t held_len, len;
    int64_t held_ms, ms;
};

static int write_piece(struct rbk_log *log, struct rbk_log_part *part, const struct piece *p, struct rbk_error *err)
{
    struct iovec iov[3];
    int count = 0, rc;
    int64_t offset = part->size;
    if (!p->len)
        return 0;
    const char *first_end = p->held_len ? memchr(p->data, '\n', p->len) : NULL;
    if (log->torn && log->torn != p->stream) {
        iov[count++] = (struct iovec){.iov_base = "\n", .iov_len = 1};
        offset++;
    }
    rc = note(log, part, p->stream, p->held_len ? p->held_ms : p->ms, offset, err);
    if (!rc && first_end && (size_t)(first_end + 1 - p->data) < p->len)
        rc = note(log, part, p->stream, p->ms, offset + (int64_t)p->held_len + (first_end + 1 - p->data), err);
    if (p->held_len)
        iov[count++] = (struct iovec){.iov_base = (void *)p->held, .iov_len = p->held_len};
    iov[count++] = (struct iovec){.iov_base = (void *)p->data, .iov_len = p->len};
    int written = rbk_log_part_append_all(log, part, iov, count, err);
    log->torn = p->data[p->len - 1] == '\n' ? 0 : p->stream;
    return rc ? rc : written;
}

static bool fits_head(const struct rbk_log *log, size_t len)
{
    int64_t half = log->max_bytes / 2;
    return !log->max_bytes || (log->main.size + (int64_t)len <= half && log->main.idx_size <= half + HELD_MAX);
}

/* What still fits of a piece, whole lines only; the piece is shortened to the rest. */
static struct piece take_head(const struct rbk_log *log, struct piece *p)
{
    struct piece head = *p;
    int64_t room = log->max_bytes / 2 - log->main.size - (int64_t)p->held_len;
    size_t look = room <= 0 ? 0 : (size_t)room < p->len ? (size_t)room : p->len;
    const char *end = memrchr(p->data, '\n', look);
    head.len = end ? (size_t)(end + 1 - p->data) : 0;
    if (!head.len) {
        head.held_len = 0;
        return head;
    }
    p->data += head.len;
    p->len -= head.len;
    p->held_len = 0;
    return head;
}

static int emit(struct rbk_log *log, struct piece p, struct rbk_error *err)
{
    if (!log->cut && fits_head(log, p.held_len + p.len))
        return write_piece(log, &log->main, &p, err);
    if (!log->cut) {
        struct piece head = take_head(log, &p);
        int rc = head.len ? write_piece(log, &log->main, &head, err) : 0;
        if (!rc)
            rc = rbk_log_cut_here(log, err);
        if (rc)
            return rc;
    }
    struct rbk_log_part *part = rbk_log_tail_part(log, p.held_len + p.len, err);
    if (!part)
        return RBK_ESTORE;
    int64_t before = part->size;
    int rc = write_piece(log, part, &p, err);
    log->tail_size += part->size - before;
    return rc;
}

static int release_held(struct rbk_log *log, int stream, struct rbk_error *err)
{
    struct rbk_buf *held = &log->held[stream].text;
    if (!held->len)
        return 0;
    struct piece p = {.stream = stream,
                      .data = held->data,
                      .len = held->len,
                      .ms = log->held[stream].since_ms,
                      .held_ms = log->held[stream].since_ms};
    int rc = emit(log, p, err);
    rbk_buf_clear(held);
    return rc;
}

static int hold(struct rbk_log *log, int stream, const char *data, size_t len, int64_t ms, struct rbk_error *err)
{
    if (!len)
        return 0;
    if (!log->held[stream].text.len)
        log->held[stream].since_ms = ms;
    rbk_buf_append(&log->held[stream].text, data, len);
    return log->held[stream].text.len > HELD_MAX ? release_held(log, stream, err) : 0;
}

static int release_stale(struct rbk_log *log, int writing, int64_t now_ms, struct rbk_error *err)
{
    int rc = 0;
    for (int i = 1; i <= 3 && !rc; i++)
        if (i != writing && log->held[i].text.len && now_ms - log->held[i].since_ms > MOMENT_MS)
            rc = release_held(log, i, err);
    return rc;
}

int rbk_log_write(struct rbk_log *log, int stream, const char *data, size_t len, int64_t wall_ms, struct rbk_error *err)
{
    log->received += (int64_t)len;
    int rc = release_stale(log, stream, wall_ms, err);
    const char *end = len ? memrchr(data, '\n', len) : NULL;
    if (rc || !end)
        return rc ? rc : hold(log, stream, data, len, wall_ms, err);
    size_t whole = (size_t)(end + 1 - data);
    struct rbk_buf *held = &log->held[stream].text;
    struct piece p = {.stream = stream,
                      .held = held->data,
                      .held_len = held->len,
                      .data = data,
                      .len = whole,
                      .held_ms = log->held[stream].since_ms,
                      .ms = wall_ms};
    rc = emit(log, p, err);
    rbk_buf_clear(held);
    return rc ? rc : hold(log, stream, data + whole, len - whole, wall_ms, err);
}

int rbk_log_flush(struct rbk_log *log, struct rbk_error *err)
{
    int rc = 0;
    for (int i = 1; i <= 3 && !rc; i++)
        rc = release_held(log, i, err);
    return rc;
}

int64_t rbk_log_dropped(const struct rbk_log *log)
{
    return log->dropped;
}

int64_t rbk_log_bytes(const struct rbk_log *log)
{
    return log->received;
}

static void log_free(struct rbk_log *log)
{
    rbk_log_part_close(&log->main);
    rbk_log_part_close(&log->tail[0]);
    rbk_log_part_close(&log->tail[1]);
    for (int i = 1; i <= 3; i++)
        rbk_buf_fini(&log->held[i].text);
    free(log->path);
    free(log);
}

/* A line that an earlier opening left unfinished is not continued. */
static void see_torn_end(struct rbk_log *log)
{
    char last = '\n';
    if (log->main.size > 0 && pread(log->main.text, &last, 1, log->main.size - 1) == 1 && last != '\n')
        log->torn = -1;
}

int rbk_log_open(const struct rbk_log_options *options, struct rbk_log **out, struct rbk_error *err)
{
    struct rbk_log *log = rbk_alloc(sizeof *log);
    log->path = rbk_strdup(options->path);
    log->mode = options->mode ? options->mode : 0600;
    log->max_bytes = options->max_bytes;
    log->main.text = log->main.idx = -1;
    log->tail[0].text = log->tail[0].idx = log->tail[1].text = log->tail[1].idx = -1;
    int rc = rbk_log_part_open(log, &log->main, -1, err);
    if (!rc && log->main.size > 0)
        rc = rbk_log_recover(log, err);
    if (rc) {
        log_free(log);
        return rc;
    }
    see_torn_end(log);
    *out = log;
    return 0;
}

int rbk_log_close(struct rbk_log *log, struct rbk_error *err)
{
    int rc = rbk_log_flush(log, err);
    if (log->cut && !rc)
        rc = rbk_log_join(log, err);
    log_free(log);
    return rc;
}
