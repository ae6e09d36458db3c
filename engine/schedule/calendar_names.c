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

const char *cal_instead(const char *word)
{
    static const char *const words[][2] = {
        {"quarterly", "write: 1st of january, april, july and october at 8:00"},
        {"biweekly", "write: every 2 weeks on friday at 8:00"},
        {"fortnightly", "write: every 2 weeks on friday at 8:00"},
        {"twice", "write the times: daily at 8:00 and 20:00"},
        {"between", "write the hours as cron does: 0 8-18/2 * * 1-5"},
        {"from", "write the hours as cron does: 0 8-18/2 * * 1-5"},
        {"workday", "write weekdays, or a day by its name: first monday"},
        {"workdays", "write weekdays"},
        {"weekday", "write weekdays, or a day by its name: first monday"},
        {"tomorrow", "a schedule comes again and again; for once start the run by hand, or with at(1)"},
        {"today", "a schedule comes again and again; for once start the run by hand, or with at(1)"},
        {"seconds", "a minute is the least"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i][0]) == 0)
            return words[i][1];
    return NULL;
}
