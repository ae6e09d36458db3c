/* The growable buffer: doubling, always terminated, never shrinking until fini. */
#include <base/buf.h>

#include <base/mem.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *rbk_buf_reserve(struct rbk_buf *b, size_t extra)
{
    if (extra >= b->cap - b->len) { /* >=: one byte stays for the NUL */
        size_t wanted = extra < SIZE_MAX / 2 - b->len ? b->len + extra + 1 : SIZE_MAX;
        size_t doubled = b->cap < SIZE_MAX / 2 ? b->cap * 2 : SIZE_MAX;
        size_t cap = wanted > doubled ? wanted : doubled;
        b->data = rbk_realloc(b->data, cap < 64 ? 64 : cap, 1);
        b->cap = cap < 64 ? 64 : cap;
        b->data[b->len] = '\0';
    }
    return b->data + b->len;
}

void rbk_buf_append(struct rbk_buf *b, const void *data, size_t len)
{
    char *end = rbk_buf_reserve(b, len);
    if (len)
        memcpy(end, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void rbk_buf_puts(struct rbk_buf *b, const char *s)
{
    rbk_buf_append(b, s, strlen(s));
}

void rbk_buf_putc(struct rbk_buf *b, char c)
{
    char *end = rbk_buf_reserve(b, 1);
    end[0] = c;
    end[1] = '\0';
    b->len++;
}

void rbk_buf_printf(struct rbk_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = b->cap - b->len;
    int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n >= room)
        vsnprintf(rbk_buf_reserve(b, (size_t)n), (size_t)n + 1, fmt, again);
    va_end(again);
    if (n > 0)
        b->len += (size_t)n;
}

void rbk_buf_clear(struct rbk_buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void rbk_buf_consume(struct rbk_buf *b, size_t n)
{
    if (n == 0)
        return;
    b->len -= n;
    memmove(b->data, b->data + n, b->len + 1);
}

char *rbk_buf_take(struct rbk_buf *b)
{
    char *data = b->data ? b->data : rbk_strdup("");
    *b = (struct rbk_buf){0};
    return data;
}

void rbk_buf_fini(struct rbk_buf *b)
{
    free(b->data);
    *b = (struct rbk_buf){0};
}
