/* See windows.h. Both kinds of time are calendars (runbook/schedule.h), so that zones and the days on which the clocks
 * change are right: hours are quiet when they end before they begin again, and a window of maintenance is open when one
 * began less than its duration ago. */
#include <notify/windows.h>

#include <base/clock.h>
#include <base/mem.h>
#include <notify/rules.h>
#include <runbook/schedule.h>
#include <stdio.h>
#include <stdlib.h>

/* The next time after `after_ms` at which a schedule is due; `zone` NULL = what it says itself, or the machine's. */
static int next_ms(const char *text, const char *zone_name, int64_t after_ms, int64_t *out, struct rbk_error *err)
{
    const struct rbk_dst_policy dst = {0};
    rbk_calendar *calendar = NULL;
    const rbk_zone *zone = NULL;
    rbk_zones *zones = rbk_zones_new(NULL);
    int64_t at = 0;
    int rc = rbk_calendar_parse(text, &calendar, err);
    if (rc == 0 && rbk_calendar_zone(calendar))
        zone_name = rbk_calendar_zone(calendar);
    if (rc == 0)
        rc = zone_name ? rbk_zones_get(zones, zone_name, &zone, err) : rbk_zones_local(zones, &zone, err);
    if (rc == 0)
        rc = rbk_calendar_next(calendar, zone, &dst, (after_ms >= 0 ? after_ms : after_ms - 999) / 1000, &at, err);
    *out = at * 1000;
    rbk_calendar_free(calendar);
    rbk_zones_free(zones);
    return rc;
}

/* "22:00" as a schedule of every day. */
static bool daily(const char *clock, char out[16])
{
    int hour, minute, end = 0;
    bool right = clock && sscanf(clock, "%2d:%2d%n", &hour, &minute, &end) == 2 && clock[end] == '\0' && hour >= 0 &&
                 hour < 24 && minute >= 0 && minute < 60;
    if (right)
        snprintf(out, 16, "%d %d * * *", minute, hour);
    return right;
}

int notify_quiet_hours(const struct rbk_config *config, int64_t now_ms, int64_t *until_ms, struct rbk_error *err)
{
    const rbk_value *quiet = rbk_config_get(config, "notify.quiet");
    const char *zone = quiet ? rbk_map_get_string(quiet, "timezone") : NULL;
    char from[16], to[16];
    int64_t begins = 0;
    if (!quiet || !daily(rbk_map_get_string(quiet, "from"), from) || !daily(rbk_map_get_string(quiet, "to"), to))
        return 0;
    if (!zone)
        zone = rbk_value_string(rbk_config_get(config, "timezone"));
    int rc = next_ms(from, zone, now_ms, &begins, err);
    if (rc == 0)
        rc = next_ms(to, zone, now_ms, until_ms, err);
    return rc < 0 ? rc : *until_ms < begins;
}

int notify_quiet(const struct rbk_config *config, const char *priority, int64_t now_ms, int64_t *until_ms,
                 struct rbk_error *err)
{
    bool excepted = notify_priority_fits(rbk_config_get(config, "notify.quiet.except"), priority);
    return excepted ? 0 : notify_quiet_hours(config, now_ms, until_ms, err);
}

static bool is_about(const rbk_value *window, const rbk_value *event)
{
    const rbk_value *match = rbk_map_get(window, "match");
    for (size_t i = 0; i < rbk_value_length(match); i++)
        if (notify_pattern_fits(rbk_value_string(rbk_list_at(match, i)), event))
            return true;
    return !match;
}

/* When the window that may be open began. */
static int began_ms(const struct rbk_config *config, const rbk_value *window, int64_t now_ms, int64_t long_ms,
                    int64_t *out, struct rbk_error *err)
{
    const char *at = rbk_map_get_string(window, "at"), *from = rbk_map_get_string(window, "from");
    if (at)
        return next_ms(at, rbk_value_string(rbk_config_get(config, "timezone")), now_ms - long_ms, out, err);
    return rbk_time_parse(from ? from : "", now_ms, out, err);
}

int notify_maintained(const struct rbk_config *config, const rbk_value *event, int64_t now_ms, struct rbk_buf *why,
                      struct rbk_error *err)
{
    const rbk_value *windows = rbk_config_get(config, "notify.maintenance");
    for (size_t i = 0; i < rbk_value_length(windows); i++) {
        const rbk_value *window = rbk_list_at(windows, i);
        int64_t long_ms = notify_config_ms(window, "for", 0), began = 0;
        if (!is_about(window, event))
            continue;
        int rc = began_ms(config, window, now_ms, long_ms, &began, err);
        if (rc < 0)
            return rc;
        if (began <= now_ms && now_ms < began + long_ms) {
            char until[RBK_TIME_SIZE];
            rbk_time_local(began + long_ms, until);
            rbk_buf_printf(why, "maintenance window %zu until %s", i + 1, until);
            return 1;
        }
    }
    return 0;
}

int rbk_notify_check(const struct rbk_config *config, struct rbk_error *err)
{
    const rbk_value *windows = rbk_config_get(config, "notify.maintenance");
    const char *zone = rbk_value_string(rbk_config_get(config, "notify.quiet.timezone"));
    int64_t at_ms, now_ms = rbk_clock_wall_ms();
    int rc = zone ? next_ms("0 0 * * *", zone, now_ms, &at_ms, err) : 0;
    if (rc < 0)
        return rbk_config_place(config, (const char *const[]){"notify", "quiet", "timezone", NULL}, err);
    for (size_t i = 0; i < rbk_value_length(windows); i++) {
        char number[24];
        rc = began_ms(config, rbk_list_at(windows, i), now_ms, 0, &at_ms, err);
        snprintf(number, sizeof number, "%zu", i + 1);
        if (rc < 0)
            return rbk_config_place(config, (const char *const[]){"notify", "maintenance", number, "at", NULL}, err);
    }
    return 0;
}
