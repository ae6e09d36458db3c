/* See cases.h. */
#include <results/cases.h>

#include <base/mem.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_BYTES = 16, STATE_FLAKY = 1 };

static void encode_state(const struct case_state *s, char *out)
{
    uint64_t hash = htole64(s->hash);
    uint32_t run = htole32(s->last_run);
    uint16_t streak = htole16(s->streak);
    memcpy(out, &hash, 8);
    memcpy(out + 8, &run, 4);
    memcpy(out + 12, &streak, 2);
    out[14] = (char)s->outcome;
    out[15] = s->flaky ? STATE_FLAKY : 0;
}

static struct case_state decode_state(const char *in)
{
    uint64_t hash;
    uint32_t run;
    uint16_t streak;
    memcpy(&hash, in, 8);
    memcpy(&run, in + 8, 4);
    memcpy(&streak, in + 12, 2);
    return (struct case_state){.hash = le64toh(hash),
                               .last_run = le32toh(run),
                               .streak = le16toh(streak),
                               .outcome = (uint8_t)(in[14] & 3),
                               .flaky = in[15] & STATE_FLAKY};
}

static struct case_state *add_state(struct case_set *set, struct case_state state)
{
    RBK_GROW(set->states, set->count, set->cap);
    set->states[set->count] = state;
    return &set->states[set->count++];
}

static int load_states(struct case_set *set, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(set->store, "SELECT states FROM test_states WHERE level = ? ORDER BY chunk");
    int rc;
    rbk_bind_int(q, 1, set->level);
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        size_t len;
        const char *blob = rbk_col_blob(q, 0, &len);
        for (size_t at = 0; at + STATE_BYTES <= len; at += STATE_BYTES)
            add_state(set, decode_state(blob + at));
    }
    rbk_stmt_end(q);
    return rc;
}

int case_set_load(struct case_set *set, struct rbk_store *s, int64_t level, struct rbk_error *err)
{
    *set = (struct case_set){.store = s, .level = level};
    int rc = load_states(set, err);
    set->saved = set->count;
    if (rc || set->count % CASES_PER_CHUNK == 0)
        return rc;
    rc = names_load(&set->names, s, level, set->count / CASES_PER_CHUNK, err);
    while (!rc && names_next(&set->names))
        ; /* new names are written as differences to the last one */
    return rc;
}

void case_set_fini(struct case_set *set)
{
    free(set->states);
    free(set->slots);
    rbk_buf_fini(&set->dirty);
    rbk_buf_fini(&set->prefix);
    names_fini(&set->names);
}

/* Eight bytes at a time: a million names are hashed for every import. Multiplication spreads upwards, the shift brings
 * it down again. The result is stored, so this may never change. */
static uint64_t mix_bytes(uint64_t h, const char *bytes, size_t len)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15); /* 2^64 divided by the golden ratio (Knuth, TAOCP 3, 6.4) */
    uint64_t word;
    for (h ^= len * odd; len >= 8; bytes += 8, len -= 8) {
        memcpy(&word, bytes, 8);
        h = (h ^ le64toh(word)) * odd;
        h ^= h >> 29;
    }
    word = 0;
    memcpy(&word, bytes, len);
    h = (h ^ le64toh(word)) * odd;
    return h ^ h >> 32;
}

/* Suite and file stay the same from case to case, so their hash is kept. */
static uint64_t case_hash(struct case_set *set, const char *suite, const char *file, const char *name)
{
    size_t suite_len = strlen(suite) + 1, file_len = strlen(file) + 1;
    struct rbk_buf *prefix = &set->prefix;
    if (prefix->len != suite_len + file_len || memcmp(prefix->data, suite, suite_len) != 0 ||
        memcmp(prefix->data + suite_len, file, file_len) != 0) {
        rbk_buf_clear(prefix);
        rbk_buf_append(prefix, suite, suite_len);
        rbk_buf_append(prefix, file, file_len);
        set->prefix_hash = mix_bytes(0, prefix->data, prefix->len);
    }
    return mix_bytes(set->prefix_hash, name, strlen(name));
}

/* The slot of a hash: where it is, or the free one where it belongs. */
static uint32_t *find_slot(const struct case_set *set, uint64_t hash)
{
    uint32_t mask = set->slot_count - 1, at = (uint32_t)(hash ^ hash >> 32) & mask;
    while (set->slots[at] && set->states[set->slots[at] - 1].hash != hash)
        at = (at + 1) & mask;
    return &set->slots[at];
}

static void build_slots(struct case_set *set, uint32_t slot_count)
{
    free(set->slots);
    set->slot_count = slot_count;
    set->slots = rbk_alloc((size_t)slot_count * sizeof *set->slots);
    for (uint32_t i = 0; i < set->count; i++)
        *find_slot(set, set->states[i].hash) = i + 1;
}

/* Room for one more case with at least a quarter of the slots free. */
static void ensure_slots(struct case_set *set)
{
    uint32_t want = set->slot_count ? set->slot_count : 1024;
    while (want / 4 * 3 <= set->count)
        want *= 2;
    if (want != set->slot_count)
        build_slots(set, want);
}

static int add_case(struct case_set *set, uint64_t hash, const char *suite, const char *file, const char *name,
                    struct rbk_error *err)
{
    add_state(set, (struct case_state){.hash = hash});
    names_add(&set->names, suite, file, name);
    if (set->count % CASES_PER_CHUNK)
        return 0;
    return names_save(&set->names, set->store, set->level, set->count / CASES_PER_CHUNK - 1, err);
}

int case_set_find(struct case_set *set, const char *suite, const char *file, const char *name, uint32_t *index,
                  struct rbk_error *err)
{
    uint64_t hash = case_hash(set, suite, file, name);
    int rc = 0;
    *index = set->expected;
    if (set->expected >= set->count || set->states[set->expected].hash != hash) {
        ensure_slots(set);
        uint32_t *slot = find_slot(set, hash);
        if (!*slot) {
            *slot = set->count + 1;
            rc = add_case(set, hash, suite, file, name, err);
        }
        *index = *slot - 1;
    }
    set->expected = *index + 1;
    return rc;
}

struct case_state *case_set_touch(struct case_set *set, uint32_t index)
{
    uint32_t chunk = index / CASES_PER_CHUNK;
    while (set->dirty.len <= chunk)
        rbk_buf_putc(&set->dirty, 0);
    set->dirty.data[chunk] = 1;
    return &set->states[index];
}

static int save_states(struct case_set *set, uint32_t chunk, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(set->store, "INSERT OR REPLACE INTO test_states(level, chunk, states) VALUES(?, ?, ?)");
    uint32_t first = chunk * CASES_PER_CHUNK, n = set->count - first;
    char blob[CASES_PER_CHUNK * STATE_BYTES];
    if (n > CASES_PER_CHUNK)
        n = CASES_PER_CHUNK;
    for (uint32_t i = 0; i < n; i++)
        encode_state(&set->states[first + i], blob + i * STATE_BYTES);
    rbk_bind_int(q, 1, set->level);
    rbk_bind_int(q, 2, chunk);
    rbk_bind_blob(q, 3, blob, (size_t)n * STATE_BYTES);
    return rbk_stmt_run(q, err);
}

int case_set_save(struct case_set *set, struct rbk_error *err)
{
    int rc = 0;
    for (size_t chunk = 0; chunk < set->dirty.len && !rc; chunk++)
        if (set->dirty.data[chunk])
            rc = save_states(set, (uint32_t)chunk, err);
    if (!rc && set->count > set->saved && set->count % CASES_PER_CHUNK)
        rc = names_save(&set->names, set->store, set->level, set->count / CASES_PER_CHUNK, err);
    return rc;
}
