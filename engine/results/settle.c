/* See settle.h. */
#include <results/settle.h>

#include <base/clock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum { RECENT_MS = 2000, QUIET_MS = 1000, LONGEST_MS = 30000, PAUSE_MS = 20 };

static bool same_file_state(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_recent(const struct stat *st)
{
    int64_t age = rbk_clock_wall_ms() - ((int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000);
    return age < RECENT_MS && age > -RECENT_MS;
}

bool report_settle(const char *path)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    struct stat last, now;
    int64_t start = rbk_clock_mono_ms(), changed = start;
    if (stat(path, &last) != 0 || !is_recent(&last))
        return false;
    while (rbk_clock_mono_ms() - changed < QUIET_MS && rbk_clock_mono_ms() - start < LONGEST_MS) {
        nanosleep(&pause, NULL);
        if (stat(path, &now) != 0)
            return true;
        if (!same_file_state(&last, &now))
            changed = rbk_clock_mono_ms();
        last = now;
    }
    return true;
}
