/* Lists of strings, the grammar of names, and the small string tests that every room needs. */
#include <base/str.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, ID_MAX_BYTES = 128 };

void rbk_strv_take(struct rbk_strv *v, char *s)
{
    if (v->count + 1 >= v->cap) {
        v->cap = v->cap ? v->cap * 2 : 8;
        v->items = rbk_realloc(v->items, v->cap, sizeof *v->items);
    }
    v->items[v->count++] = s;
    v->items[v->count] = NULL;
}

void rbk_strv_add(struct rbk_strv *v, const char *s)
{
    rbk_strv_take(v, rbk_strdup(s));
}

bool rbk_strv_has(const struct rbk_strv *v, const char *s)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->items[i], s) == 0)
            return true;
    return false;
}

void rbk_strv_fini(struct rbk_strv *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->items[i]);
    free(v->items);
    *v = (struct rbk_strv){0};
}

/* ASCII by hand: the grammar must not depend on the locale. */
static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool rbk_name_ok(const char *s)
{
    if (!s || !is_lower(s[0]))
        return false;
    size_t n = 1;
    while (is_lower(s[n]) || is_digit(s[n]) || s[n] == '_')
        n++;
    return s[n] == '\0' && n <= NAME_MAX_BYTES;
}

bool rbk_runbook_id_ok(const char *s)
{
    if (!s || strlen(s) > ID_MAX_BYTES)
        return false;
    for (;;) {
        if (!is_lower(*s) && !is_digit(*s))
            return false;
        while (is_lower(*s) || is_digit(*s) || *s == '_' || *s == '-')
            s++;
        if (*s == '\0')
            return true;
        if (*s++ != '/')
            return false;
    }
}

char *rbk_slug(const char *title)
{
    char slug[NAME_MAX_BYTES + 1];
    size_t n = 0;
    bool gap = false;
    for (; *title && n < NAME_MAX_BYTES; title++) {
        char c = *title >= 'A' && *title <= 'Z' ? (char)(*title - 'A' + 'a') : *title;
        if (!is_lower(c) && !is_digit(c)) {
            gap = true;
            continue;
        }
        if (n == 0 && is_digit(c)) {
            slug[n++] = 's';
            slug[n++] = '_';
        } else if (gap && n > 0 && n + 1 < NAME_MAX_BYTES) {
            slug[n++] = '_';
        } else if (gap && n > 0) {
            break;
        }
        gap = false;
        slug[n++] = c;
    }
    return n ? rbk_strndup(slug, n) : rbk_strdup("step");
}

bool rbk_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool rbk_ends_with(const char *s, const char *suffix)
{
    size_t len = strlen(s), tail = strlen(suffix);
    return len >= tail && memcmp(s + len - tail, suffix, tail) == 0;
}

uint64_t rbk_hash(uint64_t h, const void *data, size_t len)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}
