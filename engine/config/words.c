/* The splitter of command lines: POSIX quoting
 * (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html, 2.2), no expansion of any kind. */
#include <base/buf.h>
#include <config/words.h>
#include <ctype.h>
#include <string.h>

/* True for what a shell would act on outside quotes; a dollar that starts no name is only a dollar, as in "^smoke$". */
static bool words_is_special(const char *p, bool quoted)
{
    if (*p == '$') {
        return isalnum((unsigned char)p[1]) || (p[1] && strchr("_{(", p[1]));
    }
    return *p == '`' || (!quoted && strchr("|&;<>*?", *p));
}

/* Copies what stands in double quotes; `p` is behind the opening one. NULL when it is not closed. */
static const char *words_double(const char *p, struct rbk_buf *word, char *special)
{
    while (*p && *p != '"') {
        if (*p == '\\' && p[1] && strchr("\"\\$`", p[1])) {
            p++;
        } else if (!*special && words_is_special(p, true)) {
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
            if (!*special && words_is_special(p, false)) {
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
