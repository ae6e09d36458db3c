/* systemd: calendar events (systemd.time(7)) can say all that we can but intervals that pass over midnight and every so
 * many days. */
#include <schedule/calendar.h>
#include <schedule/export.h>
#include <stdio.h>
#include <stdlib.h>

static void put_list(struct rbk_buf *out, uint64_t bits, int min, int max)
{
    size_t begin = out->len;
    for (int i = min; i <= max; i++) {
        int last = i;
        if (!(bits >> i & 1))
            continue;
        while (last < max && (bits >> (last + 1) & 1))
            last++;
        rbk_buf_printf(out, "%s%02d", out->len > begin ? "," : "", i);
        if (last > i)
            rbk_buf_printf(out, "..%02d", last);
        i = last;
    }
}

static void put_weekdays(struct rbk_buf *out, uint32_t bits)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    size_t begin = out->len;
    for (int i = 0; bits != CAL_ALL_WEEKDAYS && i < 7; i++)
        if (bits >> i & 1)
            rbk_buf_printf(out, "%s%s", out->len > begin ? "," : "", names[i]);
    if (out->len > begin)
        rbk_buf_putc(out, ' ');
}

/* One event: weekdays, days (as written), one hour with its minutes. */
static void put_event(struct rbk_buf *out, const struct rbk_entry *e, uint32_t weekdays, const char *days)
{
    const rbk_calendar *c = e->calendar;
    for (int hour = 0; hour < 24;) {
        uint64_t minutes = 0, hours = 0;
        for (int m = 0; m < 60; m++)
            minutes |= (uint64_t)cal_minute_has(c, hour * 60 + m) << m;
        int next = hour;
        for (bool same = true; next < 24 && same; next += same) {
            uint64_t other = 0;
            for (int m = 0; m < 60; m++)
                other |= (uint64_t)cal_minute_has(c, next * 60 + m) << m;
            same = other == minutes;
            hours |= (uint64_t)same << next;
        }
        hour = next;
        if (!minutes)
            continue;
        rbk_buf_puts(out, "OnCalendar=");
        put_weekdays(out, weekdays);
        rbk_buf_puts(out, "*-");
        if (c->months == CAL_ALL_MONTHS)
            rbk_buf_putc(out, '*');
        else
            put_list(out, c->months, 1, 12);
        rbk_buf_printf(out, "%s ", days);
        put_list(out, hours, 0, 23);
        rbk_buf_putc(out, ':');
        put_list(out, minutes, 0, 59);
        rbk_buf_printf(out, ":00 %s\n", rbk_zone_name(e->zone));
    }
}

static void put_month_days(struct rbk_buf *out, const struct rbk_entry *e, uint32_t weekdays)
{
    const rbk_calendar *c = e->calendar;
    struct rbk_buf days = {0};
    if (c->days == CAL_ALL_DAYS) {
        put_event(out, e, weekdays, "-*");
        return;
    }
    if (c->days) {
        rbk_buf_putc(&days, '-');
        put_list(&days, c->days, 1, 31);
        put_event(out, e, weekdays, days.data);
    }
    for (int n = 0; n <= 30; n++)
        if (c->days_before_end >> n & 1) {
            rbk_buf_clear(&days);
            rbk_buf_printf(&days, "~%02d", n + 1);
            put_event(out, e, weekdays, days.data);
        }
    rbk_buf_fini(&days);
}

static void put_nth(struct rbk_buf *out, const struct rbk_entry *e)
{
    for (int weekday = 0; weekday < 7; weekday++)
        for (int n = 1; n <= CAL_LAST; n++) {
            char days[24];
            if (!(e->calendar->nth[weekday] >> n & 1))
                continue;
            snprintf(days, sizeof days, "-%02d..%02d", n * 7 - 6, n == 5 ? 31 : n * 7);
            put_event(out, e, 1U << weekday, n == CAL_LAST ? "~07/1" : days);
        }
}

static void put_events(struct rbk_buf *out, const struct rbk_entry *e)
{
    const rbk_calendar *c = e->calendar;
    bool either = !c->star_day && !c->star_weekday;
    if (either) {
        put_month_days(out, e, CAL_ALL_WEEKDAYS);
        if (c->weekdays)
            put_event(out, e, c->weekdays, "-*");
    } else if (c->weekdays) {
        put_month_days(out, e, c->weekdays);
    }
    put_nth(out, e);
}

/* A word of ExecStart= (systemd.service(5), "Command lines"): quoted whole, with escapes as in C; % and $ twice. */
static void put_word(struct rbk_buf *out, const char *word)
{
    rbk_buf_putc(out, '"');
    for (const char *p = word; *p; p++) {
        if (*p == '\n') {
            rbk_buf_puts(out, "\\n");
            continue;
        }
        if (*p == '"' || *p == '\\')
            rbk_buf_putc(out, '\\');
        if (*p == '%' || *p == '$')
            rbk_buf_putc(out, *p);
        rbk_buf_putc(out, *p);
    }
    rbk_buf_putc(out, '"');
}

static void put_exec(struct rbk_buf *out, const struct rbk_export_place *place, const struct rbk_strv *words)
{
    rbk_buf_puts(out, "ExecStart=");
    put_word(out, place->program);
    for (size_t i = 0; i < words->count; i++) {
        rbk_buf_putc(out, ' ');
        put_word(out, words->items[i]);
    }
    rbk_buf_putc(out, '\n');
}

/* Whom it runs as, and where; a path takes no quotes. */
static void put_place(struct rbk_buf *out, const struct rbk_export_place *place)
{
    if (place->user)
        rbk_buf_printf(out, "User=%s\n", place->user);
    if (!place->project)
        return;
    rbk_buf_puts(out, "WorkingDirectory=");
    for (const char *p = place->project; *p; p++)
        rbk_buf_printf(out, *p == '%' ? "%%%c" : "%c", *p);
    rbk_buf_putc(out, '\n');
}

static void put_timer(struct rbk_buf *out, const struct rbk_entry *e, const char *name, unsigned carried)
{
    rbk_buf_printf(out, "# runbook-%s.timer\n", name);
    rbk_export_left_out(out, e, "a timer", carried);
    rbk_buf_printf(out, "[Unit]\nDescription=%s is due: %s\n\n[Timer]\n", e->runbook, e->text);
    put_events(out, e);
    rbk_buf_printf(out, "Persistent=%s\nAccuracySec=1s\n", e->missed == RBK_MISSED_SKIP ? "false" : "true");
    if (e->jitter_ms)
        rbk_buf_printf(out, "RandomizedDelaySec=%lldms\nFixedRandomDelay=true\n", (long long)e->jitter_ms);
    rbk_buf_puts(out, "\n[Install]\nWantedBy=timers.target\n\n");
}

static void put_service(struct rbk_buf *out, const struct rbk_entry *e, const char *name,
                        const struct rbk_export_place *place)
{
    struct rbk_strv words = {0};
    rbk_buf_printf(out, "# runbook-%s.service\n[Unit]\nDescription=runbook %s\n\n[Service]\nType=oneshot\n", name,
                   e->runbook);
    rbk_buf_puts(out, "# 3: it waits for a person\nSuccessExitStatus=3\n");
    if (e->timeout_ms)
        rbk_buf_printf(out, "TimeoutStartSec=%lldms\n", (long long)e->timeout_ms);
    rbk_export_words(&words, e, place);
    put_place(out, place);
    put_exec(out, place, &words);
    rbk_strv_fini(&words);
    rbk_buf_putc(out, '\n');
}

void rbk_export_systemd(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    const unsigned carried =
        RBK_EXPORT_JITTER | RBK_EXPORT_TIMEOUT | (e->missed == RBK_MISSED_ONE ? RBK_EXPORT_MISSED : 0);
    bool nth_of_some_days = cal_has_nth(e->calendar) && e->calendar->star_day && e->calendar->days != CAL_ALL_DAYS;
    if (e->calendar->elapsed || e->calendar->step > 1 || nth_of_some_days) {
        rbk_export_cannot(out, e, "a timer");
        return;
    }
    char *name = rbk_export_name(place, e->runbook, RBK_EXPORT_NAME_MAX);
    put_timer(out, e, name, carried);
    put_service(out, e, name, place);
    free(name);
}

void rbk_export_unit(struct rbk_buf *out, const struct rbk_export_place *place)
{
    struct rbk_strv words = {0};
    rbk_buf_puts(out, "# /etc/systemd/system/runbook-schedule.service; then: systemctl enable --now runbook-schedule\n"
                      "[Unit]\nDescription=Starts runbooks when they are due\n\n[Service]\n"
                      "Type=notify\nNotifyAccess=main\nWatchdogSec=60\nRestart=always\nRestartSec=5\n"
                      "# what it started outlives it and is found again\nKillMode=process\n");
    rbk_strv_add(&words, "schedule");
    rbk_strv_add(&words, "run");
    if (place->project) {
        rbk_strv_add(&words, "--project");
        rbk_strv_add(&words, place->project);
    }
    put_place(out, place);
    put_exec(out, place, &words);
    rbk_strv_fini(&words);
    rbk_buf_puts(out, "ExecReload=/bin/kill -HUP $MAINPID\n\n[Install]\nWantedBy=multi-user.target\n");
}
