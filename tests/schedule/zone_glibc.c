/* Compares what engine/schedule knows of the zones named on stdin, one a line, with what glibc knows, in a process of
 * its own, because glibc's TZ is one for the whole process: around every change from 2000 to 2037, what the clocks show
 * (localtime_r), and when they show it (mktime). Prints the differences and how much was compared; exit 1 when any. */
#include <inttypes.h>
#include <runbook/schedule.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEGIN INT64_C(946684800)  /* 2000-01-01 */
#define END   INT64_C(2145916800) /* 2038-01-01 */

struct comparison {
    const rbk_zone *zone, *utc;
    const char *name;
    long compared, differences;
};

static void differ(struct comparison *c, const char *what, int64_t at)
{
    if (c->differences++ < 20)
        printf("%s: %s at %" PRId64 "\n", c->name, what, at);
}

static void compare_instant(struct comparison *c, int64_t at)
{
    struct rbk_offset ours;
    struct rbk_civil civil;
    struct tm theirs;
    time_t t = (time_t)at;
    rbk_zone_at(c->zone, at, &ours);
    rbk_zone_civil(c->zone, at, &civil);
    localtime_r(&t, &theirs);
    c->compared++;
    if (ours.seconds != theirs.tm_gmtoff || ours.dst != (theirs.tm_isdst > 0) || strcmp(ours.name, theirs.tm_zone) != 0)
        differ(c, "another offset", at);
    if (civil.year != theirs.tm_year + 1900 || civil.month != theirs.tm_mon + 1 || civil.day != theirs.tm_mday ||
        civil.hour != theirs.tm_hour || civil.minute != theirs.tm_min || civil.second != theirs.tm_sec)
        differ(c, "another reading", at);
}

static int64_t make_time(const struct rbk_civil *r, int dst, bool *kept)
{
    struct tm t = {.tm_year = r->year - 1900,
                   .tm_mon = r->month - 1,
                   .tm_mday = r->day,
                   .tm_hour = r->hour,
                   .tm_min = r->minute,
                   .tm_sec = r->second,
                   .tm_isdst = dst};
    int64_t at = (int64_t)mktime(&t);
    *kept = t.tm_hour == r->hour && t.tm_min == r->minute && t.tm_sec == r->second && t.tm_mday == r->day;
    return at;
}

/* mktime moves a reading that is never shown, and of two instants finds the one whose season is asked for. */
static void compare_reading(struct comparison *c, int64_t reading)
{
    struct rbk_civil civil;
    struct rbk_offset one, other;
    int64_t first, second;
    bool kept, ignored;
    rbk_zone_civil(c->utc, reading, &civil);
    enum rbk_reading shown = rbk_zone_instants(c->zone, &civil, &first, &second);
    int64_t theirs = make_time(&civil, -1, &kept);
    c->compared++;
    if (kept != (shown != RBK_READ_NEVER))
        differ(c, "a reading is shown or not", first);
    else if (shown != RBK_READ_NEVER && theirs != first && theirs != second)
        differ(c, "another instant", first);
    rbk_zone_at(c->zone, first, &one);
    rbk_zone_at(c->zone, second, &other);
    if (shown == RBK_READ_TWICE && one.dst != other.dst &&
        (make_time(&civil, one.dst, &ignored) != first || make_time(&civil, other.dst, &ignored) != second))
        differ(c, "other instants of a reading that is shown twice", first);
}

static void compare_change(struct comparison *c, int64_t at)
{
    struct rbk_offset before, after;
    rbk_zone_at(c->zone, at - 1, &before);
    rbk_zone_at(c->zone, at, &after);
    int64_t one = at + before.seconds, other = at + after.seconds;
    int64_t low = one < other ? one : other, high = one < other ? other : one;
    const int64_t readings[] = {low - 1, low, (low + high) / 2, high - 1, high};
    compare_instant(c, at - 1);
    compare_instant(c, at);
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        compare_reading(c, readings[i]);
}

static int compare_zone(rbk_zones *zones, const char *name, struct comparison *c)
{
    struct rbk_error err;
    if (rbk_zones_get(zones, name, &c->zone, &err) != 0 || rbk_zones_get(zones, "UTC", &c->utc, &err) != 0) {
        printf("%s: %s\n", name, err.message);
        return 1;
    }
    c->name = name;
    setenv("TZ", name, 1);
    tzset();
    for (int64_t at = BEGIN; rbk_zone_next_change(c->zone, at, &at) && at < END;)
        compare_change(c, at);
    for (int64_t at = BEGIN; at < END; at += 5 * 86400)
        compare_instant(c, at);
    return 0;
}

int main(void)
{
    char line[200];
    struct comparison c = {0};
    int failed = 0;
    rbk_zones *zones = rbk_zones_new(NULL);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        failed |= compare_zone(zones, line, &c);
    }
    rbk_zones_free(zones);
    printf("compared %ld differences %ld\n", c.compared, c.differences);
    return failed || c.differences;
}
