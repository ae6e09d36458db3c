/* A growable byte buffer. `data` is always NUL-terminated once anything was appended; `len` does not count the NUL.
 * Zero-initialise to start ({0}); rbk_buf_fini to end, or rbk_buf_take to keep the bytes. */
#ifndef RBK_BASE_BUF_H
#define RBK_BASE_BUF_H

#include <runbook/error.h>
#include <stddef.h>

struct rbk_buf {
    char *data;
    size_t len, cap;
};

void rbk_buf_append(struct rbk_buf *b, const void *data, size_t len);
void rbk_buf_puts(struct rbk_buf *b, const char *s);
void rbk_buf_putc(struct rbk_buf *b, char c);
void rbk_buf_printf(struct rbk_buf *b, const char *fmt, ...) RBK_PRINTF(2, 3);
/* Makes room for `extra` more bytes and returns where they go; the caller then adds to len. */
char *rbk_buf_reserve(struct rbk_buf *b, size_t extra);
void rbk_buf_clear(struct rbk_buf *b);             /* len = 0, keeps the memory */
void rbk_buf_consume(struct rbk_buf *b, size_t n); /* drops n bytes from the front */
char *rbk_buf_take(struct rbk_buf *b);             /* heap string ("" when empty), the buffer is empty again */
void rbk_buf_fini(struct rbk_buf *b);

#endif
