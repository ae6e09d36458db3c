/* crontab, Kubernetes and GitHub Actions: all have five fields without L and #. */
#include <base/mem.h>
#include <base/str.h>
#include <schedule/calendar.h>
#include <schedule/civil.h>
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

bool rbk_export_fields(const rbk_calendar *c, char out[256], int *weekday)
{
    rbk_calendar plain = *c;
    plain.zone = NULL;
    *weekday = only_nth(c);
    if (*weekday >= 0)
        days_of_nth(&plain, *weekday);
    if (plain.elapsed || plain.step > 1 || plain.days_before_end || cal_has_nth(&plain))
        return false;
    char *text = rbk_calendar_text(&plain);
    bool five = text[0] == '*' || (text[0] >= '0' && text[0] <= '9');
    snprintf(out, 256, "%s", text);
    free(text);
    return five && strlen(out) < 255;
}

static void put_cannot(struct rbk_buf *out, const struct rbk_entry *e, const char *who)
{
    rbk_buf_printf(out, "# %s: %s cannot say \"%s\"; let the daemon do it (runbook schedule run),\n", e->runbook, who,
                   e->text);
    rbk_buf_puts(out, "# or ask every minute: * * * * * runbook schedule once\n");
}

void rbk_export_command(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    rbk_shell_quote(out, place->program);
    rbk_buf_puts(out, " run ");
    rbk_shell_quote(out, e->runbook);
    rbk_buf_puts(out, " --no-input -q");
    if (place->project) {
        rbk_buf_puts(out, " --project ");
        rbk_shell_quote(out, place->project);
    }
    for (size_t i = 0; i < rbk_value_length(e->params); i++) {
        char *value = rbk_value_text(rbk_map_value_at(e->params, i));
        char *word = rbk_asprintf("%s=%s", rbk_map_key_at(e->params, i), value);
        rbk_buf_putc(out, ' ');
        rbk_shell_quote(out, word);
        free(word);
        free(value);
    }
}

/* In a crontab % ends the command. */
static void put_crontab_command(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    struct rbk_buf command = {0};
    rbk_export_command(&command, e, place);
    for (const char *p = command.data; *p; p++) {
        if (*p == '%')
            rbk_buf_putc(out, '\\');
        rbk_buf_putc(out, *p);
    }
    rbk_buf_fini(&command);
}

void rbk_export_crontab(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    char fields[256];
    int weekday;
    if (!rbk_export_fields(e->calendar, fields, &weekday)) {
        put_cannot(out, e, "cron");
        return;
    }
    rbk_buf_printf(out, "# %s: %s. Debian's cron knows no CRON_TZ: it takes the machine's zone.\nCRON_TZ=%s\n%s ",
                   e->runbook, e->text, rbk_zone_name(e->zone), fields);
    if (weekday >= 0)
        rbk_buf_printf(out, "[ \"$(date +\\%%w)\" = %d ] && ", weekday);
    put_crontab_command(out, e, place);
    rbk_buf_putc(out, '\n');
}

/* ["run", "a/b", "--no-input", "name=value"] */
static void put_json_words(struct rbk_buf *out, const struct rbk_entry *e)
{
    rbk_value *words = rbk_list_new();
    rbk_list_append(words, rbk_string_new("run"));
    rbk_list_append(words, rbk_string_new(e->runbook));
    rbk_list_append(words, rbk_string_new("--no-input"));
    for (size_t i = 0; i < rbk_value_length(e->params); i++) {
        char *value = rbk_value_text(rbk_map_value_at(e->params, i));
        char *word = rbk_asprintf("%s=%s", rbk_map_key_at(e->params, i), value);
        rbk_list_append(words, rbk_string_new(word));
        free(word);
        free(value);
    }
    char *text = rbk_value_to_json(words, 0);
    rbk_buf_puts(out, text);
    free(text);
    rbk_value_free(words);
}

/* A name that Kubernetes takes: a/b_c as a-b-c. */
static void put_object_name(struct rbk_buf *out, const char *runbook)
{
    for (const char *p = runbook; *p; p++)
        rbk_buf_putc(out, *p == '/' || *p == '_' ? '-' : *p);
}

void rbk_export_kubernetes(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    static const char *const policies[] = {"Forbid", "Forbid", "Replace", "Allow"};
    char fields[256];
    int weekday;
    (void)place;
    if (!rbk_export_fields(e->calendar, fields, &weekday) || weekday >= 0) {
        put_cannot(out, e, "Kubernetes");
        return;
    }
    rbk_buf_puts(out, "---\napiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: ");
    put_object_name(out, e->runbook);
    rbk_buf_printf(out, "\nspec:\n  schedule: \"%s\"\n  timeZone: \"%s\"\n  concurrencyPolicy: %s\n", fields,
                   rbk_zone_name(e->zone), policies[e->overlap]);
    if (e->missed == RBK_MISSED_SKIP)
        rbk_buf_puts(out, "  startingDeadlineSeconds: 60\n");
    rbk_buf_puts(out, "  jobTemplate:\n    spec:\n      backoffLimit: 0\n");
    if (e->timeout_ms)
        rbk_buf_printf(out, "      activeDeadlineSeconds: %lld\n", (long long)(e->timeout_ms + 999) / 1000);
    rbk_buf_puts(
        out, "      template:\n        spec:\n          restartPolicy: Never\n          containers:\n"
             "            - name: runbook\n              image: runbook:latest # holds the program and the project\n"
             "              args: ");
    put_json_words(out, e);
    rbk_buf_putc(out, '\n');
}

/* The same times in UTC, by the offset that holds now; false when a day would have to change for it. */
static bool shift_to_utc(const struct rbk_entry *e, int64_t now_ms, rbk_calendar *out)
{
    struct rbk_offset o;
    const rbk_calendar *c = e->calendar;
    rbk_zone_at(e->zone, now_ms / 1000, &o);
    bool any_day = c->days == CAL_ALL_DAYS && c->weekdays == CAL_ALL_WEEKDAYS && c->months == CAL_ALL_MONTHS;
    *out = *c;
    memset(out->minutes, 0, sizeof out->minutes);
    for (int m = cal_minute_from(c, 0); m >= 0; m = cal_minute_from(c, m + 1)) {
        int utc = m - o.seconds / 60;
        if ((utc < 0 || utc >= CAL_MINUTES) && !any_day)
            return false;
        cal_minute_set(out, (utc + 2 * CAL_MINUTES) % CAL_MINUTES);
    }
    return true;
}

void rbk_export_github(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    char fields[256];
    int weekday;
    int64_t change;
    rbk_calendar utc;
    const struct rbk_export_place there = {.program = "runbook"};
    if (!shift_to_utc(e, place->now_ms, &utc) || !rbk_export_fields(&utc, fields, &weekday) || weekday >= 0) {
        put_cannot(out, e, "GitHub Actions");
        return;
    }
    rbk_buf_printf(out, "# .github/workflows/");
    put_object_name(out, e->runbook);
    rbk_buf_printf(out, ".yml\n# %s in %s; GitHub's times are UTC.\n", e->text, rbk_zone_name(e->zone));
    if (rbk_zone_next_change(e->zone, place->now_ms / 1000, &change))
        rbk_buf_puts(out, "# The clocks of this zone change: export again then, or it runs an hour off.\n");
    rbk_buf_printf(out,
                   "name: %s\non:\n  schedule:\n    - cron: \"%s\"\njobs:\n  runbook:\n    runs-on: ubuntu-latest\n"
                   "    steps:\n      - uses: actions/checkout@v4\n      - run: ",
                   e->runbook, fields);
    rbk_export_command(out, e, &there);
    rbk_buf_putc(out, '\n');
}
