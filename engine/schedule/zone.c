/* What the clocks of a zone show, and when they show it. */
#include <schedule/civil.h>
#include <schedule/zone.h>
#include <stdio.h>
#include <stdlib.h>

const char *rbk_zone_name(const rbk_zone *zone)
{
    return zone->name;
}

/* How many of the listed changes are at or before an instant. */
static size_t changes_until(const rbk_zone *zone, int64_t at)
{
    size_t low = 0, high = zone->change_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (zone->changes[mid].at <= at)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void rbk_zone_at(const rbk_zone *zone, int64_t at, struct rbk_offset *out)
{
    size_t passed = changes_until(zone, at);
    if (zone->rule.there && passed == zone->change_count)
        tz_rule_at(&zone->rule, at, out);
    else
        *out = zone->types[passed ? zone->changes[passed - 1].type : 0];
}

bool rbk_zone_next_change(const rbk_zone *zone, int64_t after, int64_t *at)
{
    size_t passed = changes_until(zone, after);
    if (passed < zone->change_count) {
        *at = zone->changes[passed].at;
        return true;
    }
    return zone->rule.there && tz_rule_next(&zone->rule, after, at);
}

/* How far an offset can lie from another: no clock shows a reading more than this away from it in UTC. */
enum { OFFSET_MAX = 26 * 3600, CHANGES_NEAR = 16 };

/* Stretches of constant offset are tried one by one around the reading: those in which it is shown give its instants, a
 * change that jumps over it is its gap. */
static enum rbk_reading find_instants(const rbk_zone *zone, int64_t local, int64_t *first, int64_t *second)
{
    int64_t begin = local - OFFSET_MAX, end;
    int found = 0;
    *first = *second = local;
    for (int i = 0; i < CHANGES_NEAR && begin <= local + OFFSET_MAX; i++, begin = end) {
        struct rbk_offset now, next;
        bool last = !rbk_zone_next_change(zone, begin, &end);
        rbk_zone_at(zone, begin, &now);
        int64_t at = local - now.seconds;
        if (at >= begin && (last || at < end)) {
            *second = at;
            if (found++ == 0)
                *first = at;
        }
        if (last)
            break;
        rbk_zone_at(zone, end, &next);
        if (!found && local >= end + now.seconds && local < end + next.seconds) {
            *first = *second = end;
            return RBK_READ_NEVER;
        }
    }
    return found > 1 ? RBK_READ_TWICE : RBK_READ_ONCE;
}

enum rbk_reading rbk_zone_instants(const rbk_zone *zone, const struct rbk_civil *civil, int64_t *first, int64_t *second)
{
    int64_t day = rbk_day_of(civil->year, civil->month, civil->day);
    int64_t local = day * RBK_DAY_SECONDS + civil->hour * 3600 + civil->minute * 60 + civil->second;
    return find_instants(zone, local, first, second);
}

void rbk_zone_civil(const rbk_zone *zone, int64_t at, struct rbk_civil *out)
{
    struct rbk_offset offset;
    rbk_zone_at(zone, at, &offset);
    int64_t local = at + offset.seconds, day = rbk_floor_div(local, RBK_DAY_SECONDS);
    int rest = (int)(local - day * RBK_DAY_SECONDS);
    rbk_day_civil(day, out);
    out->hour = rest / 3600;
    out->minute = rest / 60 % 60;
    out->second = rest % 60;
}

void rbk_zone_format(const rbk_zone *zone, int64_t at, char out[RBK_ZONED_SIZE])
{
    struct rbk_offset offset;
    struct rbk_civil c;
    rbk_zone_at(zone, at, &offset);
    rbk_zone_civil(zone, at, &c);
    int minutes = abs(offset.seconds) / 60;
    snprintf(out, RBK_ZONED_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
             c.second, offset.seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
}
