/* A wall clock that a test steers. Loaded before the program (LD_PRELOAD); the file that STEERED_CLOCK names is its
 * page of memory, shared with steered.py, which lays it out the same. The monotonic clock stays as it is.
 *
 *   - The program reads the wall clock of the page; it stands still until the test moves it.
 *   - Its timers on the wall clock (timerfd) ring when the page says that their time has come, and are cancelled when
 * the page says that the clock was set, as the kernel does.
 *   - A program with such a timer says in its seat of the page (STEERED_SEAT) when it is idle: nothing to read, no
 * timer of the loop, no child, nothing due.
 *   - STEERED_KILL_DAEMON=N and STEERED_KILL_FIRE=N kill the one kind of process or the other at its Nth step: a look
 * at the clock, a write, a sync, a wait. How many steps each made is written down. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SEATS = 4, SLICE_MS = 1, ROLE_OTHER = 0, ROLE_DAEMON, ROLE_FIRE };
#define EXPORTED __attribute__((visibility("default")))

struct seat {
    _Atomic int64_t alarm_ms, idle_version;
};
struct page {
    _Atomic int64_t now_ms, version, sets;
    _Atomic int64_t steps[3]; /* the most by role */
    struct seat seats[SEATS];
};

static struct {
    struct page *page;
    struct seat *seat;
    int role, timer;
    int64_t alarm_ms, seen_sets, steps, kill_at;
    bool cancelled;
} self = {.timer = -1};

static int64_t number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(int argc, char **argv)
{
    const char *path = getenv("STEERED_CLOCK");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    struct page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED)
        return;
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "schedule") == 0)
            self.role = strcmp(argv[i + 1], "fire") == 0 ? ROLE_FIRE : ROLE_DAEMON;
    self.kill_at = self.role == ROLE_DAEMON ? number_of("STEERED_KILL_DAEMON")
                   : self.role == ROLE_FIRE ? number_of("STEERED_KILL_FIRE")
                                            : 0;
    self.seat = &page->seats[(size_t)number_of("STEERED_SEAT") % SEATS];
    self.seen_sets = page->sets;
    self.page = page;
}

static void make_step(void)
{
    if (!self.page || self.role == ROLE_OTHER)
        return;
    if (++self.steps == self.kill_at)
        kill(getpid(), SIGKILL);
    if (self.page->steps[self.role] < self.steps)
        self.page->steps[self.role] = self.steps;
}

/* The next definition of a symbol; ISO C has no conversion from an object pointer to a function's. */
#define REAL(name)                             \
    static __typeof__(&name) real;             \
    if (!real) {                               \
        void *found = dlsym(RTLD_NEXT, #name); \
        memcpy(&real, &found, sizeof real);    \
    }

/* ---- the clock ---- */

EXPORTED int clock_gettime(clockid_t id, struct timespec *out)
{
    REAL(clock_gettime)
    if (!self.page || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
        return real(id, out);
    make_step();
    int64_t now = self.page->now_ms;
    *out = (struct timespec){now / 1000, now % 1000 * 1000000};
    return 0;
}

EXPORTED int gettimeofday(struct timeval *out, void *zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

EXPORTED time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

/* ---- timers ---- */

EXPORTED int timerfd_create(int id, int flags)
{
    REAL(timerfd_create)
    if (!self.page || id != CLOCK_REALTIME)
        return real(id, flags);
    self.timer = real(CLOCK_MONOTONIC, flags);
    return self.timer;
}

static int arm(bool ring)
{
    REAL(timerfd_settime)
    const struct itimerspec spec = {.it_value = {.tv_nsec = ring}};
    return real(self.timer, 0, &spec, NULL);
}

/* The kernel tells of a clock that was set here, too, when nobody has read it from the timer. */
static bool clock_was_set(void)
{
    bool set = self.seen_sets != self.page->sets;
    self.seen_sets = self.page->sets;
    return set;
}

EXPORTED int timerfd_settime(int fd, int flags, const struct itimerspec *spec, struct itimerspec *old)
{
    REAL(timerfd_settime)
    if (!self.page || fd != self.timer)
        return real(fd, flags, spec, old);
    make_step();
    self.alarm_ms = (int64_t)spec->it_value.tv_sec * 1000 + spec->it_value.tv_nsec / 1000000;
    self.seat->alarm_ms = self.alarm_ms;
    bool set = clock_was_set() || self.cancelled;
    self.cancelled = false;
    if (arm(self.alarm_ms <= self.page->now_ms) < 0)
        return -1;
    errno = set ? ECANCELED : 0;
    return set ? -1 : 0;
}

EXPORTED ssize_t read(int fd, void *data, size_t size)
{
    REAL(read)
    if (!self.page || fd != self.timer || !self.cancelled)
        return real(fd, data, size);
    self.cancelled = false;
    (void)real(fd, data, size);
    errno = ECANCELED;
    return -1;
}

/* ---- waiting ---- */

static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void look_at_the_page(void)
{
    if (clock_was_set()) {
        self.cancelled = true;
        arm(true);
    } else if (self.alarm_ms <= self.page->now_ms) {
        arm(true);
    }
}

typedef int waiting(int fd, struct epoll_event *events, int max, int timeout, const sigset_t *mask);

/* In slices of a millisecond: only so can the page be seen. */
static int wait_in_slices(waiting *real, int fd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
    for (int left = timeout;; left -= left > 0 ? SLICE_MS : 0) {
        int64_t version = self.page->version;
        look_at_the_page();
        int n = real(fd, events, max, 0, mask);
        if (n != 0 || left == 0)
            return n;
        if (timeout < 0 && !has_children())
            self.seat->idle_version = version;
        n = real(fd, events, max, SLICE_MS, mask);
        if (n != 0)
            return n;
    }
}

EXPORTED int epoll_pwait(int fd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
    REAL(epoll_pwait)
    make_step();
    if (!self.page || self.timer < 0)
        return real(fd, events, max, timeout, mask);
    return wait_in_slices(real, fd, events, max, timeout, mask);
}

EXPORTED int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    return epoll_pwait(fd, events, max, timeout, NULL);
}

/* ---- steps ---- */

EXPORTED ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write)
    make_step();
    return real(fd, data, size);
}

EXPORTED ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    REAL(pwrite64)
    make_step();
    return real(fd, data, size, at);
}

EXPORTED int fdatasync(int fd)
{
    REAL(fdatasync)
    make_step();
    return real(fd);
}
