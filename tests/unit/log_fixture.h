/* What the tests of logs share: one log in a temporary folder, and reading it back as text. */
#ifndef LOG_FIXTURE_H
#define LOG_FIXTURE_H

#include "store_fixture.h"

#include <base/buf.h>
#include <signal.h>
#include <store/log.h>

static struct fixture f;
static struct rbk_error err;
static char log_path[160];

static inline int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    snprintf(log_path, sizeof log_path, "%s/step.log", f.root);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

static inline struct rbk_log *open_log(int64_t max_bytes)
{
    struct rbk_log *log = NULL;
    struct rbk_log_options o = {.path = log_path, .max_bytes = max_bytes};
    if (rbk_log_open(&o, &log, &err))
        fail_msg("%s", err.message);
    return log;
}

static inline void put(struct rbk_log *log, int stream, const char *text, int64_t ms)
{
    assert_int_equal(rbk_log_write(log, stream, text, strlen(text), ms, &err), 0);
}

static inline void finish(struct rbk_log *log)
{
    assert_int_equal(rbk_log_close(log, &err), 0);
}

/* Lines as "time stream text|". */
static inline int on_line(void *arg, int64_t ms, int stream, const char *line, size_t len)
{
    rbk_buf_printf(arg, "%lld %d %.*s|", (long long)ms, stream, (int)len, line);
    return 0;
}

static inline int on_text(void *arg, int64_t ms, int stream, const char *line, size_t len)
{
    (void)ms;
    (void)stream;
    rbk_buf_append(arg, line, len);
    rbk_buf_putc(arg, '\n');
    return 0;
}

static inline void expect(const struct rbk_buf *b, const char *expected)
{
    assert_string_equal(b->data ? b->data : "", expected);
}

static inline void expect_lines(const char *expected)
{
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, true, on_line, &b, &err), 0);
    expect(&b, expected);
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

static inline char *slurp(const char *path)
{
    struct rbk_buf b = {0};
    char chunk[4096];
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
        rbk_buf_append(&b, chunk, n);
    fclose(in);
    return rbk_buf_take(&b);
}

static inline void expect_text(const char *expected)
{
    char *text = slurp(log_path);
    assert_string_equal(text, expected);
    free(text);
}

static inline bool there(const char *suffix)
{
    char path[200];
    snprintf(path, sizeof path, "%s/step%s", f.root, suffix);
    return access(path, F_OK) == 0;
}
static inline void put_numbered(struct rbk_log *log, int from, int to)
{
    for (int i = from; i < to; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %06d\n", i);
        put(log, 1 + i % 2, line, 1000 + i / 3);
    }
}

#endif
