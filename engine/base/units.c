/* Quantities with units. Numbers are read by hand up to strtod, which would also take hexadecimal, nan and inf. */
#include <runbook/units.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX_BYTES = 64 };

struct unit_suffix {
    const char *name;
    double factor;
    enum rbk_unit unit;
};

/* A longer suffix stands before any other that it starts with. */
static const struct unit_suffix suffixes[] = {
    {"ms", 1e-3, RBK_UNIT_SECONDS},
    {"s", 1, RBK_UNIT_SECONDS},
    {"m", 60, RBK_UNIT_SECONDS},
    {"h", 3600, RBK_UNIT_SECONDS},
    {"d", 86400, RBK_UNIT_SECONDS},
    {"w", 604800, RBK_UNIT_SECONDS},
    {"B", 1, RBK_UNIT_BYTES},
    {"KB", 1e3, RBK_UNIT_BYTES},
    {"kB", 1e3, RBK_UNIT_BYTES},
    {"MB", 1e6, RBK_UNIT_BYTES},
    {"GB", 1e9, RBK_UNIT_BYTES},
    {"TB", 1e12, RBK_UNIT_BYTES},
    {"KiB", 1024, RBK_UNIT_BYTES},
    {"MiB", 1048576, RBK_UNIT_BYTES},
    {"GiB", 1073741824, RBK_UNIT_BYTES},
    {"TiB", 1099511627776, RBK_UNIT_BYTES},
    {"%", 0.01, RBK_UNIT_RATIO},
};

#define UNITS_HINT "units are ms s m h d w (30s, 1h30m), B KB MB GB TB KiB MiB GiB TiB (2GB) and % (5%)"

static size_t scan_digits(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && s[n] >= '0' && s[n] <= '9')
        n++;
    return n;
}

/* [-+]digits[.digits][e[-+]digits]; 0 when there is none or it is absurdly long. */
static size_t scan_number(const char *s, size_t len, double *out)
{
    size_t n = len && (s[0] == '-' || s[0] == '+');
    size_t digits = scan_digits(s + n, len - n);
    if (digits == 0)
        return 0;
    n += digits;
    if (n < len && s[n] == '.' && (digits = scan_digits(s + n + 1, len - n - 1)) > 0)
        n += 1 + digits;
    if (n < len && (s[n] == 'e' || s[n] == 'E')) {
        size_t sign = n + 1 < len && (s[n + 1] == '-' || s[n + 1] == '+');
        if ((digits = scan_digits(s + n + 1 + sign, len - n - 1 - sign)) > 0)
            n += 1 + sign + digits;
    }
    char text[NUMBER_MAX_BYTES + 1];
    if (n > NUMBER_MAX_BYTES)
        return 0;
    memcpy(text, s, n);
    text[n] = '\0';
    *out = strtod(text, NULL);
    return isfinite(*out) ? n : 0;
}

static bool continues_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A suffix counts only when the word ends with it: "5 minutes" is no 5 minutes. A digit may follow a time unit (1h30m).
 */
static const struct unit_suffix *scan_suffix(const char *s, size_t len, size_t *taken)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const struct unit_suffix *u = &suffixes[i];
        size_t n = strlen(u->name);
        if (n > len || memcmp(s, u->name, n) != 0)
            continue;
        bool digit_next = n < len && scan_digits(s + n, 1) && u->unit != RBK_UNIT_SECONDS;
        if (u->unit == RBK_UNIT_RATIO || n == len || !(continues_word(s[n]) || digit_next)) {
            *taken = n;
            return u;
        }
    }
    return NULL;
}

/* Further parts of a duration, each in a smaller unit than the one before and without a sign: 1h30m, 1h 30m. */
static size_t scan_duration_parts(const char *s, size_t len, const struct unit_suffix *last, double *total)
{
    double sign = signbit(*total) ? -1 : 1;
    size_t n = 0;
    for (;;) {
        size_t at = n + (n < len && s[n] == ' '), suffix_len = 0;
        double part;
        size_t digits = at < len && scan_digits(s + at, 1) ? scan_number(s + at, len - at, &part) : 0;
        if (digits == 0)
            return n;
        const struct unit_suffix *u = scan_suffix(s + at + digits, len - at - digits, &suffix_len);
        if (!u || u->unit != RBK_UNIT_SECONDS || u->factor >= last->factor)
            return n;
        *total += sign * part * u->factor;
        last = u;
        n = at + digits + suffix_len;
    }
}

size_t rbk_quantity_scan(const char *text, size_t len, struct rbk_quantity *out)
{
    double value;
    size_t n = scan_number(text, len, &value);
    if (n == 0)
        return 0;
    *out = (struct rbk_quantity){value, RBK_UNIT_NONE};
    size_t at = n + (n < len && text[n] == ' '), taken = 0;
    const struct unit_suffix *u = scan_suffix(text + at, len - at, &taken);
    if (!u)
        return n;
    out->unit = u->unit;
    out->value = u->unit == RBK_UNIT_RATIO ? value / 100 : value * u->factor; /* 5 / 100 is 0.05, 5 * 0.01 is not */
    n = at + taken;
    if (u->unit == RBK_UNIT_SECONDS)
        n += scan_duration_parts(text + n, len - n, u, &out->value);
    return isfinite(out->value) ? n : 0;
}

int rbk_quantity_parse(const char *text, size_t len, struct rbk_quantity *out, struct rbk_error *err)
{
    struct rbk_quantity q;
    if (len == 0 || rbk_quantity_scan(text, len, &q) != len) {
        rbk_error_set(err, RBK_EINVAL, "\"%.*s\" is not a number or a quantity", (int)(len < 100 ? len : 100), text);
        rbk_error_hint(err, "%s", UNITS_HINT);
        return RBK_EINVAL;
    }
    *out = q;
    return RBK_OK;
}

static const char *unit_examples(enum rbk_unit unit)
{
    switch (unit) {
    case RBK_UNIT_SECONDS:
        return "write a duration such as 250ms, 30s, 5m, 1h30m, 2d or 1w";
    case RBK_UNIT_BYTES:
        return "write a size such as 512B, 64KB, 2GB or 1.5GiB";
    case RBK_UNIT_RATIO:
        return "write a percentage such as 5% or 99.9%";
    case RBK_UNIT_NONE:
        break;
    }
    return "write a plain number such as 3 or 0.5";
}

static const char *unit_noun(enum rbk_unit unit)
{
    static const char *const nouns[] = {"a plain number", "a duration", "a size", "a percentage"};
    return nouns[unit];
}

int rbk_quantity_parse_as(const char *what, const char *text, enum rbk_unit unit, double *out, struct rbk_error *err)
{
    struct rbk_quantity q = {0};
    size_t len = strlen(text);
    bool read = len > 0 && rbk_quantity_scan(text, len, &q) == len;
    if (read && (q.unit == unit || (q.unit == RBK_UNIT_NONE && q.value == 0))) {
        *out = q.value;
        return RBK_OK;
    }
    if (read && q.unit == RBK_UNIT_NONE)
        rbk_error_set(err, RBK_EINVAL, "%s: \"%.100s\" needs a unit, it is %s", what, text, unit_noun(unit));
    else
        rbk_error_set(err, RBK_EINVAL, "%s: \"%.100s\" is not %s", what, text, unit_noun(unit));
    rbk_error_hint(err, "%s", unit_examples(unit));
    return RBK_EINVAL;
}

const char *rbk_unit_name(enum rbk_unit unit)
{
    static const char *const names[] = {"number", "seconds", "bytes", "ratio"};
    return names[unit];
}
