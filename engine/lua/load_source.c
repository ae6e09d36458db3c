/* Finding one's way in the source of a runbook: Lua remembers the line of a statement, but not of each key in it. */
#include <lua/load.h>

#include <base/mem.h>
#include <ctype.h>
#include <string.h>

static const char *next_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline + 1 : end;
}

/* Where a line starts. Statements are asked for in rising order, so the search goes on from the last one. */
static const char *find_line(struct rbk_load *load, int line)
{
    if (line < load->line_number || load->line_number == 0) {
        load->line_number = 1;
        load->line_offset = 0;
    }
    const char *end = load->text + load->len, *at = load->text + load->line_offset;
    while (load->line_number < line && at < end) {
        at = next_line(at, end);
        load->line_number++;
    }
    load->line_offset = (size_t)(at - load->text);
    return at;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool line_has_key(const char *at, const char *end, const char *key)
{
    size_t len = strlen(key);
    for (const char *p = at; (size_t)(end - p) > len; p++) {
        if (memcmp(p, key, len) != 0 || is_word(p[len]) || (p > at && (is_word(p[-1]) || p[-1] == '.')))
            continue;
        const char *after = p + len;
        while (after < end && (*after == ' ' || *after == '\t'))
            after++;
        if (after < end && *after == '=' && !(after + 1 < end && after[1] == '='))
            return true;
    }
    return false;
}

static bool starts_statement(const char *at, const char *end)
{
    static const char *const words[] = {"step", "parallel", "param", "runbook"};
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(end - at) > len && memcmp(at, words[i], len) == 0 && !is_word(at[len]))
            return true;
    }
    return false;
}

int rbk_load_key_line(struct rbk_load *load, const char *file, int from, const char *key)
{
    if (strcmp(file, load->path) != 0)
        return from;
    const char *end = load->text + load->len, *at = find_line(load, from);
    for (int line = from; at < end; line++) {
        const char *next = next_line(at, end);
        if (line > from && starts_statement(at, next))
            break;
        if (line_has_key(at, next, key))
            return line;
        at = next;
    }
    return from;
}

char *rbk_load_lines(const char *text, size_t len, int first, int last)
{
    const char *at = text, *end = text + len, *start = end;
    for (int line = 1; line <= last && at < end; line++) {
        if (line == first)
            start = at;
        at = next_line(at, end);
    }
    return rbk_strndup(start, (size_t)(at > start ? at - start : 0));
}
