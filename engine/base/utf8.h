/* UTF-8, one character at a time (RFC 3629: no surrogates, nothing above U+10FFFF, no overlong forms). */
#ifndef RBK_BASE_UTF8_H
#define RBK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s[0..len): the bytes that it takes (1-4), or 0 when s[0] does not start a valid one. */
size_t rbk_utf8_decode(const char *s, size_t len, uint32_t *code_point);
bool rbk_utf8_valid(const char *s, size_t len);
/* Columns of one character in a terminal: 0, 1 or 2. */
int rbk_utf8_columns(uint32_t code_point);

#define RBK_UTF8_REPLACEMENT "\xef\xbf\xbd"

#endif
