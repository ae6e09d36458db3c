/* Stopwatches and deadlines over the monotonic clock. */
#include <runbook/timing.h>

#include <base/clock.h>

struct rbk_stopwatch rbk_stopwatch_start(void)
{
    return (struct rbk_stopwatch){rbk_clock_mono_us()};
}

int64_t rbk_stopwatch_elapsed_us(const struct rbk_stopwatch *watch)
{
    return rbk_clock_mono_us() - watch->started_us;
}

struct rbk_deadline rbk_deadline_after(int64_t ms)
{
    int64_t now = rbk_clock_mono_us();
    if (ms <= 0)
        return (struct rbk_deadline){now};
    return (struct rbk_deadline){ms > (INT64_MAX - now) / 1000 ? INT64_MAX : now + ms * 1000};
}

int64_t rbk_deadline_left_ms(const struct rbk_deadline *deadline)
{
    int64_t now = rbk_clock_mono_us();
    if (deadline->at_us == INT64_MAX)
        return INT64_MAX;
    return deadline->at_us <= now ? 0 : (deadline->at_us - now + 999) / 1000;
}

bool rbk_deadline_over(const struct rbk_deadline *deadline)
{
    return rbk_deadline_left_ms(deadline) == 0;
}
