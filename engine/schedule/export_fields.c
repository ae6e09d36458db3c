/* What the exports share: a schedule as lines of cron's five fields, the command, and what is left out. */
#include <base/clock.h>
#include <base/str.h>
#include <schedule/calendar.h>
#include <schedule/export.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one weekday of which some, but not the last, of each month are meant; -1 when it is anything else. */
static int only_nth(const rbk_calendar *c)
{
    int found = -1;
    for (int i = 0; i < 7; i++)
        if (c->nth[i]) {
            if (found >= 0 || c->nth[i] >> CAL_LAST)
                return -1;
            found = i;
        }
    return c->star_day && c->days == CAL_ALL_DAYS && c->weekdays == 0 ? found : -1;
}

/* "first monday" as "one of the first seven days, when it is a Monday". */
static void days_of_nth(rbk_calendar *c, int weekday)
{
    uint32_t days = 0;
    for (int day = 1; day <= 31; day++)
        if (c->nth[weekday] >> ((day + 6) / 7) & 1)
            days |= UINT32_C(1) << day;
    c->days = days;
    c->star_day = false;
    c->weekdays = CAL_ALL_WEEKDAYS;
    c->star_weekday = true;
    memset(c->nth, 0, sizeof c->nth);
}

static uint64_t minutes_of_hour(const rbk_calendar *c, int hour)
{
    uint64_t minutes = 0;
    for (int m = 0; m < 60; m++)
        minutes |= (uint64_t)cal_minute_has(c, hour * 60 + m) << m;
    return minutes;
}

/* Hours that have the same minutes make one line. Keeps the hours of the nth line; false when there is none. */
static bool keep_line(rbk_calendar *c, int n)
{
    uint64_t wanted = 0;
    for (int hour = 0; hour < 24 && !wanted; hour++) {
        uint64_t minutes = minutes_of_hour(c, hour);
        bool is_new = minutes != 0;
        for (int before = 0; before < hour; before++)
            is_new = is_new && minutes_of_hour(c, before) != minutes;
        if (is_new && n-- == 0)
            wanted = minutes;
    }
    for (int hour = 0; hour < 24; hour++) {
        bool other = minutes_of_hour(c, hour) != wanted;
        for (int m = hour * 60; other && m < hour * 60 + 60; m++)
            c->minutes[m / 64] &= ~(UINT64_C(1) << (m % 64));
    }
    return wanted != 0;
}

bool rbk_export_fields(const rbk_calendar *c, int n, char out[256], int *weekday)
{
    rbk_calendar plain = *c;
    plain.zone = NULL;
    *weekday = only_nth(c);
    if (*weekday >= 0)
        days_of_nth(&plain, *weekday);
    if (plain.elapsed || plain.step > 1 || plain.days_before_end || cal_has_nth(&plain) || !keep_line(&plain, n))
        return false;
    char *text = rbk_calendar_text(&plain);
    bool five = text[0] == '*' || (text[0] >= '0' && text[0] <= '9');
    snprintf(out, 256, "%s", text);
    free(text);
    return five && strlen(out) < 255;
}

bool rbk_export_star_counts(const rbk_calendar *c)
{
    bool some_days = c->days != CAL_ALL_DAYS, some_weekdays = c->weekdays != CAL_ALL_WEEKDAYS;
    return some_days && some_weekdays && (c->star_day || c->star_weekday) && !cal_has_nth(c);
}

void rbk_export_cannot(struct rbk_buf *out, const struct rbk_entry *e, const char *who)
{
    rbk_buf_printf(out, "# %s: %s cannot say \"%s\"; let the daemon do it (runbook schedule run)\n", e->runbook, who,
                   e->text);
}

static void put_left(struct rbk_buf *out, bool *first, const char *name, const char *value)
{
    rbk_buf_printf(out, "%s%s %s", *first ? "" : ", ", name, value);
    *first = false;
}

void rbk_export_left_out(struct rbk_buf *out, const struct rbk_entry *e, const char *who, unsigned carried)
{
    char lasts[RBK_TIME_SIZE];
    bool first = true;
    struct rbk_buf list = {0};
    if (e->missed != RBK_MISSED_SKIP && !(carried & RBK_EXPORT_MISSED))
        put_left(&list, &first, "missed", rbk_missed_name(e->missed));
    if (e->overlap != RBK_OVERLAP_SKIP && !(carried & RBK_EXPORT_OVERLAP))
        put_left(&list, &first, "overlap", rbk_overlap_name(e->overlap));
    if (e->jitter_ms && !(carried & RBK_EXPORT_JITTER)) {
        rbk_duration_format(e->jitter_ms, lasts);
        put_left(&list, &first, "jitter", lasts);
    }
    if (e->timeout_ms && !(carried & RBK_EXPORT_TIMEOUT)) {
        rbk_duration_format(e->timeout_ms, lasts);
        put_left(&list, &first, "timeout", lasts);
    }
    if (!first)
        rbk_buf_printf(out, "# Left out, for %s has nothing like it: %s\n", who, list.data);
    rbk_buf_fini(&list);
}

void rbk_export_words(struct rbk_strv *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    static const char *const words[] = {"run", NULL, "--no-input", "-q"};
    for (int i = 0; i < 4; i++)
        rbk_strv_add(out, words[i] ? words[i] : e->runbook);
    if (place->project) {
        rbk_strv_add(out, "--project");
        rbk_strv_add(out, place->project);
    }
    for (size_t i = 0; i < rbk_value_length(e->params); i++) {
        struct rbk_buf word = {0};
        char *value = rbk_value_text(rbk_map_value_at(e->params, i));
        rbk_buf_printf(&word, "%s=%s", rbk_map_key_at(e->params, i), value);
        rbk_strv_add(out, word.data);
        rbk_buf_fini(&word);
        free(value);
    }
}

void rbk_export_command(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    struct rbk_strv words = {0};
    rbk_export_words(&words, e, place);
    rbk_shell_quote(out, place->program);
    for (size_t i = 0; i < words.count; i++) {
        rbk_buf_putc(out, ' ');
        rbk_shell_quote(out, words.items[i]);
    }
    rbk_strv_fini(&words);
}
