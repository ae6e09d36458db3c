/* See executions.h. A record is one byte of flags, then what the flags announce, each as a packed number. */
#include <results/executions.h>

#include <base/mem.h>
#include <results/cases.h>
#include <stdlib.h>

enum { FLUSH_BYTES = 1024 * 1024 };
enum {
    HEAD_OUTCOME = 0x03,
    HEAD_FLAKY = 0x04,
    HEAD_TIME = 0x08,
    HEAD_MILLISECONDS = 0x10, /* the time is whole milliseconds and counted so */
    HEAD_MESSAGE = 0x20,
    HEAD_INDEX = 0x40 /* not the case after the one before */
};

struct execution_chunk {
    struct rbk_buf blob;
    uint32_t next; /* offset of the case that needs no index */
};

void execution_writer_init(struct execution_writer *w, struct rbk_store *s, int64_t test_run)
{
    *w = (struct execution_writer){.store = s, .test_run = test_run};
}

void execution_writer_fini(struct execution_writer *w)
{
    for (uint32_t i = 0; i < w->chunk_count; i++)
        rbk_buf_fini(&w->chunks[i].blob);
    free(w->chunks);
}

static struct execution_chunk *chunk_of(struct execution_writer *w, uint32_t chunk)
{
    if (chunk >= w->chunk_count) {
        uint32_t count = chunk + 1 + chunk / 2;
        w->chunks = rbk_realloc(w->chunks, count, sizeof *w->chunks);
        for (uint32_t i = w->chunk_count; i < count; i++)
            w->chunks[i] = (struct execution_chunk){0};
        w->chunk_count = count;
    }
    return &w->chunks[chunk];
}

static void put_execution(struct execution_chunk *c, const struct execution *e)
{
    uint32_t offset = e->index % CASES_PER_CHUNK;
    bool whole = e->time_us >= 0 && e->time_us % 1000 == 0;
    unsigned head = (unsigned)e->outcome;
    head |= e->flaky ? HEAD_FLAKY : 0;
    head |= e->time_us >= 0 ? HEAD_TIME : 0;
    head |= whole ? HEAD_MILLISECONDS : 0;
    head |= e->message ? HEAD_MESSAGE : 0;
    head |= offset != c->next ? HEAD_INDEX : 0;
    rbk_buf_putc(&c->blob, (char)head);
    if (head & HEAD_INDEX)
        pack_put(&c->blob, offset);
    if (head & HEAD_TIME)
        pack_put(&c->blob, (uint64_t)(whole ? e->time_us / 1000 : e->time_us));
    if (head & HEAD_MESSAGE)
        pack_put(&c->blob, e->message);
    c->next = offset + 1;
}

int execution_write(struct execution_writer *w, const struct execution *e, struct rbk_error *err)
{
    struct execution_chunk *c = chunk_of(w, e->index / CASES_PER_CHUNK);
    size_t before = c->blob.len;
    put_execution(c, e);
    w->bytes += c->blob.len - before;
    return w->bytes < FLUSH_BYTES ? 0 : execution_flush(w, err);
}

static int insert_chunk(struct execution_writer *w, uint32_t chunk, struct rbk_error *err)
{
    static const char sql[] = "INSERT INTO test_executions(test_run, chunk, part, executions) VALUES(?, ?, ?, ?)";
    struct rbk_stmt *q = rbk_stmt(w->store, sql);
    struct execution_chunk *c = &w->chunks[chunk];
    rbk_bind_int(q, 1, w->test_run);
    rbk_bind_int(q, 2, chunk);
    rbk_bind_int(q, 3, w->part);
    rbk_bind_blob(q, 4, c->blob.data, c->blob.len);
    rbk_buf_fini(&c->blob);
    c->next = 0;
    return rbk_stmt_run(q, err);
}

int execution_flush(struct execution_writer *w, struct rbk_error *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < w->chunk_count && !rc; i++)
        if (w->chunks[i].blob.len)
            rc = insert_chunk(w, i, err);
    w->part++;
    w->bytes = 0;
    return rc;
}

static struct execution get_execution(struct unpack *u, int64_t chunk, uint32_t *next)
{
    const char *head_byte = unpack_bytes(u, 1);
    unsigned head = head_byte ? (unsigned char)*head_byte : 0;
    uint64_t offset = head & HEAD_INDEX ? unpack_get(u) : *next;
    struct execution e = {
        .outcome = (enum rbk_outcome)(head & HEAD_OUTCOME), .flaky = head & HEAD_FLAKY, .time_us = -1};
    if (head & HEAD_TIME)
        e.time_us = (int64_t)(unpack_get(u) * (head & HEAD_MILLISECONDS ? 1000 : 1));
    if (head & HEAD_MESSAGE)
        e.message = unpack_get(u);
    u->broken |= offset >= CASES_PER_CHUNK;
    *next = (uint32_t)offset + 1;
    e.index = (uint32_t)(chunk * CASES_PER_CHUNK + (int64_t)offset);
    return e;
}

static int read_blob(struct rbk_stmt *q, execution_fn *fn, void *arg, struct rbk_error *err)
{
    size_t len;
    const void *blob = rbk_col_blob(q, 1, &len);
    struct unpack u = unpack_start(blob, len);
    uint32_t next = 0;
    int rc = 0;
    while (!rc && unpack_more(&u)) {
        struct execution e = get_execution(&u, rbk_col_int(q, 0), &next);
        if (!u.broken)
            rc = fn(arg, &e);
    }
    return u.broken ? rbk_error_set(err, RBK_ESTORE, "the test history is damaged: an execution cannot be read") : rc;
}

int executions_read(struct rbk_store *s, int64_t test_run, int64_t chunk, execution_fn *fn, void *arg,
                    struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT chunk, executions FROM test_executions"
                                     " WHERE test_run = ? AND chunk BETWEEN ? AND ? ORDER BY chunk, part");
    int rc;
    rbk_bind_int(q, 1, test_run);
    rbk_bind_int(q, 2, chunk < 0 ? 0 : chunk);
    rbk_bind_int(q, 3, chunk < 0 ? INT64_MAX : chunk);
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        rc = read_blob(q, fn, arg, err);
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}
