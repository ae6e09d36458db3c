/* Quantities for people: as few digits as say what matters, in the unit that a person would choose. */
#include <runbook/units.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At most `decimals` digits after the point, none of them a trailing zero. */
static int print_trimmed(double n, int decimals, const char *suffix, char *out, size_t size)
{
    char text[400];
    snprintf(text, sizeof text, "%.*f", decimals, n);
    if (strchr(text, '.')) {
        size_t end = strlen(text);
        while (text[end - 1] == '0')
            end--;
        text[text[end - 1] == '.' ? end - 1 : end] = '\0';
    }
    return snprintf(out, size, "%s%s", strcmp(text, "-0") == 0 ? "0" : text, suffix);
}

/* The shortest decimal that reads back as the same double. */
static int print_number(double n, const char *suffix, char *out, size_t size)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, n);
        if (strtod(text, NULL) == n)
            break;
    }
    return snprintf(out, size, "%s%s", text, suffix);
}

/* From a minute on whole seconds, in parts: 1d 2h 3m 4s. */
static int print_long_duration(double seconds, char *out, size_t size)
{
    static const struct {
        long long seconds;
        char unit;
    } parts[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    long long left = llround(fabs(seconds));
    char text[80] = "";
    size_t n = seconds < 0 ? (size_t)snprintf(text, sizeof text, "-") : 0;
    const char *gap = "";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (left < parts[i].seconds)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%lld%c", gap, left / parts[i].seconds, parts[i].unit);
        left %= parts[i].seconds;
        gap = " ";
    }
    return snprintf(out, size, "%s", text);
}

static int print_duration(double seconds, char *out, size_t size)
{
    double magnitude = fabs(seconds);
    if (magnitude >= 1e15)
        return print_number(seconds, "s", out, size);
    if (magnitude >= 59.9995)
        return print_long_duration(seconds, out, size);
    if (magnitude >= 0.9995 || magnitude == 0)
        return print_trimmed(seconds, 3, "s", out, size);
    return print_trimmed(seconds * 1000, magnitude >= 0.01 ? 0 : magnitude >= 0.001 ? 1 : 6, "ms", out, size);
}

/* Binary units for what is a round binary number (1GiB), decimal ones otherwise. */
static int print_size(double bytes, char *out, size_t size)
{
    static const char *const decimal[] = {"B", "KB", "MB", "GB", "TB"};
    static const char *const binary[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    bool is_binary = bytes != 0 && fmod(bytes, 1024) == 0 && fmod(bytes, 1000) != 0;
    double step = is_binary ? 1024 : 1000;
    size_t i = 0;
    while (i < 4 && fabs(bytes) >= (is_binary ? step : step - 0.005)) {
        bytes /= step;
        i++;
    }
    return print_trimmed(bytes, 2, is_binary ? binary[i] : decimal[i], out, size);
}

/* What was written with up to three decimals stays so; a measured ratio gets one decimal, a tiny one two digits, and
 * nothing short of everything is called 100%. */
static int print_percentage(double percent, char *out, size_t size)
{
    double magnitude = fabs(percent);
    if (fabs(percent * 1000 - round(percent * 1000)) < 1e-6)
        return print_trimmed(percent, 3, "%", out, size);
    if (magnitude < 0.1)
        return snprintf(out, size, "%.2g%%", percent);
    int decimals = 1;
    while (magnitude < 100 && decimals < 9 && magnitude + 0.5 * pow(10, -decimals) >= 100)
        decimals++;
    return print_trimmed(percent, decimals, "%", out, size);
}

int rbk_quantity_format(struct rbk_quantity q, char *out, size_t size)
{
    if (!isfinite(q.value))
        return snprintf(out, size, "%s", isnan(q.value) ? "nan" : q.value > 0 ? "inf" : "-inf");
    switch (q.unit) {
    case RBK_UNIT_SECONDS:
        return print_duration(q.value, out, size);
    case RBK_UNIT_BYTES:
        return print_size(q.value, out, size);
    case RBK_UNIT_RATIO:
        return print_percentage(q.value * 100, out, size);
    case RBK_UNIT_NONE:
        break;
    }
    return print_number(q.value, "", out, size);
}
