/* See junit_time.h. Written by hand because strtod follows the locale and is slow for a million cases. */
#include <results/formats/junit_time.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 15 }; /* what a double holds exactly */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The separator of the fraction: the last of '.' and ',', unless it is repeated (then it groups thousands). */
static const char *decimal_separator(const char *text)
{
    const char *dot = strrchr(text, '.'), *comma = strrchr(text, ',');
    const char *last = !dot || (comma && comma > dot) ? comma : dot;
    return last && strchr(text, *last) == last ? last : NULL;
}

/* The power of ten after 'e', or false when it is not a number. */
static bool parse_exponent(const char *p, int *exponent)
{
    char *end;
    long e = strtol(p, &end, 10);
    if (end == p || *end || e < -30 || e > 30)
        return false;
    *exponent = (int)e;
    return true;
}

/* Those of ordinary times are at hand: pow takes longer than all the rest. */
static double power_of_ten(int exponent)
{
    static const double small[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
    return exponent >= 0 && exponent <= 6 ? small[exponent] : pow(10, exponent);
}

int64_t junit_time_us(const char *text)
{
    const char *fraction = decimal_separator(text);
    int64_t digits = 0;
    int count = 0, scale = 0, exponent = 0;

    while (*text == ' ')
        text++;
    if (!is_digit(*text) && *text != '.' && *text != ',')
        return -1;
    for (; is_digit(*text) || *text == '.' || *text == ','; text++) {
        if (!is_digit(*text))
            continue;
        if (count < DIGITS_MAX) {
            digits = digits * 10 + (*text - '0');
            count += digits != 0;
            scale += fraction && text > fraction;
        } else if (!fraction || text < fraction) {
            return -1; /* longer than thirty million years */
        }
    }
    while (*text == ' ')
        text++;
    if ((*text == 'e' || *text == 'E') ? !parse_exponent(text + 1, &exponent) : *text != '\0')
        return -1;
    double us = (double)digits * power_of_ten(6 - scale + exponent);
    return us < 9e18 ? llround(us) : -1;
}
