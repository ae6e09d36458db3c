/* Time zones and schedules: when something is due. Zones are read from the system's own files (TZif, RFC 9636), without
 * the process-wide TZ of libc; a zone that does not exist is an error, never UTC. All instants are whole seconds since
 * 1970-01-01 UTC. Everything here may be used from several threads at once. */
#ifndef RUNBOOK_SCHEDULE_H
#define RUNBOOK_SCHEDULE_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- time zones ---- */

typedef struct rbk_zones rbk_zones; /* a cache of zones; owns them */
typedef struct rbk_zone rbk_zone;   /* one zone, unchanging, valid as long as its cache */

/* `dir` is where the zone files are; NULL is the system's (/usr/share/zoneinfo, or TZDIR). Never NULL. */
RBK_API rbk_zones *rbk_zones_new(const char *dir);
RBK_API void rbk_zones_free(rbk_zones *zones);
/* The zone of a name such as "Europe/Berlin". "UTC" is known without files. RBK_EINVAL with a suggestion when there is
 * no such zone, RBK_EMALFORMED when its file is not what it should be. */
RBK_API int rbk_zones_get(rbk_zones *zones, const char *name, const rbk_zone **out, struct rbk_error *err);
/* The zone of this machine: TZ when it is set, else /etc/localtime, else UTC. */
RBK_API int rbk_zones_local(rbk_zones *zones, const rbk_zone **out, struct rbk_error *err);
RBK_API const char *rbk_zone_name(const rbk_zone *zone);

struct rbk_offset {
    int32_t seconds; /* east of UTC */
    bool dst;
    char name[16]; /* "CEST", "+03" */
};
/* What the clocks of the zone show at an instant. */
RBK_API void rbk_zone_at(const rbk_zone *zone, int64_t at, struct rbk_offset *out);
/* The first instant after `after` at which the offset, the name or the season changes; false when there is none. */
RBK_API bool rbk_zone_next_change(const rbk_zone *zone, int64_t after, int64_t *at);

/* A reading of the clocks of a zone; fields out of their range are not accepted. */
struct rbk_civil {
    int year, month, day, hour, minute, second; /* month and day from 1 */
};
enum rbk_reading { RBK_READ_ONCE, RBK_READ_NEVER, RBK_READ_TWICE };
/* When the clocks of the zone show a reading. ONCE: first == second. TWICE (they were put back): both instants. NEVER
 * (they were put forward over it): both are the instant at which that gap ends. */
RBK_API enum rbk_reading rbk_zone_instants(const rbk_zone *zone, const struct rbk_civil *civil, int64_t *first,
                                           int64_t *second);
RBK_API void rbk_zone_civil(const rbk_zone *zone, int64_t at, struct rbk_civil *out);
/* "2026-11-22T08:00:00+01:00"; offsets of whole minutes, as RFC 3339 has them, others rounded towards zero. */
#define RBK_ZONED_SIZE 48
RBK_API void rbk_zone_format(const rbk_zone *zone, int64_t at, char out[RBK_ZONED_SIZE]);

/* ---- schedules ---- */

typedef struct rbk_calendar rbk_calendar;

/* Reads cron's five fields (names, steps, ranges, L, #), @daily and its like, or words: "weekdays at 8:00", "first
 * monday at 09:00", "every 4h", each optionally followed by "in ZONE". RBK_EINVAL names the column and the mend. */
RBK_API int rbk_calendar_parse(const char *text, rbk_calendar **out, struct rbk_error *err);
RBK_API void rbk_calendar_free(rbk_calendar *calendar);
/* The zone that the text itself names, or NULL. Borrowed. */
RBK_API const char *rbk_calendar_zone(const rbk_calendar *calendar);
/* The one spelling of everything that means the same: cron's five fields where they can say it, else words. It reads
 * back as an equal calendar. Heap, free(). */
RBK_API char *rbk_calendar_text(const rbk_calendar *calendar);

/* What happens to times that the clocks skip or show twice. Zero is the default. */
struct rbk_dst_policy {
    bool skip_gap;     /* false: skipped times are due once, when the gap ends; true: they are not due */
    bool twice_repeat; /* false: repeated times are due once, the first time; true: both times */
};
/* The first instant after `after` (exclusive) that is due. RBK_ENOENT when there is none within 45 years. */
RBK_API int rbk_calendar_next(const rbk_calendar *calendar, const rbk_zone *zone, const struct rbk_dst_policy *dst,
                              int64_t after, int64_t *out, struct rbk_error *err);

#ifdef __cplusplus
}
#endif
#endif
