/* Decoding to UTF-8: finds out how a document is encoded (byte order mark, then declaration) and turns the encodings
 * that report writers use into UTF-8. Wrong UTF-8 is left as it is; the filter behind replaces it. */
#ifndef RBK_FORMATS_XMLDECODE_H
#define RBK_FORMATS_XMLDECODE_H

#include <base/buf.h>
#include <stdbool.h>
#include <stdint.h>

enum xmldecode_kind {
    XMLDECODE_UNKNOWN, /* the start was not seen yet */
    XMLDECODE_UTF8,
    XMLDECODE_UTF16LE,
    XMLDECODE_UTF16BE,
    XMLDECODE_TABLE /* one byte is one character */
};

struct xmldecode {
    enum xmldecode_kind kind;
    const uint16_t *high; /* XMLDECODE_TABLE: code points of 0x80-0xFF, NULL = the byte's own value */
    uint16_t table[128];
    uint32_t surrogate;  /* the first half of a pair that is still open, 0 = none */
    struct rbk_buf held; /* the start, until the encoding is known; an odd byte of UTF-16 */
};

void xmldecode_init(struct xmldecode *d);
void xmldecode_fini(struct xmldecode *d);
/* Appends to `out`. RBK_EMALFORMED when the declared encoding is not one of ours (line 1). */
int xmldecode_feed(struct xmldecode *d, const char *data, size_t len, bool final, struct rbk_buf *out,
                   struct rbk_error *err);

#endif
