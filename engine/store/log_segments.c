/* What a reader needs of the segments of a tail: opening them, and finding the last lines of a log from its end. */
#include <store/log_read_internal.h>

#include <base/mem.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool open_segment(const char *path, int i, struct rbk_log_segment *s)
{
    struct rbk_log_record start;
    char *text = rbk_log_text_path(path, i), *index = rbk_log_index_path(path, i);
    s->text = open(text, O_RDONLY | O_CLOEXEC);
    s->idx = open(index, O_RDONLY | O_CLOEXEC);
    free(text);
    free(index);
    bool ok = s->text >= 0 && rbk_log_record_read(s->idx, 0, &start) && start.kind == RBK_RECORD_START;
    if (ok) {
        s->start = start.value;
        s->size = lseek(s->text, 0, SEEK_END);
    } else {
        rbk_log_segments_close(s, 1);
    }
    return ok;
}

void rbk_log_segments_close(struct rbk_log_segment *segments, int count)
{
    for (int i = 0; i < count; i++) {
        if (segments[i].text >= 0)
            close(segments[i].text);
        if (segments[i].idx >= 0)
            close(segments[i].idx);
    }
}

int rbk_log_segments_open(const char *path, struct rbk_log_segment out[2])
{
    int count = 0;
    for (int i = 0; i < 2; i++)
        count += open_segment(path, i, &out[count]);
    if (count == 2 && out[0].start > out[1].start) {
        struct rbk_log_segment first = out[1];
        out[1] = out[0];
        out[0] = first;
    }
    return count;
}

bool rbk_log_segment_same(const struct rbk_log_segment *segment)
{
    struct rbk_log_record start;
    return rbk_log_record_read(segment->idx, 0, &start) && start.value == segment->start;
}

/* Looks backwards through size bytes for `*lines` line ends; where the text behind them begins. */
static int64_t seek_back(int fd, int64_t size, int64_t *lines)
{
    char buffer[8192];
    for (int64_t end = size; end > 0;) {
        int64_t from = end > (int64_t)sizeof buffer ? end - (int64_t)sizeof buffer : 0;
        ssize_t n = pread(fd, buffer, (size_t)(end - from), from);
        for (ssize_t i = n; i > 0; i--)
            if (buffer[i - 1] == '\n' && (*lines)-- == 0)
                return from + i;
        end = from;
    }
    return 0;
}

/* A final line without its newline counts as one too. */
static bool ends_unfinished(int fd, int64_t size)
{
    char last;
    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

void rbk_log_reader_seek_tail(struct rbk_log_reader *r, int lines)
{
    struct rbk_log_cut cut;
    struct rbk_log_segment segments[2];
    rbk_log_cut_find_open(r->idx, 0, &cut);
    bool cut_open = cut.cut;
    int64_t size = cut_open ? cut.head_end : lseek(r->text, 0, SEEK_END), left = lines;
    int count = cut_open ? rbk_log_segments_open(r->path, segments) : 0;
    int last = count ? segments[count - 1].text : r->text;
    if (ends_unfinished(last, count ? segments[count - 1].size : size))
        left--;
    for (int i = count - 1; i >= 0 && (left > 0 || i == count - 1); i--) {
        int64_t at = seek_back(segments[i].text, segments[i].size, &left);
        r->in_tail = true;
        r->cut_n = cut.n;
        r->position = segments[i].start + at;
    }
    rbk_log_segments_close(segments, count);
    if (count && left <= 0)
        return;
    r->in_tail = false;
    r->cut_n = 0;
    r->position = seek_back(r->text, size, &left);
    rbk_log_cursor_seek(&r->cursor, r->idx, r->position);
}
