/* Names of months and weekdays: whole, in the plural, or their first three letters. */
#include <schedule/calendar.h>
#include <string.h>

const char *const cal_month_names[13] = {"",     "january", "february",  "march",   "april",    "may",     "june",
                                         "july", "august",  "september", "october", "november", "december"};
const char *const cal_weekday_names[7] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

static bool is_name(const char *name, const char *word, size_t len)
{
    size_t whole = strlen(name);
    return (len == 3 || len == whole) && strncasecmp(word, name, len) == 0;
}

int cal_month(const char *word, size_t len)
{
    for (int i = 1; i <= 12; i++)
        if (is_name(cal_month_names[i], word, len))
            return i;
    return -1;
}

int cal_weekday(const char *word, size_t len)
{
    if (len > 4 && (word[len - 1] == 's' || word[len - 1] == 'S'))
        len--;
    for (int i = 0; i < 7; i++)
        if (is_name(cal_weekday_names[i], word, len))
            return i;
    return -1;
}
