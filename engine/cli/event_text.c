/* See event_text.h. */
#include <cli/event_text.h>

#include <string.h>

/* Names are the program's own: nothing in them has to be escaped. */
static void put_name(struct rbk_buf *out, const char *name)
{
    if (out->len && !strchr("{[", out->data[out->len - 1]))
        rbk_buf_putc(out, ',');
    rbk_buf_putc(out, '"');
    rbk_buf_puts(out, name);
    rbk_buf_puts(out, "\":");
}

/* As it is, "" too. */
static void put_text(struct rbk_buf *out, const char *name, const char *text)
{
    put_name(out, name);
    rbk_json_string(out, text, strlen(text));
}

void rbk_event_begin(struct rbk_buf *out, const char *name, const char *status, int64_t time_ms)
{
    rbk_buf_reserve(out, 1024);
    rbk_buf_putc(out, '{');
    rbk_event_text(out, "event", name);
    rbk_event_text(out, "status", status);
    rbk_event_int(out, "time", time_ms);
}

void rbk_event_text(struct rbk_buf *out, const char *name, const char *text)
{
    if (text && *text)
        put_text(out, name, text);
}

void rbk_event_joined(struct rbk_buf *out, const char *name, const char *const *parts)
{
    put_name(out, name);
    rbk_buf_putc(out, '"');
    for (; *parts; parts++)
        rbk_json_escape(out, *parts, strlen(*parts));
    rbk_buf_putc(out, '"');
}

void rbk_event_int(struct rbk_buf *out, const char *name, int64_t number)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--at = '-';
    put_name(out, name);
    rbk_buf_append(out, at, (size_t)(digits + sizeof digits - at));
}

void rbk_event_list(struct rbk_buf *out, const char *name, const struct rbk_strv *texts)
{
    put_name(out, name);
    rbk_buf_putc(out, '[');
    for (size_t i = 0; i < texts->count; i++) {
        if (i)
            rbk_buf_putc(out, ',');
        rbk_json_string(out, texts->items[i], strlen(texts->items[i]));
    }
    rbk_buf_putc(out, ']');
}

void rbk_event_members(struct rbk_buf *out, const struct rbk_buf *members)
{
    if (!members->len)
        return;
    rbk_buf_putc(out, ',');
    rbk_buf_append(out, members->data, members->len);
}

/* "failure_rate < 5%" was held against 5%. */
static const char *threshold_of(const char *expr)
{
    const char *sign = expr ? strpbrk(expr, "<>=") : NULL;
    return sign ? sign + strspn(sign, "<>= ") : "";
}

static void put_check(struct rbk_buf *out, const char *expr, const char *value, const char *result)
{
    const char *const texts[][2] = {
        {"expr", expr}, {"value", value}, {"threshold", threshold_of(expr)}, {"result", result}};
    rbk_buf_putc(out, '{');
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i][1])
            put_text(out, texts[i][0], texts[i][1]);
    rbk_buf_putc(out, '}');
}

void rbk_event_checks(struct rbk_buf *out, const rbk_value *checks)
{
    size_t count = rbk_value_length(checks);
    if (!count)
        return;
    put_name(out, "checks");
    rbk_buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        const rbk_value *check = rbk_list_at(checks, i);
        if (i)
            rbk_buf_putc(out, ',');
        put_check(out, rbk_map_get_string(check, "expr"), rbk_map_get_string(check, "text"),
                  rbk_map_get_string(check, "result"));
    }
    rbk_buf_putc(out, ']');
}

void rbk_event_check(struct rbk_buf *out, const char *expr, const char *value, const char *result)
{
    put_name(out, "checks");
    rbk_buf_putc(out, '[');
    put_check(out, expr, value, result);
    rbk_buf_putc(out, ']');
}

void rbk_event_end(struct rbk_buf *out)
{
    rbk_buf_putc(out, '}');
}
