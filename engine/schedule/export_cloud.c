/* Kubernetes and GitHub Actions: YAML, with cron's five fields without L and #. */
#include <schedule/calendar.h>
#include <schedule/civil.h>
#include <schedule/export.h>
#include <stdlib.h>
#include <string.h>

/* Kubernetes puts 11 characters behind the name of a CronJob for its jobs, which have 63
 * (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/); "-24" is the last line that there can be. */
enum { CRON_JOB_NAME_MAX = 52, LINE_MAX_DIGITS = 3 };

/* Their cron knows no "one of these days, when it is such a weekday". */
static bool has_fields(const rbk_calendar *c)
{
    char fields[256];
    int weekday;
    return rbk_export_fields(c, 0, fields, &weekday) && weekday < 0 && !rbk_export_star_counts(c);
}

static void put_json(struct rbk_buf *out, rbk_value *v)
{
    char *text = rbk_value_to_json(v, 0);
    rbk_buf_puts(out, text);
    free(text);
    rbk_value_free(v);
}

/* ["run", "a/b", "--no-input", "name=value"] */
static void put_json_words(struct rbk_buf *out, const struct rbk_entry *e)
{
    const struct rbk_export_place nowhere = {.program = "runbook"};
    struct rbk_strv words = {0};
    rbk_value *list = rbk_list_new();
    rbk_export_words(&words, e, &nowhere);
    for (size_t i = 0; i < words.count; i++)
        rbk_list_append(list, rbk_string_new(words.items[i]));
    rbk_strv_fini(&words);
    put_json(out, list);
}

/* One line of fields is one object. */
static void put_cron_job(struct rbk_buf *out, const struct rbk_entry *e, const char *name, int n, const char *fields)
{
    static const char *const policies[] = {"Forbid", "Forbid", "Replace", "Allow"};
    rbk_buf_printf(out, "---\napiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: \"%s", name);
    if (n > 0)
        rbk_buf_printf(out, "-%d", n + 1);
    rbk_buf_printf(out, "\"\nspec:\n  schedule: \"%s\"\n  timeZone: \"%s\"\n  concurrencyPolicy: %s\n", fields,
                   rbk_zone_name(e->zone), e->allow_refused ? "Forbid" : policies[e->overlap]);
    if (e->paused)
        rbk_buf_puts(out, "  suspend: true\n");
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

void rbk_export_kubernetes(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    char fields[256];
    int weekday;
    unsigned carried = RBK_EXPORT_TIMEOUT | (e->missed == RBK_MISSED_ONE ? RBK_EXPORT_MISSED : 0) |
                       (e->overlap != RBK_OVERLAP_QUEUE ? RBK_EXPORT_OVERLAP : 0);
    if (!has_fields(e->calendar)) {
        rbk_export_cannot(out, e, "Kubernetes");
        return;
    }
    char *name = rbk_export_name(place, e->runbook, CRON_JOB_NAME_MAX - LINE_MAX_DIGITS);
    rbk_export_left_out(out, e, "Kubernetes", carried);
    for (int n = 0; rbk_export_fields(e->calendar, n, fields, &weekday); n++)
        put_cron_job(out, e, name, n, fields);
    free(name);
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
    struct rbk_buf command = {0};
    const struct rbk_export_place there = {.program = "runbook"};
    if (!shift_to_utc(e, place->now_ms, &utc) || !has_fields(&utc)) {
        rbk_export_cannot(out, e, "GitHub Actions");
        return;
    }
    char *name = rbk_export_name(place, e->runbook, RBK_EXPORT_NAME_MAX);
    rbk_buf_printf(out, "---\n# .github/workflows/%s.yml\n", name);
    free(name);
    rbk_buf_printf(out, "# %s in %s; GitHub's times are UTC.\n", e->text, rbk_zone_name(e->zone));
    if (rbk_zone_next_change(e->zone, place->now_ms / 1000, &change))
        rbk_buf_puts(out, "# The clocks of this zone change: export again then, or it runs an hour off.\n");
    rbk_export_left_out(out, e, "GitHub Actions", RBK_EXPORT_TIMEOUT);
    rbk_buf_printf(out, "name: %s\non:\n  schedule:\n", e->runbook);
    for (int n = 0; rbk_export_fields(&utc, n, fields, &weekday); n++)
        rbk_buf_printf(out, "    - cron: \"%s\"\n", fields);
    rbk_buf_puts(out, "jobs:\n  runbook:\n    runs-on: ubuntu-latest\n");
    if (e->timeout_ms)
        rbk_buf_printf(out, "    timeout-minutes: %lld\n", (long long)(e->timeout_ms + 59999) / 60000);
    rbk_buf_puts(out, "    steps:\n      - uses: actions/checkout@v4\n      - run: ");
    rbk_export_command(&command, e, &there);
    put_json(out, rbk_string_new(command.data)); /* as YAML reads it, too */
    rbk_buf_putc(out, '\n');
    rbk_buf_fini(&command);
}
