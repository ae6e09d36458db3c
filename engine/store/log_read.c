/* Reading a log, finished or not. Three things lie under one stream of lines: the file, the two segments of a tail that
 * has not been joined, and the file again once it has. The reader keeps its position through all of them, so following
 * a log works while it is written, cut, rotated and joined. A line has the time and stream of the record that covers
 * its first byte. */
#include <store/log_read_internal.h>

#include <store/internal.h>

#include <base/clock.h>
#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, LINE_MAX_BYTES = 1024 * 1024 };

static int open_main(struct rbk_log_reader *r)
{
    struct stat st;
    char *index = rbk_log_index_path(r->path, -1);
    r->text = open(r->path, O_RDONLY | O_CLOEXEC);
    r->idx = r->text < 0 ? -1 : open(index, O_RDONLY | O_CLOEXEC);
    free(index);
    if (r->text < 0)
        return -1;
    r->written_ms = fstat(r->text, &st) ? 0 : (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    rbk_log_cursor_seek(&r->cursor, r->idx, 0);
    return 0;
}

int rbk_log_reader_open(const char *path, struct rbk_log_reader **out, struct rbk_error *err)
{
    struct rbk_log_reader *r = rbk_alloc(sizeof *r);
    r->path = rbk_strdup(path);
    if (open_main(r)) {
        int code = errno == ENOENT ? RBK_ENOENT : RBK_ESTORE;
        if (code == RBK_ENOENT)
            rbk_error_set(err, code, "there is no log %s", path);
        else
            rbk_store_errno(err, path, "read");
        rbk_log_reader_close(r);
        return code;
    }
    r->chunk = rbk_alloc(CHUNK);
    *out = r;
    return 0;
}

void rbk_log_reader_close(struct rbk_log_reader *r)
{
    if (!r)
        return;
    if (r->text >= 0)
        close(r->text);
    if (r->idx >= 0)
        close(r->idx);
    rbk_buf_fini(&r->line);
    free(r->chunk);
    free(r->path);
    free(r);
}

static int deliver(struct rbk_log_reader *r, const char *line, size_t len)
{
    int rc;
    if (r->line.len) {
        rbk_buf_append(&r->line, line, len);
        rc = r->on_line(r->arg, r->line_ms, r->line_stream, r->line.data, r->line.len);
        rbk_buf_clear(&r->line);
    } else {
        rc = r->on_line(r->arg, r->line_ms, r->line_stream, line, len);
    }
    return rc;
}

static void begin_line(struct rbk_log_reader *r, struct rbk_log_cursor *c, int64_t offset)
{
    rbk_log_cursor_advance(c, offset);
    int stream = rbk_log_record_stream(&c->now);
    r->line_ms = stream ? c->now.value : r->written_ms;
    r->line_stream = stream ? stream : 1;
}

/* Splits bytes that stand at `offset` of their file. Stops when on_line does; *used says how far it came. */
static int split(struct rbk_log_reader *r, struct rbk_log_cursor *c, const char *data, size_t len, int64_t offset,
                 size_t *used)
{
    int rc = 0;
    for (*used = 0; !rc && *used < len;) {
        const char *line = data + *used, *end = memchr(line, '\n', len - *used);
        if (!r->line.len)
            begin_line(r, c, offset + (int64_t)*used);
        if (!end) {
            rbk_buf_append(&r->line, line, len - *used);
            *used = len;
            if (r->line.len > LINE_MAX_BYTES)
                rc = deliver(r, "", 0);
            break;
        }
        *used += (size_t)(end - line) + 1;
        rc = deliver(r, line, (size_t)(end - line));
    }
    return rc;
}

/* Reads x.log (segment NULL) up to `limit` (-1 = its end), or a segment. */
static int read_text(struct rbk_log_reader *r, struct rbk_log_cursor *c, const struct rbk_log_segment *segment,
                     int64_t limit, struct rbk_error *err)
{
    int fd = segment ? segment->text : r->text;
    int64_t base = segment ? segment->start : 0;
    int rc = 0;
    while (!rc) {
        int64_t at = r->position - base;
        size_t want = limit >= 0 && limit - at < CHUNK ? (size_t)(limit - at > 0 ? limit - at : 0) : CHUNK, used;
        ssize_t n = want ? pread(fd, r->chunk, want, at) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rbk_store_errno(err, r->path, "read");
        if (n == 0 || (segment && !rbk_log_segment_same(segment)))
            break;
        rbk_log_cursor_refresh(c);
        rc = split(r, c, r->chunk, (size_t)n, at, &used);
        r->position += (int64_t)used;
    }
    return rc;
}

/* The cut whose tail has not been joined. Remembers how far the index was looked through. */
static bool open_cut(struct rbk_log_reader *r, struct rbk_log_cut *cut)
{
    rbk_log_cut_find_open(r->idx, r->cut_n, cut);
    r->cut_n = cut->cut ? cut->n : cut->next_n;
    return cut->cut;
}

/* When the position is behind an open cut, a join overtook us while we read: the rest follows once it is complete. */
static int read_main(struct rbk_log_reader *r, struct rbk_error *err)
{
    struct rbk_log_cut cut;
    bool cut_open = open_cut(r, &cut);
    int rc = read_text(r, &r->cursor, NULL, cut_open ? cut.head_end : -1, err);
    if (rc || !open_cut(r, &cut) || r->position != cut.head_end)
        return rc;
    r->in_tail = true;
    r->position = 0;
    return 0;
}

static int say_gap(struct rbk_log_reader *r, int64_t bytes)
{
    char line[80];
    int n = rbk_log_gap_text(line, sizeof line, bytes);
    rbk_buf_clear(&r->line);
    return r->on_line(r->arg, rbk_clock_wall_ms(), 3, line, (size_t)n);
}

static int read_segment(struct rbk_log_reader *r, const struct rbk_log_segment *s, struct rbk_error *err)
{
    struct rbk_log_cursor c;
    int rc = 0;
    if (r->position < s->start) {
        rc = say_gap(r, s->start - r->position);
        r->position = s->start;
    }
    if (rc)
        return rc;
    rbk_log_cursor_seek(&c, s->idx, r->position - s->start);
    return read_text(r, &c, s, -1, err);
}

/* The tail was joined: finds the same byte in the file. */
static void back_to_main(struct rbk_log_reader *r, const struct rbk_log_cut *cut)
{
    int64_t offset = cut->file_end - (cut->tail_end - r->position);
    if (offset < cut->kept_start) { /* dropped meanwhile: the file says so in the line before kept_start */
        offset = cut->head_end;
        rbk_buf_clear(&r->line);
    }
    r->in_tail = false;
    r->position = offset;
    r->cut_n = cut->next_n;
    rbk_log_cursor_seek(&r->cursor, r->idx, offset);
}

/* The segments are removed only after JOINED was recorded: when it is not there, those opened before are all there are.
 */
static int read_tail(struct rbk_log_reader *r, struct rbk_error *err)
{
    struct rbk_log_cut cut;
    struct rbk_log_segment segments[2];
    int count = rbk_log_segments_open(r->path, segments), rc = 0;
    rbk_log_cut_find(r->idx, r->cut_n, &cut);
    if (cut.joined)
        back_to_main(r, &cut);
    for (int i = 0; i < count && !cut.joined && !rc; i++)
        if (r->position < segments[i].start + segments[i].size)
            rc = read_segment(r, &segments[i], err);
    rbk_log_segments_close(segments, count);
    return rc;
}

int rbk_log_reader_poll(struct rbk_log_reader *r, bool final, rbk_log_line_fn *on_line, void *arg,
                        struct rbk_error *err)
{
    int rc;
    bool was_in_tail;
    r->on_line = on_line;
    r->arg = arg;
    do {
        was_in_tail = r->in_tail;
        rc = r->in_tail ? read_tail(r, err) : read_main(r, err);
    } while (!rc && was_in_tail != r->in_tail);
    if (!rc && final && r->line.len)
        rc = deliver(r, "", 0);
    return rc;
}

int rbk_log_tail(const char *path, int lines, rbk_log_line_fn *on_line, void *arg, struct rbk_error *err)
{
    struct rbk_log_reader *r = NULL;
    int rc = rbk_log_reader_open(path, &r, err);
    if (rc)
        return rc;
    if (lines > 0) {
        rbk_log_reader_seek_tail(r, lines);
        rc = rbk_log_reader_poll(r, true, on_line, arg, err);
    }
    rbk_log_reader_close(r);
    return rc;
}
