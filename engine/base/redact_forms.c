/* The forms in which a secret shows up in the output of programs. A form is added once per way of writing it that is in
 * use; encoders differ in which harmless bytes they escape, so each family has its strict and its lenient member. */
#include <base/redact_internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <base/utf8.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void forms_add(struct redact_forms *forms, const struct rbk_buf *form)
{
    RBK_GROW(forms->items, forms->count, forms->cap);
    forms->items[forms->count++] = (struct redact_pattern){rbk_strndup(form->data, form->len), form->len, false};
}

/* Takes the bytes of `form`. */
static void forms_take(struct redact_forms *forms, struct rbk_buf *form)
{
    RBK_GROW(forms->items, forms->count, forms->cap);
    size_t len = form->len;
    forms->items[forms->count++] = (struct redact_pattern){rbk_buf_take(form), len, false};
}

/* The secret in base64 (RFC 4648) after `shift` unknown bytes: the characters that the secret alone decides, then those
 * that stand there when nothing follows it, without and with padding. */
static void add_base64(struct redact_forms *forms, const char *secret, size_t len, size_t shift, const char *alphabet)
{
    const unsigned char *p = (const unsigned char *)secret;
    size_t bit = (6 - shift * 8 % 6) % 6;
    struct rbk_buf form = {0};
    for (; bit < len * 8; bit += 6) {
        unsigned window = (unsigned)p[bit / 8] << 8 | (bit / 8 + 1 < len ? p[bit / 8 + 1] : 0U);
        if (bit + 6 > len * 8)
            forms_add(forms, &form);
        rbk_buf_putc(&form, alphabet[window >> (10 - bit % 8) & 63]);
    }
    forms_add(forms, &form);
    rbk_buf_puts(&form, &"=="[(shift + len) % 3 == 2]);
    if ((shift + len) % 3 != 0)
        forms_add(forms, &form);
    rbk_buf_fini(&form);
}

#define BASE64_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void add_base64_forms(struct redact_forms *forms, const char *secret, size_t len)
{
    for (size_t shift = 0; shift < 3; shift++) {
        add_base64(forms, secret, len, shift, BASE64_LETTERS "+/");
        add_base64(forms, secret, len, shift, BASE64_LETTERS "-_");
    }
}

/* Every byte as two digits, `before` each of them: "", "\x" as printf and Python write it, or "%" as in a URL whose
 * harmless bytes are encoded too. */
static void add_hex(struct redact_forms *forms, const char *secret, size_t len, const char *before, const char *digits)
{
    struct rbk_buf form = {0};
    for (size_t i = 0; i < len; i++) {
        rbk_buf_puts(&form, before);
        rbk_buf_putc(&form, digits[(unsigned char)secret[i] >> 4]);
        rbk_buf_putc(&form, digits[(unsigned char)secret[i] & 15]);
    }
    forms_take(forms, &form);
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Percent-encoding (RFC 3986). `kept` are the bytes besides letters and digits that stay; a space may become '+'. */
static void add_url(struct redact_forms *forms, const char *secret, size_t len, const char *kept, bool plus,
                    const char *digits)
{
    struct rbk_buf form = {0};
    for (size_t i = 0; i < len; i++) {
        char c = secret[i];
        if (is_alnum(c) || (c && strchr(kept, c))) {
            rbk_buf_putc(&form, c);
        } else if (c == ' ' && plus) {
            rbk_buf_putc(&form, '+');
        } else {
            rbk_buf_putc(&form, '%');
            rbk_buf_putc(&form, digits[(unsigned char)c >> 4]);
            rbk_buf_putc(&form, digits[(unsigned char)c & 15]);
        }
    }
    forms_take(forms, &form);
}

static void add_url_forms(struct redact_forms *forms, const char *secret, size_t len)
{
    /* RFC 3986 unreserved; encodeURIComponent; encodeURI and what keeps slashes (Python's quote); form data. */
    static const char *const kept[] = {"-._~", "-._~!*'()", "-._~!*'();,/?:@&=+$#", "-._~/", "-._*", ""};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        for (int plus = 0; plus < 2; plus++) {
            add_url(forms, secret, len, kept[i], plus, "0123456789ABCDEF");
            add_url(forms, secret, len, kept[i], plus, "0123456789abcdef");
        }
    }
}

struct json_style {
    bool escape_slash; /* PHP writes \/ */
    bool ascii;        /* Python writes \u00e9 */
    bool html_safe;    /* Go writes < > & as \u003c \u003e \u0026 */
    const char *unicode_format_digits;
};

static void put_u_escape(struct rbk_buf *out, uint32_t c, const char *digits)
{
    if (c > 0xffff) {
        put_u_escape(out, 0xd800 + ((c - 0x10000) >> 10), digits);
        put_u_escape(out, 0xdc00 + ((c - 0x10000) & 0x3ff), digits);
        return;
    }
    rbk_buf_puts(out, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        rbk_buf_putc(out, digits[c >> shift & 15]);
}

static void put_json_character(struct rbk_buf *out, const struct json_style *style, uint32_t c, const char *s, size_t n)
{
    static const char named[] = "\bb\nn\ff\rr\tt\"\"\\\\";
    for (const char *p = named; *p; p += 2) {
        if (c == (unsigned char)*p) {
            rbk_buf_putc(out, '\\');
            rbk_buf_putc(out, p[1]);
            return;
        }
    }
    if (c == '/' && style->escape_slash)
        rbk_buf_puts(out, "\\/");
    else if (c < 0x20 || (style->html_safe && (c == '<' || c == '>' || c == '&')) || (style->ascii && c > 0x7e))
        put_u_escape(out, c, style->unicode_format_digits);
    else
        rbk_buf_append(out, s, n);
}

static void add_json(struct redact_forms *forms, const char *secret, size_t len, const struct json_style *style)
{
    struct rbk_buf form = {0};
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = rbk_utf8_decode(secret + i, len - i, &c);
        if (n)
            put_json_character(&form, style, c, secret + i, n);
        else
            rbk_buf_puts(&form, RBK_UTF8_REPLACEMENT);
        i += n ? n : 1;
    }
    forms_take(forms, &form);
}

static void add_json_forms(struct redact_forms *forms, const char *secret, size_t len)
{
    for (unsigned bits = 0; bits < 16; bits++) {
        struct json_style style = {bits & 1, bits & 2, bits & 4, bits & 8 ? "0123456789ABCDEF" : "0123456789abcdef"};
        add_json(forms, secret, len, &style);
    }
}

/* Bytes of `special` are written as `before` + byte + `after`. */
static void add_shell(struct redact_forms *forms, const char *secret, size_t len, const char *special,
                      const char *before, const char *after)
{
    struct rbk_buf form = {0};
    for (size_t i = 0; i < len; i++) {
        bool escape = secret[i] && strchr(special, secret[i]);
        rbk_buf_puts(&form, escape ? before : "");
        rbk_buf_putc(&form, secret[i]);
        rbk_buf_puts(&form, escape ? after : "");
    }
    forms_take(forms, &form);
}

/* $'...' as bash writes it in traces and with ${x@Q}. */
static void add_ansi_c(struct redact_forms *forms, const char *secret, size_t len)
{
    static const char named[] = "\aa\bb\033E\ff\nn\rr\tt\vv\\\\''";
    struct rbk_buf form = {0};
    for (size_t i = 0; i < len; i++) {
        const char *p = named;
        while (*p && *p != secret[i])
            p += 2;
        unsigned char c = (unsigned char)secret[i];
        if (*p)
            rbk_buf_printf(&form, "\\%c", p[1]);
        else if (c < 0x20 || c >= 0x7f)
            rbk_buf_printf(&form, "\\%03o", c);
        else
            rbk_buf_putc(&form, (char)c);
    }
    forms_take(forms, &form);
}

static void add_shell_forms(struct redact_forms *forms, const char *secret, size_t len)
{
    add_shell(forms, secret, len, "'", "'\\", "'");                              /* 'it'\''s' */
    add_shell(forms, secret, len, "'", "'\"", "\"'");                            /* 'it'"'"'s', Python's shlex */
    add_shell(forms, secret, len, "\"\\$`", "\\", "");                           /* "a\$b" */
    add_shell(forms, secret, len, "\"\\$`!", "\\", "");                          /* "a\!b" */
    add_shell(forms, secret, len, " \t!\"#$&'()*,;<>?[\\]^`{|}~", "\\", "");     /* printf %q */
    add_shell(forms, secret, len, " \t!\"#$%&'()*+,;<=>?@[\\]^`{|}~", "\\", ""); /* zsh, POSIX-minded escapers */
    add_shell(forms, secret, len, " \t!\"#$%&'()*,:;<=>?@[\\]^`{|}~", "\\", ""); /* Ruby's shellescape, nearly */
    add_ansi_c(forms, secret, len);
}

/* Test reports are XML. `apostrophe` is how ' is written, "" for as it is. */
static void add_xml(struct redact_forms *forms, const char *secret, size_t len, bool quotes, const char *apostrophe)
{
    struct rbk_buf form = {0};
    for (size_t i = 0; i < len; i++) {
        char c = secret[i];
        if (c == '&')
            rbk_buf_puts(&form, "&amp;");
        else if (c == '<')
            rbk_buf_puts(&form, "&lt;");
        else if (c == '>')
            rbk_buf_puts(&form, "&gt;");
        else if (c == '"' && quotes)
            rbk_buf_puts(&form, "&quot;");
        else if (c == '\'' && *apostrophe)
            rbk_buf_puts(&form, apostrophe);
        else
            rbk_buf_putc(&form, c);
    }
    forms_take(forms, &form);
}

static void add_xml_forms(struct redact_forms *forms, const char *secret, size_t len)
{
    static const char *const apostrophes[] = {"", "&apos;", "&#39;", "&#x27;"};
    for (size_t i = 0; i < sizeof apostrophes / sizeof apostrophes[0]; i++) {
        add_xml(forms, secret, len, true, apostrophes[i]);
        add_xml(forms, secret, len, false, apostrophes[i]);
    }
}

/* base64 breaks lines at 64 or 76 characters, xxd -p at 60: long forms from `first` on may be broken anywhere. One that
 * is broken within its first four bytes is found from behind the break. */
static void let_wrap(struct redact_forms *forms, size_t first)
{
    enum { WRAPPED_MIN = 40 };
    for (size_t i = first, end = forms->count; i < end; i++) {
        if (forms->items[i].len < WRAPPED_MIN)
            continue;
        forms->items[i].wraps = true;
        for (size_t skip = 1; skip < REDACT_GRAM; skip++) {
            struct rbk_buf tail = {0};
            rbk_buf_append(&tail, forms->items[i].bytes + skip, forms->items[i].len - skip);
            forms_take(forms, &tail);
            forms->items[forms->count - 1].wraps = true;
        }
    }
}

void redact_forms_add(struct redact_forms *forms, const char *secret, size_t len)
{
    struct rbk_buf plain = {0};
    rbk_buf_append(&plain, secret, len);
    forms_take(forms, &plain);
    size_t first = forms->count;
    add_base64_forms(forms, secret, len);
    add_hex(forms, secret, len, "", "0123456789abcdef");
    add_hex(forms, secret, len, "", "0123456789ABCDEF");
    let_wrap(forms, first);
    add_hex(forms, secret, len, "\\x", "0123456789abcdef");
    add_hex(forms, secret, len, "\\x", "0123456789ABCDEF");
    add_hex(forms, secret, len, "%", "0123456789abcdef");
    add_hex(forms, secret, len, "%", "0123456789ABCDEF");
    add_url_forms(forms, secret, len);
    add_json_forms(forms, secret, len);
    add_shell_forms(forms, secret, len);
    add_xml_forms(forms, secret, len);
}

void redact_forms_fini(struct redact_forms *forms)
{
    for (size_t i = 0; i < forms->count; i++)
        free(forms->items[i].bytes);
    free(forms->items);
    *forms = (struct redact_forms){0};
}
