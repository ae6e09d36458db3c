/* Lines of headers, outgoing and incoming, and the bytes of the answer: all of them are bounded. */
#include <base/mem.h>
#include <ctype.h>
#include <net/module/session.h>
#include <string.h>
#include <strings.h>

#define HEADER_BYTES_MAX (256 * 1024) /* of one answer */

bool net_token_ok(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i]))
            return false;
    }
    return len > 0;
}

bool net_header_ok(const char *line)
{
    return net_token_ok(line, strcspn(line, ":")) && strchr(line, ':') && !strpbrk(line, "\r\n");
}

bool net_header_is(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

/* Whatever may be a credential under any name stays behind. */
bool net_header_travels(const char *line)
{
    static const char *const names[] = {"Accept", "Accept-Language", "If-None-Match", "If-Modified-Since", "Range"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (net_header_is(line, names[i]))
            return true;
    }
    return false;
}

static void header_keep(struct net_transfer *t, const char *data, size_t len)
{
    char *line = rbk_strndup(data, len);
    for (char *p = line; !t->is_mail && *p && *p != ':'; p++)
        *p = (char)tolower((unsigned char)*p);
    rbk_strv_take(&t->answer_headers, line);
}

/* A status line begins a new answer: what came before was an interim one. */
size_t net_header_receive(char *data, size_t size, size_t count, void *transfer)
{
    struct net_transfer *t = transfer;
    size_t all = size * count, len = all;
    t->header_bytes += all;
    if (t->header_bytes > HEADER_BYTES_MAX)
        return 0;
    while (len > 0 && strchr("\r\n \t", data[len - 1]))
        len--;
    bool begins = len > 5 && strncmp(data, "HTTP/", 5) == 0;
    if (begins)
        rbk_strv_fini(&t->answer_headers);
    if (len > 0 && !begins && (t->is_mail || memchr(data, ':', len)))
        header_keep(t, data, len);
    return all;
}

size_t net_body_receive(char *data, size_t size, size_t count, void *transfer)
{
    struct net_transfer *t = transfer;
    size_t all = size * count, room = t->body_max - t->body.len;
    if (all > room) {
        rbk_buf_append(&t->body, data, room);
        t->truncated = true;
        return 0;
    }
    rbk_buf_append(&t->body, data, all);
    return all;
}
