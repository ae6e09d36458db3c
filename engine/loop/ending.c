/* Ending a tree: TERM and CONT to every process of it, a time of grace, then KILL again and again until a look at /proc
 * finds nothing. A tree that multiplies under TERM gets no grace, and one that outruns KILL is caught in a cgroup where
 * one can be had. What cannot be killed (another user's, or stuck in the kernel) is given up after a while and counted.
 */
#include <base/clock.h>
#include <loop/child.h>
#include <signal.h>

#define FIRST_PAUSE_MS 5
#define MOST_PAUSE_MS  100
#define KILL_PAUSE_MS  20
#define GIVE_UP_MS     5000
#define CHASE_US       20000
#define STORM_ROUNDS   4  /* of KILL without success: something forks faster than we kill */
#define STORM_GROWTH   64 /* processes more than at the TERM */

static void ending_on_timer(void *arg);

static void ending_wait(struct rbk_proc *p)
{
    struct rbk_ending *e = &p->ending;
    int64_t most = e->phase == RBK_ENDING_KILL ? KILL_PAUSE_MS : MOST_PAUSE_MS;
    int64_t left = e->deadline_ms - rbk_clock_mono_ms();
    int64_t pause = left > 0 && left < e->pause_ms ? left : e->pause_ms;
    e->pause_ms = e->pause_ms * 2 < most ? e->pause_ms * 2 : most;
    rbk_timer_cancel(&e->timer);
    e->timer = rbk_timer_start(p->loop, pause, 0, ending_on_timer, p);
}

static void ending_start_killing(struct rbk_ending *e)
{
    e->phase = RBK_ENDING_KILL;
    e->deadline_ms = rbk_clock_mono_ms() + GIVE_UP_MS;
    e->pause_ms = FIRST_PAUSE_MS;
}

static void ending_kill(struct rbk_proc *p, const struct rbk_proclist *members)
{
    bool storm = ++p->ending.rounds >= STORM_ROUNDS;
    if (storm && !p->cgroup)
        p->cgroup = rbk_cgroup_make(0);
    rbk_tree_kill(p, members);
    if (storm && p->cgroup)
        rbk_cgroup_catch(p->cgroup, members);
    else if (p->cgroup)
        rbk_cgroup_kill(p->cgroup);
    if (storm && p->exited && !members->count)
        rbk_tree_chase(p, CHASE_US);
}

/* True when the tree is gone, or given up. Members that die right after the search count as alive until the next. */
static bool ending_is_over(struct rbk_proc *p, size_t members)
{
    bool gone = rbk_tree_is_gone(p) && !members && p->exited;
    bool late = rbk_clock_mono_ms() >= p->ending.deadline_ms;
    if (!gone && late && p->ending.phase == RBK_ENDING_KILL) {
        p->result.survivors = members ? (int)members : 1;
        return true;
    }
    return gone;
}

void rbk_ending_look(struct rbk_proc *p)
{
    struct rbk_ending *e = &p->ending;
    struct rbk_proclist members = {0};
    rbk_tree_find(p, &members);
    bool over = ending_is_over(p, members.count);
    bool late = rbk_clock_mono_ms() >= e->deadline_ms;
    bool grows = members.count > e->first_count + STORM_GROWTH;
    if (!over && e->phase == RBK_ENDING_TERM && (late || grows))
        ending_start_killing(e);
    if (!over && e->phase == RBK_ENDING_KILL)
        ending_kill(p, &members);
    rbk_proclist_fini(&members);
    if (over)
        rbk_proc_report(p);
    else
        ending_wait(p);
}

static void ending_on_timer(void *arg)
{
    struct rbk_proc *p = arg;
    p->ending.timer = NULL;
    rbk_ending_look(p);
}

static void ending_first_signals(struct rbk_proc *p)
{
    struct rbk_proclist members = {0};
    rbk_tree_find(p, &members);
    p->ending.first_count = members.count;
    if (p->ending.phase == RBK_ENDING_KILL) {
        ending_kill(p, &members);
    } else {
        rbk_tree_signal(&members, SIGTERM);
        rbk_tree_signal(&members, SIGCONT); /* a stopped process would not notice */
    }
    rbk_proclist_fini(&members);
}

void rbk_ending_begin(struct rbk_proc *p, int64_t grace_ms, bool now)
{
    struct rbk_ending *e = &p->ending;
    if (e->phase == RBK_ENDING_KILL || (e->phase == RBK_ENDING_TERM && !now))
        return;
    rbk_timer_cancel(&p->drain.timer);
    if (now) {
        ending_start_killing(e);
    } else {
        e->phase = RBK_ENDING_TERM;
        e->deadline_ms = rbk_clock_mono_ms() + grace_ms;
        e->pause_ms = FIRST_PAUSE_MS;
    }
    ending_first_signals(p);
    ending_wait(p);
}
