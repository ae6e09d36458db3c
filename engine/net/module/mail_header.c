/* Mail headers are ASCII in short lines. Runs of words that are not ASCII become encoded words in base64, split between
 * characters so that none exceeds the 75 characters of RFC 2047; other words are folded at spaces. */
#include <base/buf.h>
#include <base/mem.h>
#include <ctype.h>
#include <net/module/mail.h>
#include <stdbool.h>
#include <string.h>

#define LINE_MAX_LEN  76
#define ENCODED_BYTES 42 /* of text in one encoded word: 42 bytes are 56 characters of base64, and 12 around them */

struct header_text {
    struct rbk_buf out;
    size_t column;
};

static void base64(struct rbk_buf *out, const unsigned char *s, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        unsigned a = s[i], b = i + 1 < len ? s[i + 1] : 0, c = i + 2 < len ? s[i + 2] : 0;
        rbk_buf_putc(out, digits[a >> 2]);
        rbk_buf_putc(out, digits[(a & 3) << 4 | b >> 4]);
        rbk_buf_putc(out, i + 1 < len ? digits[(b & 15) << 2 | c >> 6] : '=');
        rbk_buf_putc(out, i + 2 < len ? digits[c & 63] : '=');
    }
}

/* One word after a space, or on a new line where it does not fit. */
static void put_word(struct header_text *h, const char *word, size_t len)
{
    bool fits = h->column + 1 + len <= LINE_MAX_LEN;
    rbk_buf_puts(&h->out, fits ? " " : "\r\n ");
    rbk_buf_append(&h->out, word, len);
    h->column = (fits ? h->column : 0) + 1 + len;
}

/* As much of the text as fits into one encoded word, and no part of a character. */
static size_t encoded_piece(const char *text, size_t len)
{
    size_t n = len < ENCODED_BYTES ? len : ENCODED_BYTES;
    while (n < len && n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void put_encoded(struct header_text *h, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = encoded_piece(text, len);
        struct rbk_buf word = {0};
        rbk_buf_puts(&word, "=?utf-8?B?");
        base64(&word, (const unsigned char *)text, n);
        rbk_buf_puts(&word, "?=");
        put_word(h, word.data, word.len);
        rbk_buf_fini(&word);
        text += n;
        len -= n;
    }
}

static bool is_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] >= 0x80)
            return false;
    }
    return true;
}

static bool is_address(const char *s, size_t len)
{
    return memchr(s, '<', len) || memchr(s, '@', len);
}

/* The words from here that are encoded together: up to the last one that is not ASCII before an address, so that the
 * spaces between them are kept. */
static size_t encoded_run(const char *text)
{
    size_t run = 0, at = 0;
    while (text[at]) {
        size_t len = strcspn(text + at, " ");
        if (is_address(text + at, len))
            break;
        if (!is_ascii(text + at, len))
            run = at + len;
        at += len + strspn(text + at + len, " ");
    }
    return run;
}

/* A display name in quotes loses them: an encoded word may not stand inside. */
static void put_run(struct header_text *h, const char *text, size_t len)
{
    bool quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';
    put_encoded(h, text + quoted, len - (quoted ? 2 : 0));
}

char *net_mail_header(const char *line)
{
    struct header_text h = {0};
    size_t name = strcspn(line, ":");
    const char *text = line + name + (line[name] == ':');
    rbk_buf_append(&h.out, line, name);
    rbk_buf_putc(&h.out, ':');
    h.column = name + 1;
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t len = strcspn(text, " ");
        bool from_quote = text[0] == '"' && encoded_run(text) > 0;
        if (from_quote || !is_ascii(text, len)) {
            len = is_address(text, len) ? len : encoded_run(text);
            put_run(&h, text, len);
        } else {
            put_word(&h, text, len);
        }
        text += len;
    }
    return rbk_buf_take(&h.out);
}

char *net_mail_disposition(const char *name)
{
    struct rbk_buf out = {0};
    const char *shown = name && *name ? name : "attachment";
    rbk_buf_puts(&out, "Content-Disposition: attachment; filename*=UTF-8''");
    for (const unsigned char *p = (const unsigned char *)shown; *p; p++) {
        if (isalnum(*p) || strchr("._-", *p))
            rbk_buf_putc(&out, (char)*p);
        else
            rbk_buf_printf(&out, "%%%02X", *p);
    }
    return rbk_buf_take(&out);
}
