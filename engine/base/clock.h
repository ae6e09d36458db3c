/* Time. Durations and time-outs count on the monotonic clock, what people and schedules read on the wall clock.
 * All in milliseconds; wall times are since 1970-01-01 UTC. */
#ifndef RBK_BASE_CLOCK_H
#define RBK_BASE_CLOCK_H

#include <runbook/error.h>
#include <stdint.h>

int64_t rbk_clock_mono_ms(void);
int64_t rbk_clock_mono_us(void);
int64_t rbk_clock_wall_ms(void);

#define RBK_TIME_SIZE 40
/* "2026-11-22T08:22:11.123Z" */
void rbk_time_rfc3339(int64_t wall_ms, char out[RBK_TIME_SIZE]);
/* Local time for people: "2026-11-22 08:22:11", and "08:22:11". */
void rbk_time_local(int64_t wall_ms, char out[RBK_TIME_SIZE]);
void rbk_time_local_hms(int64_t wall_ms, char out[RBK_TIME_SIZE]);
/* One parser for every command: RFC 3339, "2026-11-22", "2026-11-22 18:00", "24h" (that long before `now`), "now",
 * "today", "yesterday", "yesterday 18:00" (local). RBK_EINVAL says what is accepted. */
int rbk_time_parse(const char *text, int64_t now_ms, int64_t *out_ms, struct rbk_error *err);
/* The same in another zone than the machine's: what a reading of its clocks is as an instant (the day may be 0, the
 * second 60), and what they show at one. */
struct tm;
struct rbk_time_zone {
    int64_t (*instant)(const void *zone, const struct tm *reading); /* seconds */
    void (*civil)(const void *zone, int64_t seconds, struct tm *out);
    const void *zone;
};
int rbk_time_parse_in(const char *text, int64_t now_ms, const struct rbk_time_zone *zone, int64_t *out_ms,
                      struct rbk_error *err);
/* A duration for people: "0.2s", "41s", "3m 05s", "2h 10m". */
void rbk_duration_format(int64_t ms, char out[RBK_TIME_SIZE]);

/* ULIDs (https://github.com/ulid/spec): 26 characters, lower case, monotonic within a process; getrandom. */
#define RBK_ULID_SIZE 27
int rbk_ulid_new(char out[RBK_ULID_SIZE], struct rbk_error *err);

#endif
