/* How a log lies on disk, for its writer and its reader.
 *
 *   x.log  x.idx          the text, and its index: fixed records, each saying from which byte on which stream wrote at
 *                         which time. A record is written before its text, and only when stream or millisecond change.
 *   x.log.0 x.idx.0       once a bounded log is half full, text goes to two segments in turn; the one that is about to
 *   x.log.1 x.idx.1       be used again is emptied, and what was in it is dropped
 *
 * The index of x.log says so: RECORD_CUT where the head ends. Closing joins: what is left of the segments is appended
 * to x.log after a line (RECORD_DROPPED) that says how much is missing, then RECORD_JOINED, then the segments go. A
 * crash between leaves a CUT without its JOINED: readers then take the head and the segments, and the next opening
 * joins. Positions in the tail count the bytes since the cut, dropped or not. */
#ifndef RBK_STORE_LOG_INTERNAL_H
#define RBK_STORE_LOG_INTERNAL_H

#include <store/log.h>

#include <base/buf.h>
#include <sys/uio.h>

enum rbk_log_record_kind {
    /* 1..3: text of that stream from `offset` on; `value` is the wall time */
    RBK_RECORD_CUT = 16,     /* the head ends at `offset` */
    RBK_RECORD_DROPPED = 17, /* from `offset` on one line by the engine about what was dropped; `value` wall time */
    RBK_RECORD_JOINED = 18,  /* the tail has been appended: `offset` in the file is position `value` of the tail */
    RBK_RECORD_START = 19    /* first in a segment's index: the segment begins at position `value` of the tail */
};

struct rbk_log_record {
    int64_t value, offset;
    uint32_t kind, check; /* check: hash of the rest; a torn or foreign record ends the index */
};

void rbk_log_record_seal(struct rbk_log_record *r);
bool rbk_log_record_ok(const struct rbk_log_record *r);
/* The stream that a record speaks of: 1..3 for text, 0 for the others. */
int rbk_log_record_stream(const struct rbk_log_record *r);
/* Record `n` of an index; false at its end, torn end included. */
bool rbk_log_record_read(int idx, int64_t n, struct rbk_log_record *out);

/* The line that stands where bytes are missing, without its newline. Returns its length. */
int rbk_log_gap_text(char *out, size_t size, int64_t bytes);

/* "x.log" and its "x.idx", with the suffix of a segment (-1 = none). Heap. */
char *rbk_log_text_path(const char *path, int segment);
char *rbk_log_index_path(const char *path, int segment);

/* The first CUT of an index from record `from` on, and the JOINED behind it. */
struct rbk_log_cut {
    bool cut, joined;
    int64_t n, head_end;        /* of the CUT */
    int64_t file_end, tail_end; /* of the JOINED: file offset and position of the tail that are the same byte */
    int64_t kept_start;         /* file offset of the first byte of the tail that was kept */
    int64_t next_n;             /* the record behind the last one that was looked at */
};
void rbk_log_cut_find(int idx, int64_t from, struct rbk_log_cut *out);
/* The first CUT whose tail has not been joined (out->cut && !out->joined), or what was seen last. */
void rbk_log_cut_find_open(int idx, int64_t from, struct rbk_log_cut *out);

/* Walks an index along with its text. */
struct rbk_log_cursor {
    int idx;
    int64_t n; /* of `next` */
    bool has_next;
    struct rbk_log_record now, next;
};
/* Puts the cursor on the record that covers `offset` (binary search). */
void rbk_log_cursor_seek(struct rbk_log_cursor *c, int idx, int64_t offset);
/* Looks for records that were appended meanwhile; to be called after text was read, whose records are there before. */
void rbk_log_cursor_refresh(struct rbk_log_cursor *c);
/* Moves on to `offset`, which is not before the last one. */
void rbk_log_cursor_advance(struct rbk_log_cursor *c, int64_t offset);

/* ---- the writer; log_part.c */

struct rbk_log_part {
    int text, idx; /* descriptors, -1 = not open */
    int64_t size;  /* bytes of text */
    int64_t idx_size;
    int64_t start; /* segments: position in the tail */
    int64_t last_ms;
    int last_stream; /* of the last record; 0 = none: the next chunk needs a record */
};

struct rbk_log {
    char *path;
    mode_t mode;
    int64_t max_bytes;
    struct rbk_log_part main, tail[2];
    int current; /* the segment that is being written */
    bool cut;
    int64_t tail_size; /* bytes since the cut */
    int64_t received, dropped;
    struct {
        struct rbk_buf text;
        int64_t since_ms;
    } held[4];
    int torn; /* stream whose unfinished line ends the text; 0 = none */
};

int rbk_log_part_open(struct rbk_log *log, struct rbk_log_part *part, int segment, struct rbk_error *err);
void rbk_log_part_close(struct rbk_log_part *part);
int rbk_log_part_append(struct rbk_log *log, struct rbk_log_part *part, const void *data, size_t len,
                        struct rbk_error *err);
/* Uses up iov. */
int rbk_log_part_append_all(struct rbk_log *log, struct rbk_log_part *part, struct iovec *iov, int count,
                            struct rbk_error *err);
int rbk_log_part_record(struct rbk_log *log, struct rbk_log_part *part, uint32_t kind, int64_t value, int64_t offset,
                        struct rbk_error *err);

/* log_bound.c */
int rbk_log_cut_here(struct rbk_log *log, struct rbk_error *err);
/* The segment that takes the next `len` bytes: rotates when the current one is full. */
struct rbk_log_part *rbk_log_tail_part(struct rbk_log *log, size_t len, struct rbk_error *err);
int rbk_log_join(struct rbk_log *log, struct rbk_error *err);
/* After opening an existing log: finishes a join that a crash has prevented. */
int rbk_log_recover(struct rbk_log *log, struct rbk_error *err);

#endif
