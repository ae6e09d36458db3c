/* See names.h. */
#include <results/names.h>

#include <results/cases.h>
#include <string.h>

void names_fini(struct names *n)
{
    for (int i = 0; i < NAMES_PARTS; i++)
        rbk_buf_fini(&n->part[i]);
    rbk_buf_fini(&n->blob);
}

const char *names_part(const struct names *n, int part)
{
    return n->part[part].len ? n->part[part].data : "";
}

static void names_clear(struct names *n)
{
    for (int i = 0; i < NAMES_PARTS; i++)
        rbk_buf_clear(&n->part[i]);
    rbk_buf_clear(&n->blob);
    n->at = unpack_start(NULL, 0);
}

int names_load(struct names *n, struct rbk_store *s, int64_t level, uint32_t chunk, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT names FROM test_cases WHERE level = ? AND chunk = ?");
    names_clear(n);
    rbk_bind_int(q, 1, level);
    rbk_bind_int(q, 2, chunk);
    int rc = rbk_stmt_step(q, err);
    if (rc == 1) {
        size_t len;
        const void *blob = rbk_col_blob(q, 0, &len);
        rbk_buf_append(&n->blob, blob, len);
        n->at = unpack_start(n->blob.data, n->blob.len);
    }
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

static bool read_part(struct names *n, struct rbk_buf *part)
{
    uint64_t shared = unpack_get(&n->at), rest = unpack_get(&n->at);
    const char *bytes = unpack_bytes(&n->at, rest);
    if (!bytes || shared > part->len) {
        n->at.broken = true;
        return false;
    }
    part->len = shared;
    rbk_buf_append(part, bytes, rest);
    return true;
}

bool names_next(struct names *n)
{
    if (!unpack_more(&n->at))
        return false;
    for (int i = 0; i < NAMES_PARTS; i++)
        if (!read_part(n, &n->part[i]))
            return false;
    return true;
}

void names_cursor_init(struct names_cursor *c)
{
    *c = (struct names_cursor){.next = -1};
}

void names_cursor_fini(struct names_cursor *c)
{
    names_fini(&c->names);
}

int names_seek(struct names_cursor *c, struct rbk_store *s, int64_t level, uint32_t index, struct rbk_error *err)
{
    uint32_t chunk = index / CASES_PER_CHUNK;
    bool loaded = c->chunk == chunk && c->level == level;
    if (loaded && c->next == index + 1)
        return 0;
    if (!loaded || c->next > index) {
        c->chunk = -1;
        int rc = names_load(&c->names, s, level, chunk, err);
        if (rc)
            return rc;
        c->level = level;
        c->chunk = chunk;
        c->next = chunk * CASES_PER_CHUNK;
    }
    while (c->next <= index) {
        if (!names_next(&c->names)) {
            c->chunk = -1;
            return rbk_error_set(err, RBK_ESTORE, "the test history is damaged: a case has lost its name");
        }
        c->next++;
    }
    return 0;
}

/* How many bytes two texts begin with in common; eight at a time, as most are the same as the one before. */
static size_t common_start(const char *a, const char *b, size_t len)
{
    size_t n = 0;
    while (n + 8 <= len && memcmp(a + n, b + n, 8) == 0)
        n += 8;
    while (n < len && a[n] == b[n])
        n++;
    return n;
}

static void add_part(struct rbk_buf *blob, struct rbk_buf *previous, const char *text)
{
    size_t len = strlen(text);
    size_t shared = common_start(previous->data, text, len < previous->len ? len : previous->len);
    if (shared == len && len == previous->len) {
        pack_put(blob, shared);
        pack_put(blob, 0);
        return;
    }
    pack_put(blob, shared);
    pack_put(blob, len - shared);
    rbk_buf_append(blob, text + shared, len - shared);
    previous->len = shared;
    rbk_buf_append(previous, text + shared, len - shared);
}

void names_add(struct names *n, const char *suite, const char *file, const char *name)
{
    add_part(&n->blob, &n->part[NAMES_SUITE], suite);
    add_part(&n->blob, &n->part[NAMES_FILE], file);
    add_part(&n->blob, &n->part[NAMES_NAME], name);
}

int names_save(struct names *n, struct rbk_store *s, int64_t level, uint32_t chunk, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT OR REPLACE INTO test_cases(level, chunk, names) VALUES(?, ?, ?)");
    rbk_bind_int(q, 1, level);
    rbk_bind_int(q, 2, chunk);
    rbk_bind_blob(q, 3, n->blob.data, n->blob.len);
    names_clear(n);
    return rbk_stmt_run(q, err);
}
