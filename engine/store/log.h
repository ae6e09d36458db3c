/* Logs of step output: DIR/logs/<run>/<name>.log holds the text of both streams, whole lines in order of arrival;
 * <name>.idx beside it holds fixed records (time, stream, offset), so the text stays pasteable. Bounded: head and tail
 * are kept, the bytes dropped between are counted and marked. Files 0600. A log can be read while it is written, and
 * after a crash. A line has the time of the read that brought its first byte, to the millisecond. Not synced: a log is
 * what a person reads, the journal is what a run relies on. */
#ifndef RBK_STORE_LOG_H
#define RBK_STORE_LOG_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rbk_log;

struct rbk_log_options {
    const char *path; /* of the .log; its folder must exist */
    int64_t
        max_bytes; /* 0 = unbounded; else half is head, half is tail. Opening a log again adds at most a tail to it */
    mode_t mode;   /* 0 = 0600 */
};
int rbk_log_open(const struct rbk_log_options *options, struct rbk_log **out,
                 struct rbk_error *err); /* appends when it exists */
/* `stream` 1 stdout, 2 stderr, 3 the engine's own remarks. Partial lines are held until their newline comes, another
 * stream's turn would tear them for longer than a moment, or the log is flushed. */
int rbk_log_write(struct rbk_log *log, int stream, const char *data, size_t len, int64_t wall_ms,
                  struct rbk_error *err);
int rbk_log_flush(struct rbk_log *log, struct rbk_error *err);
int64_t rbk_log_dropped(const struct rbk_log *log);
int64_t rbk_log_bytes(const struct rbk_log *log); /* received, kept or not */
/* Flushes, joins head and tail, closes. The log is freed whatever happens. */
int rbk_log_close(struct rbk_log *log, struct rbk_error *err);

/* Reading: calls on_line for every complete line (and a last incomplete one when the log is closed). */
typedef int rbk_log_line_fn(void *arg, int64_t wall_ms, int stream, const char *line, size_t len);
struct rbk_log_reader;
int rbk_log_reader_open(const char *path, struct rbk_log_reader **out, struct rbk_error *err);
/* Reads what is there now; call again later to follow. on_line returns non-zero to stop. */
int rbk_log_reader_poll(struct rbk_log_reader *r, bool final, rbk_log_line_fn *on_line, void *arg,
                        struct rbk_error *err);
void rbk_log_reader_close(struct rbk_log_reader *r);
/* The last `lines` lines, for failure messages and cards. */
int rbk_log_tail(const char *path, int lines, rbk_log_line_fn *on_line, void *arg, struct rbk_error *err);

#endif
