/* The splitter of command lines: POSIX quoting
 * (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html, 2.2), no expansion of any kind. */
#include <base/buf.h>
#include <config/words.h>
#include <string.h>

/* What a shell would act on. `*` and `?` are left out inside options such as -k=a*; only a word of their own matters to
 * people, but telling the two apart is guesswork, so every unquoted one is reported. */
static const char words_operators[] = "|&;<>$`*?";

/* Copies what stands in double quotes; `p` is behind the opening one. NULL when it is not closed. */
static const char *words_double(const char *p, struct rbk_buf *word, char *special)
{
    while (*p && *p != '"') {
        if (*p == '\\' && p[1] && strchr("\"\\$`", p[1])) {
            p++;
        } else if ((*p == '$' || *p == '`') && !*special) {
            *special = *p;
        }
        rbk_buf_putc(word, *p++);
    }
    return *p ? p + 1 : NULL;
}

static const char *words_single(const char *p, struct rbk_buf *word)
{
    const char *end = strchr(p, '\'');
    if (end) {
        rbk_buf_append(word, p, (size_t)(end - p));
    }
    return end ? end + 1 : NULL;
}

/* Copies one word; returns where it ends, NULL with `*problem` set. */
static const char *words_one(const char *p, struct rbk_buf *word, char *special, const char **problem)
{
    while (p && *p && !strchr(" \t\r\n", *p)) {
        if (*p == '\'') {
            *problem = "a single quote is not closed";
            p = words_single(p + 1, word);
        } else if (*p == '"') {
            *problem = "a double quote is not closed";
            p = words_double(p + 1, word, special);
        } else if (*p == '\\') {
            *problem = "a backslash at the end";
            if (p[1]) {
                rbk_buf_putc(word, p[1]);
            }
            p = p[1] ? p + 2 : NULL;
        } else {
            if (strchr(words_operators, *p) && !*special) {
                *special = *p;
            }
            rbk_buf_putc(word, *p++);
        }
    }
    return p;
}

const char *config_words_split(const char *line, struct rbk_strv *out, char *special)
{
    const char *problem = NULL;
    const char *p = line + strspn(line, " \t\r\n");

    *special = '\0';
    while (*p) {
        struct rbk_buf word = {0};
        p = words_one(p, &word, special, &problem);
        rbk_strv_take(out, rbk_buf_take(&word));
        if (!p) {
            return problem;
        }
        p += strspn(p, " \t\r\n");
    }
    return NULL;
}
