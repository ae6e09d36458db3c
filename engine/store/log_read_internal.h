/* The reader of a log, for the two files that make it up. */
#ifndef RBK_STORE_LOG_READ_INTERNAL_H
#define RBK_STORE_LOG_READ_INTERNAL_H

#include <store/log_internal.h>

struct rbk_log_reader {
    char *path;
    int text, idx;      /* of x.log; -1 until it is there */
    bool in_tail;       /* reading segments: `position` counts from the cut; else it is an offset in x.log */
    int64_t position;   /* of the next byte to read */
    int64_t cut_n;      /* record to look for the next CUT from */
    int64_t written_ms; /* when x.log was last written: the time of lines without a record */
    struct rbk_log_cursor cursor;
    struct rbk_buf line; /* the unfinished line */
    int64_t line_ms;
    int line_stream;
    char *chunk;
    rbk_log_line_fn *on_line; /* during a poll */
    void *arg;
};

/* A segment as it is found, opened for reading. */
struct rbk_log_segment {
    int text, idx;
    int64_t start, size;
};

/* Opens both segments, the older first; how many there are. */
int rbk_log_segments_open(const char *path, struct rbk_log_segment out[2]);
void rbk_log_segments_close(struct rbk_log_segment *segments, int count);
/* Whether a segment still holds what it held when it was opened. */
bool rbk_log_segment_same(const struct rbk_log_segment *segment);

/* Puts the reader where the last `lines` lines begin. */
void rbk_log_reader_seek_tail(struct rbk_log_reader *r, int lines);

#endif
