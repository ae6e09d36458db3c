/* Limits on what a tree uses, sampled from /proc while the child runs, and only when there are any. Resident memory
 * counts pages that several processes share once for each; so before a tree is judged by the sum, the proportional
 * sizes are summed, which take longer to get.
 *
 * A tree that lives long enough to be sampled is also put into a cgroup, where one can be had: that stops a growth that
 * is faster than the samples. Making one for every short command would cost more than the command. */
#include <base/clock.h>
#include <loop/child.h>

#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS 250
#define COST_FACTOR     50 /* sampling takes at most one part in so many, up to the longest interval */

bool rbk_limits_sampled(const struct rbk_proc_limits *limits)
{
    return limits->cpu_ms > 0 || limits->memory_process > 0 || limits->memory_tree > 0;
}

static int64_t tree_cpu_ms(const struct rbk_proc *p, const struct rbk_proclist *members)
{
    int64_t sum = p->sampling.reaped_cpu_ms;
    for (size_t i = 0; i < members->count; i++)
        sum += members->items[i].cpu_ms;
    return sum;
}

static int64_t tree_pss(const struct rbk_proclist *members)
{
    int64_t sum = 0;
    for (size_t i = 0; i < members->count; i++) {
        int64_t pss = rbk_procfs_pss(members->items[i].pid);
        sum += pss >= 0 ? pss : members->items[i].rss;
    }
    return sum;
}

static bool exceed(struct rbk_proc *p, int64_t limit, bool by_process)
{
    p->result.exceeded = limit;
    p->result.by_process = by_process;
    return true;
}

static bool memory_exceeded(struct rbk_proc *p, const struct rbk_proclist *members)
{
    int64_t sum = 0, largest = 0;
    for (size_t i = 0; i < members->count; i++) {
        sum += members->items[i].rss;
        largest = members->items[i].rss > largest ? members->items[i].rss : largest;
    }
    if (p->limits.memory_process > 0 && largest > p->limits.memory_process)
        return exceed(p, p->limits.memory_process, true);
    return p->limits.memory_tree > 0 && sum > p->limits.memory_tree && tree_pss(members) > p->limits.memory_tree &&
           exceed(p, p->limits.memory_tree, false);
}

static bool cpu_exceeded(struct rbk_proc *p, const struct rbk_proclist *members)
{
    return p->limits.cpu_ms > 0 && tree_cpu_ms(p, members) > p->limits.cpu_ms && exceed(p, p->limits.cpu_ms, false);
}

static int64_t next_interval(int64_t cost_us)
{
    int64_t interval = cost_us * COST_FACTOR / 1000;
    if (interval < INTERVAL_MIN_MS)
        return INTERVAL_MIN_MS;
    return interval < INTERVAL_MAX_MS ? interval : INTERVAL_MAX_MS;
}

/* The second time catches what was forked while the first moved its parents. */
static void bound_by_cgroup(struct rbk_proc *p, const struct rbk_proclist *members)
{
    if (p->limits.memory_tree <= 0 || p->sampling.samples > 2)
        return;
    if (p->sampling.samples == 1 && !p->loop->no_cgroups) {
        p->cgroup = rbk_cgroup_make(p->limits.memory_tree);
        p->loop->no_cgroups = !p->cgroup;
    }
    if (p->cgroup)
        rbk_cgroup_take_in(p->cgroup, members);
}

static void sampling_on_timer(void *arg)
{
    struct rbk_proc *p = arg;
    struct rbk_proclist members = {0};
    int64_t start_us = rbk_clock_mono_us();
    p->sampling.timer = NULL;
    rbk_reap(p->loop);
    rbk_tree_find(p, &members);
    p->sampling.samples++;
    bound_by_cgroup(p, &members);
    bool memory = memory_exceeded(p, &members);
    bool cpu = !memory && cpu_exceeded(p, &members);
    rbk_proclist_fini(&members);
    if (memory)
        rbk_proc_cancel(p, RBK_END_MEMORY_LIMIT, true); /* it may grow faster than grace allows */
    else if (cpu)
        rbk_proc_cancel(p, RBK_END_CPU_LIMIT, false);
    else
        p->sampling.timer =
            rbk_timer_start(p->loop, next_interval(rbk_clock_mono_us() - start_us), 0, sampling_on_timer, p);
}

void rbk_sampling_begin(struct rbk_proc *p)
{
    p->sampling.timer = rbk_timer_start(p->loop, INTERVAL_MIN_MS, 0, sampling_on_timer, p);
}
