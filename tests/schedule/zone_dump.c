/* Prints what engine/schedule knows of the zones named on stdin, one a line, for test_zones.py to compare:
 *   zone NAME
 *   at SECONDS OFFSET DST NAME                     every five days, and around every change, from 2000 to 2037
 *   reading Y M D H MIN S KIND FIRST SECOND        clock readings around every change; KIND is 0 once, 1 never, 2 twice
 */
#include <inttypes.h>
#include <runbook/schedule.h>
#include <stdio.h>
#include <string.h>

#define BEGIN INT64_C(946684800)  /* 2000-01-01 */
#define END   INT64_C(2145916800) /* 2038-01-01 */

static void print_at(const rbk_zone *zone, int64_t at)
{
    struct rbk_offset o;
    rbk_zone_at(zone, at, &o);
    printf("at %" PRId64 " %d %d %s\n", at, o.seconds, o.dst, o.name);
}

static void print_reading(const rbk_zone *zone, const rbk_zone *utc, int64_t reading)
{
    struct rbk_civil c;
    int64_t first, second;
    rbk_zone_civil(utc, reading, &c);
    int kind = (int)rbk_zone_instants(zone, &c, &first, &second);
    printf("reading %d %d %d %d %d %d %d %" PRId64 " %" PRId64 "\n", c.year, c.month, c.day, c.hour, c.minute, c.second,
           kind, first, second);
}

/* The readings at both edges of what is skipped or repeated, and between them. */
static void print_change(const rbk_zone *zone, const rbk_zone *utc, int64_t at)
{
    struct rbk_offset before, after;
    rbk_zone_at(zone, at - 1, &before);
    rbk_zone_at(zone, at, &after);
    int64_t one = at + before.seconds, other = at + after.seconds;
    int64_t low = one < other ? one : other, high = one < other ? other : one;
    print_at(zone, at - 1);
    print_at(zone, at);
    print_reading(zone, utc, low - 1);
    print_reading(zone, utc, low);
    print_reading(zone, utc, (low + high) / 2);
    print_reading(zone, utc, high - 1);
    print_reading(zone, utc, high);
}

static int print_zone(rbk_zones *zones, const char *name)
{
    const rbk_zone *zone, *utc;
    struct rbk_error err;
    if (rbk_zones_get(zones, name, &zone, &err) != 0 || rbk_zones_get(zones, "UTC", &utc, &err) != 0) {
        fprintf(stderr, "%s: %s\n", name, err.message);
        return 1;
    }
    printf("zone %s\n", name);
    for (int64_t at = BEGIN; rbk_zone_next_change(zone, at, &at) && at < END;)
        print_change(zone, utc, at);
    for (int64_t at = BEGIN; at < END; at += 5 * 86400)
        print_at(zone, at);
    return 0;
}

int main(void)
{
    char line[200];
    int failed = 0;
    rbk_zones *zones = rbk_zones_new(NULL);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        failed |= print_zone(zones, line);
    }
    rbk_zones_free(zones);
    return failed;
}
