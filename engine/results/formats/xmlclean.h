/* The filter in front of expat. Reports in the wild are not well-formed: tools write raw control bytes, references to
 * code points that XML forbids, bytes that are not in the encoding they declare. The filter reads any of that and hands
 * on bounded, well-behaved UTF-8:
 *   - UTF-8, UTF-16 (by byte order mark or declaration), ISO-8859-1, ISO-8859-15, windows-1252 and US-ASCII are
 * decoded;
 *   - wrong bytes, forbidden control characters and references to forbidden code points become U+FFFD;
 *   - a bare '&' or a reference to an entity that XML does not define becomes text;
 *   - comments and processing instructions are dropped, an attribute value is cut at 16 KiB (its rest is replaced by a
 *     hash, so that two long names stay different), and a tag of more than 256 KiB is refused;
 *   - a DOCTYPE is refused: there are no entities, so nothing can expand.
 * Memory does not grow with the input. Lines are kept, so expat's line numbers stay true (see dropped_lines). */
#ifndef RBK_FORMATS_XMLCLEAN_H
#define RBK_FORMATS_XMLCLEAN_H

#include <base/buf.h>
#include <results/formats/xmldecode.h>
#include <stdbool.h>
#include <stdint.h>

enum xmlclean_state {
    XMLCLEAN_TEXT,
    XMLCLEAN_TAG,          /* between '<' and '>', outside a value */
    XMLCLEAN_VALUE_DOUBLE, /* in "..." */
    XMLCLEAN_VALUE_SINGLE, /* in '...' */
    XMLCLEAN_CDATA,
    XMLCLEAN_COMMENT,
    XMLCLEAN_INSTRUCTION
};

struct xmlclean {
    struct xmldecode decode;
    struct rbk_buf in; /* decoded, not yet filtered */
    const char *kept;  /* bytes of `in` or constants, to be handed on */
    size_t kept_len;
    enum xmlclean_state state;
    size_t tag_len, value_len; /* kept bytes of the open tag, of the open value */
    uint64_t value_rest;       /* hash of what was cut from the open value */
    int line;                  /* of the next byte of `in`, 1-based */
    int64_t column;            /* bytes of that line before it */
    int dropped_lines;         /* line ends that were cut out of long values */
};

void xmlclean_init(struct xmlclean *c);
void xmlclean_fini(struct xmlclean *c);
/* Appends the cleaned form of data to `out`. `final` says that no more will come. RBK_EMALFORMED carries line and
 * column; what was cleaned before the bad place is in `out` all the same. */
int xmlclean_feed(struct xmlclean *c, const char *data, size_t len, bool final, struct rbk_buf *out,
                  struct rbk_error *err);

#endif
