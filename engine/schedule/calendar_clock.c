/* Times of day as people write them. */
#include <ctype.h>
#include <schedule/calendar.h>
#include <stdlib.h>
#include <string.h>

/* 12am is midnight, 12pm noon. */
static int half_day(int hour, const char *suffix)
{
    if (*suffix == '\0')
        return hour;
    if (hour < 1 || hour > 12)
        return -1;
    if (strcmp(suffix, "am") == 0)
        return hour % 12;
    return strcmp(suffix, "pm") == 0 ? hour % 12 + 12 : -1;
}

int cal_clock(const char *word)
{
    if (strcmp(word, "noon") == 0)
        return 12 * 60;
    if (strcmp(word, "midnight") == 0)
        return 0;
    size_t digits = strspn(word, "0123456789");
    if (digits < 1 || digits > 2)
        return -1;
    int hour = atoi(word), minute = 0;
    const char *rest = word + digits;
    if (*rest == ':') {
        if (!isdigit((unsigned char)rest[1]) || !isdigit((unsigned char)rest[2]) || isdigit((unsigned char)rest[3]))
            return -1;
        minute = atoi(rest + 1);
        rest += 3;
    }
    hour = half_day(hour, rest);
    return hour < 0 || hour > 23 || minute > 59 ? -1 : hour * 60 + minute;
}
