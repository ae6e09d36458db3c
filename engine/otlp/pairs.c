/* See pairs.h. */
#include <otlp/pairs.h>

#include <base/buf.h>
#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

/* A percent sign that begins no byte is itself. */
static char *decode(const char *s, size_t len)
{
    struct rbk_buf out = {0};
    for (size_t i = 0; i < len; i++) {
        int high = s[i] == '%' && i + 2 < len ? digit(s[i + 1]) : -1;
        int low = high >= 0 ? digit(s[i + 2]) : -1;
        if (low >= 0 && high + low > 0) {
            rbk_buf_putc(&out, (char)(high * 16 + low));
            i += 2;
        } else {
            rbk_buf_putc(&out, s[i]);
        }
    }
    return rbk_buf_take(&out);
}

/* Without blanks at both ends. */
static const char *trimmed(const char *s, size_t *len)
{
    while (*len > 0 && strchr(BLANKS, *s))
        s++, (*len)--;
    while (*len > 0 && strchr(BLANKS, s[*len - 1]))
        (*len)--;
    return s;
}

static bool read_pair(const char *text, size_t len, rbk_value *map)
{
    const char *equals = memchr(text, '=', len);
    if (!equals)
        return false;
    size_t name_len = (size_t)(equals - text), value_len = len - name_len - 1;
    const char *name = trimmed(text, &name_len), *value = trimmed(equals + 1, &value_len);
    if (name_len == 0)
        return false;
    char *key = decode(name, name_len), *decoded = decode(value, value_len);
    rbk_map_set_string(map, key, decoded);
    free(key);
    free(decoded);
    return true;
}

int rbk_otlp_pairs_read(const char *text, rbk_value *map, struct rbk_error *err)
{
    rbk_value *read = rbk_map_new();
    int entry = 0, rc = 0;
    while (*text && rc == 0) {
        size_t len = strcspn(text, ","), inner = len;
        const char *pair = trimmed(text, &inner);
        entry++;
        if (inner > 0 && !read_pair(pair, inner, read))
            rc = rbk_error_set(err, RBK_EINVAL, "entry %d is not name=value", entry);
        text += len + (text[len] == ',');
    }
    for (size_t i = 0; rc == 0 && i < rbk_value_length(read); i++)
        rbk_map_set(map, rbk_map_key_at(read, i), rbk_value_dup(rbk_map_value_at(read, i)));
    rbk_value_free(read);
    return rc;
}
