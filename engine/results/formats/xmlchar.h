/* Characters and references of XML 1.0, one at a time: what is allowed, how long it is, how it is written as UTF-8. */
#ifndef RBK_FORMATS_XMLCHAR_H
#define RBK_FORMATS_XMLCHAR_H

#include <base/buf.h>
#include <stdbool.h>
#include <stdint.h>

#define XML_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Whether XML 1.0 allows this code point (https://www.w3.org/TR/xml/#charsets). */
bool xml_char_ok(uint32_t code);
/* Appends one code point; one that XML forbids becomes U+FFFD. */
void xml_char_put(struct rbk_buf *out, uint32_t code);

/* What stands at p. `length` is 0 when it is not what was asked for, -1 when it is cut off at `end`. */
struct xml_token {
    int length;
    bool forbidden; /* a well-formed reference to a code point that XML does not allow */
};
/* A UTF-8 sequence of two or more bytes that XML allows. */
struct xml_token xml_char_at(const char *p, const char *end);
/* "&lt;" "&#65;" "&#x41;": a reference to a character or to one of XML's own five entities. p is at the '&'. */
struct xml_token xml_reference_at(const char *p, const char *end);

#endif
