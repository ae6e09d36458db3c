/* The two clocks, and times and durations as people read them. */
#include <base/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t clock_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t rbk_clock_mono_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t rbk_clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t rbk_clock_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

/* Whole seconds and the milliseconds above them, also before 1970. */
static time_t split_ms(int64_t ms, int *rest)
{
    *rest = (int)(((ms % 1000) + 1000) % 1000);
    return (time_t)(ms / 1000 - (ms % 1000 < 0));
}

void rbk_time_rfc3339(int64_t wall_ms, char out[RBK_TIME_SIZE])
{
    int ms;
    time_t seconds = split_ms(wall_ms, &ms);
    struct tm t = {0};
    gmtime_r(&seconds, &t);
    char text[RBK_TIME_SIZE - 8] = "";
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out, RBK_TIME_SIZE, "%s.%03dZ", text, ms);
}

static void format_local(int64_t wall_ms, const char *format, char out[RBK_TIME_SIZE])
{
    int ms;
    time_t seconds = split_ms(wall_ms, &ms);
    struct tm t = {0};
    localtime_r(&seconds, &t);
    out[0] = '\0';
    /* Both callers pass a constant of this file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    strftime(out, RBK_TIME_SIZE, format, &t);
#pragma GCC diagnostic pop
}

void rbk_time_local(int64_t wall_ms, char out[RBK_TIME_SIZE])
{
    format_local(wall_ms, "%Y-%m-%d %H:%M:%S", out);
}

void rbk_time_local_hms(int64_t wall_ms, char out[RBK_TIME_SIZE])
{
    format_local(wall_ms, "%H:%M:%S", out);
}

void rbk_duration_format(int64_t ms, char out[RBK_TIME_SIZE])
{
    if (ms < 0)
        ms = 0;
    int64_t seconds = ms / 1000;
    if (ms < 9950) {
        int64_t tenths = (ms + 50) / 100;
        snprintf(out, RBK_TIME_SIZE, "%" PRId64 ".%" PRId64 "s", tenths / 10, tenths % 10);
    } else if (ms < 59500) {
        snprintf(out, RBK_TIME_SIZE, "%" PRId64 "s", (ms + 500) / 1000);
    } else if (seconds < 3600) {
        seconds = (ms + 500) / 1000;
        snprintf(out, RBK_TIME_SIZE, "%" PRId64 "m %02" PRId64 "s", seconds / 60, seconds % 60);
    } else if (seconds < 48 * 3600) {
        snprintf(out, RBK_TIME_SIZE, "%" PRId64 "h %02" PRId64 "m", seconds / 3600, seconds / 60 % 60);
    } else {
        snprintf(out, RBK_TIME_SIZE, "%" PRId64 "d %02" PRId64 "h", seconds / 86400, seconds / 3600 % 24);
    }
}
