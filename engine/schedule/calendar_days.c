/* The clauses that say on which days: weekdays, the first or last of a month, days of the month. */
#include <ctype.h>
#include <schedule/words.h>
#include <stdlib.h>
#include <string.h>

void words_only_weekdays(struct words *w, uint32_t bits)
{
    w->c->weekdays |= bits;
    w->c->star_weekday = false;
    w->days = true;
}

/* "monday", "mondays", "mon-fri" */
static bool weekday_bits(const char *word, uint32_t *bits)
{
    size_t len = strcspn(word, "-");
    int from = cal_weekday(word, len), to = from;
    if (word[len] == '-')
        to = cal_weekday(word + len + 1, strlen(word + len + 1));
    if (from < 0 || to < 0)
        return false;
    *bits = 0;
    for (int i = from; i <= (to < from ? to + 7 : to); i++)
        *bits |= UINT32_C(1) << (i % 7);
    return true;
}

int words_ordinal(const char *word, bool *is_number)
{
    static const char *const names[] = {"first", "second", "third", "fourth", "fifth", "last"};
    *is_number = false;
    for (int i = 0; i < 6; i++)
        if (strcmp(word, names[i]) == 0)
            return i + 1;
    char *end;
    long n = isdigit((unsigned char)word[0]) ? strtol(word, &end, 10) : 0;
    if (n < 1 || n > 31 ||
        (strcmp(end, "st") != 0 && strcmp(end, "nd") != 0 && strcmp(end, "rd") != 0 && strcmp(end, "th") != 0))
        return 0;
    *is_number = true;
    return (int)n;
}

void words_skip_and(struct words *w)
{
    while (words_accept(w, ",") || words_accept(w, "and") || words_accept(w, "the"))
        continue;
}

void words_day_of_month(struct words *w, int number, bool last)
{
    if (last)
        w->c->days_before_end |= 1;
    else
        w->c->days |= UINT32_C(1) << number;
    w->c->star_day = false;
    w->days = true;
}

/* The weekdays behind ordinals: each of them on each. */
static void nth_weekdays(struct words *w, uint32_t numbers)
{
    uint32_t bits;
    while (weekday_bits(w->at->text, &bits)) {
        for (int i = 0; i < 7; i++)
            if (bits >> i & 1)
                w->c->nth[i] |= (uint8_t)numbers;
        words_only_weekdays(w, 0);
        w->at++;
        const struct cal_word *before = w->at;
        words_skip_and(w);
        if (!weekday_bits(w->at->text, &bits)) {
            w->at = before;
            return;
        }
    }
}

/* "first [and third] monday", "last day", "1st and 15th" */
int words_read_ordinals(struct words *w)
{
    const struct cal_word *begin = w->at;
    uint32_t numbers = 0, ignored;
    bool last = false, is_number;
    for (int n; (n = words_ordinal(w->at->text, &is_number)) != 0; words_skip_and(w)) {
        last = last || (n == CAL_LAST && !is_number);
        numbers |= n == CAL_LAST && !is_number ? 0 : UINT32_C(1) << n;
        w->at++;
    }
    if (weekday_bits(w->at->text, &ignored)) {
        if (numbers >> 6)
            return cal_error(w->err, begin->column, "a month has at most five of a weekday",
                             "there is no such weekday in a month");
        nth_weekdays(w, numbers | (last ? 1U << CAL_LAST : 0));
        return 0;
    }
    bool day = words_accept(w, "day") || words_accept(w, "days");
    if (last && !day)
        return cal_error(w->err, w->at->column, "write last day, or last friday", "it is not said: the last of what?");
    for (int i = 1; i <= 31; i++)
        if (numbers >> i & 1)
            words_day_of_month(w, i, false);
    if (last)
        words_day_of_month(w, 0, true);
    return 0;
}

/* "day 15", "days 1 and 15" */
int words_read_day_numbers(struct words *w)
{
    for (;; w->at++) {
        char *end;
        long n = isdigit((unsigned char)w->at->text[0]) ? strtol(w->at->text, &end, 10) : 0;
        if (n < 1 || n > 31 || *end)
            return cal_error(w->err, w->at->column, "write day 1 to day 31, or last day",
                             "\"%.40s\" is no day of a month", w->at->text);
        words_day_of_month(w, (int)n, false);
        const struct cal_word *next = w->at + 1;
        while (strcmp(next->text, ",") == 0 || strcmp(next->text, "and") == 0)
            next++;
        if (next == w->at + 1 || strspn(next->text, "0123456789") != strlen(next->text) || !next->text[0]) {
            w->at++;
            return 0;
        }
        w->at = next - 1;
    }
}

/* Weekdays by name; false when the next word is none. */
bool words_read_weekdays(struct words *w)
{
    uint32_t bits;
    if (words_accept(w, "weekdays") || words_accept(w, "weekday") || words_accept(w, "workdays"))
        words_only_weekdays(w, 0x3e);
    else if (words_accept(w, "weekends") || words_accept(w, "weekend"))
        words_only_weekdays(w, 0x41);
    else if (weekday_bits(w->at->text, &bits)) {
        words_only_weekdays(w, bits);
        w->at++;
    } else
        return false;
    return true;
}
