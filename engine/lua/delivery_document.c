/* A message as a document for programs, runbook.message/1 (docs/json.md). Its events are JSON already; where nothing in
 * them is secret or a form of the store's own, their text is taken over, and only their times are written anew. */
#include <lua/delivery.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whoever publishes redacts what a run knows; what the channels know is redacted here. */
rbk_value *rbk_delivery_redacted(const struct rbk_redactor *r, const rbk_value *v)
{
    if (rbk_value_type(v) == RBK_STRING && rbk_redact_matches(r, rbk_value_string(v), rbk_value_length(v))) {
        struct rbk_buf out = {0};
        rbk_redact(r, rbk_value_string(v), rbk_value_length(v), &out);
        rbk_value *s = rbk_string_new_len(out.data ? out.data : "", out.len);
        rbk_buf_fini(&out);
        return s;
    }
    if (rbk_value_type(v) != RBK_LIST && rbk_value_type(v) != RBK_MAP)
        return rbk_value_dup(v);
    bool list = rbk_value_type(v) == RBK_LIST;
    rbk_value *out = list ? rbk_list_new() : rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(v); i++) {
        if (list)
            rbk_list_append(out, rbk_delivery_redacted(r, rbk_list_at(v, i)));
        else
            rbk_map_set(out, rbk_map_key_at(v, i), rbk_delivery_redacted(r, rbk_map_value_at(v, i)));
    }
    return out;
}

rbk_value *rbk_delivery_events(const char *text, const struct rbk_redactor *r, struct rbk_error *err)
{
    rbk_value *events = text ? rbk_value_decode(text, strlen(text), err) : rbk_list_new();
    if (!events || rbk_redactor_empty(r))
        return events;
    rbk_value *clean = rbk_delivery_redacted(r, events);
    rbk_value_free(events);
    return clean;
}

/* "2026-11-22T08:22:11Z" */
static void format_time(int64_t ms, char out[RBK_TIME_SIZE])
{
    struct tm t = {0};
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    gmtime_r(&seconds, &t);
    if (!strftime(out, RBK_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &t))
        out[0] = '\0';
}

static void set_time(rbk_value *map, const char *name, int64_t ms)
{
    char text[RBK_TIME_SIZE];
    format_time(ms, text);
    rbk_map_set_string(map, name, text);
}

#define TIME "\"time\":" /* a member of an event */

/* ---- events as text ---------------------------------------------------------------------------------------------- */

/* The character that an escape in JSON stands for; escapes by number are left to is_clean. */
static char unescaped(char c)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *at = c ? strchr(from, c) : NULL;
    return at ? to[at - from] : c;
}

/* Whether no text in it holds a secret, on what the texts say and not on how JSON spells it; false, too, where there
 * are escapes by number. */
static bool is_clean(const char *text, size_t len, const struct rbk_redactor *r)
{
    if (rbk_redactor_empty(r))
        return true;
    char *plain = rbk_alloc(len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool escape = text[i] == '\\' && i + 1 < len;
        plain[n++] = escape ? unescaped(text[++i]) : text[i];
    }
    bool clean = !rbk_redact_matches(r, plain, n);
    explicit_bzero(plain, n);
    free(plain);
    return clean && !memmem(text, len, "\\u", 2);
}

/* The end of the string that begins at `at`, behind its quote; NULL when there is none. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        const char *escape = quote ? memchr(at, '\\', (size_t)(quote - at)) : NULL;
        if (!quote || !escape)
            return quote ? quote + 1 : NULL;
        at = escape + 2;
    }
    return NULL;
}

static bool begins_time(const char *at, const char *end)
{
    return (size_t)(end - at) > sizeof TIME - 1 && memcmp(at, TIME, sizeof TIME - 1) == 0;
}

/* The number behind the name "time" at *at, as a date. */
static bool copy_time(const char **at, struct rbk_buf *out)
{
    char *behind, date[RBK_TIME_SIZE];
    const char *number = *at + sizeof TIME - 1;
    if (!isdigit((unsigned char)*number))
        return false;
    format_time(strtoll(number, &behind, 10), date);
    if (*behind != ',' && *behind != '}')
        return false;
    rbk_buf_puts(out, TIME "\"");
    rbk_buf_puts(out, date);
    rbk_buf_putc(out, '"');
    *at = behind;
    return true;
}

/* False when it is not what the store writes, as far as strings, brackets and times tell. */
static bool copy_events(const char *at, const char *end, struct rbk_buf *out)
{
    enum { IN_EVENT = 2 }; /* [{ */
    int depth = 0;
    const char *from = at;
    while (at < end) {
        if (*at == '"' && depth == IN_EVENT && begins_time(at, end)) {
            rbk_buf_append(out, from, (size_t)(at - from));
            if (!copy_time(&at, out))
                return false;
            from = at;
        } else if (*at == '"') {
            at = string_end(at, end);
            if (!at)
                return false;
        } else {
            depth += (*at == '[' || *at == '{') - (*at == ']' || *at == '}');
            if (depth <= 0 && at + 1 < end)
                return false;
            at++;
        }
    }
    rbk_buf_append(out, from, (size_t)(at - from));
    return depth == 0;
}

/* A string that begins with '$' is a form of the store's own, or looks like one. */
static bool has_forms(const char *text, size_t len)
{
    const char *end = text + len;
    for (const char *at = text; (at = memchr(at, '$', (size_t)(end - at))); at++)
        if (at > text && at[-1] == '"')
            return true;
    return false;
}

/* The head with a last member, `events`; false when they must be read first. */
static bool append_as_text(struct rbk_buf *out, const char *events, const struct rbk_redactor *r)
{
    size_t len = events ? strlen(events) : 0;
    if (len < 2 || events[0] != '[' || has_forms(events, len) || !is_clean(events, len, r))
        return false;
    rbk_buf_puts(out, ",\"events\":");
    if (!copy_events(events, events + len, out))
        return false;
    rbk_buf_putc(out, '}');
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void put_member(struct rbk_buf *out, const char *name, const char *text)
{
    rbk_buf_puts(out, name);
    rbk_json_string(out, text ? text : "", text ? strlen(text) : 0);
}

/* All but the bracket at its end. */
static void put_head(struct rbk_buf *out, const struct rbk_message *m)
{
    char created[RBK_TIME_SIZE];
    format_time(m->created_ms, created);
    put_member(out, "{\"schema\":", RBK_MESSAGE_SCHEMA);
    put_member(out, ",\"key\":", m->key);
    put_member(out, ",\"channel\":", m->channel);
    put_member(out, ",\"group\":", m->group);
    put_member(out, ",\"priority\":", m->priority);
    put_member(out, ",\"subject\":", m->subject);
    rbk_buf_printf(out, ",\"count\":%" PRId64 ",\"attempt\":%d", m->count, m->attempts + 1);
    put_member(out, ",\"created\":", created);
}

/* The list is the caller's own: it is changed where it stands. */
static void write_times(rbk_value *events)
{
    for (size_t i = 0; i < rbk_value_length(events); i++) {
        rbk_value *event = (rbk_value *)rbk_list_at(events, i);
        const rbk_value *time = rbk_map_get(event, "time");
        if (time)
            set_time(event, "time", rbk_value_int(time));
    }
}

static char *read_and_encode(const struct rbk_buf *head, const char *events, const struct rbk_redactor *r, int indent,
                             struct rbk_error *err)
{
    rbk_value *list = rbk_delivery_events(events, r, err);
    rbk_value *document = list ? rbk_value_from_json(head->data, head->len, err) : NULL;
    if (!document) {
        rbk_value_free(list);
        return NULL;
    }
    write_times(list);
    rbk_map_set(document, "events", list);
    char *text = rbk_value_to_json(document, indent);
    rbk_value_free(document);
    return text;
}

char *rbk_delivery_document(const struct rbk_message *m, const struct rbk_redactor *r, int indent,
                            struct rbk_error *err)
{
    struct rbk_buf out = {0};
    rbk_buf_reserve(&out, 512 + (m->events ? strlen(m->events) : 0));
    put_head(&out, m);
    size_t head = out.len;
    if (indent == 0 && append_as_text(&out, m->events, r))
        return rbk_buf_take(&out);
    out.len = head;
    rbk_buf_putc(&out, '}');
    char *text = read_and_encode(&out, m->events, r, indent, err);
    rbk_buf_fini(&out);
    return text;
}
