/* The write lock: open-file-description locks (fcntl(2)) on two bytes of state.db.lock. Byte 0 is the lock. Byte 1 is
 * the queue in front of it: whoever waits holds it, so that a process that commits in a tight loop has to line up
 * behind the one that waits and cannot starve it. Waiting polls with a growing pause, because a blocking lock has no
 * time-out and a stopped process must not stop everybody else for ever. The kernel drops both when their holder dies.
 */
#include <store/internal.h>

#include <base/clock.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_BYTE = 0, QUEUE_BYTE = 1 };
enum { FIRST_PAUSE_US = 50, LAST_PAUSE_US = 5000 };

static int set_lock(int fd, short type, off_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &lock);
}

static void pause_us(int64_t us)
{
    struct timespec t = {.tv_sec = 0, .tv_nsec = us * 1000};
    nanosleep(&t, NULL);
}

static int busy(struct rbk_store *s, struct rbk_error *err)
{
    rbk_error_set(err, RBK_ESTORE, "the store has been busy for %llds: another runbook process is writing to %s",
                  (long long)((s->lock_wait_ms + 500) / 1000), s->dir);
    return rbk_error_hint(err, "see who: fuser -v %s/state.db.lock", s->dir);
}

static int wait_for(struct rbk_store *s, off_t byte, int64_t deadline_ms, struct rbk_error *err)
{
    int64_t pause = FIRST_PAUSE_US;
    while (set_lock(s->write_lock, F_WRLCK, byte)) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return rbk_store_errno(err, s->dir, "lock the store in");
        if (rbk_clock_mono_ms() >= deadline_ms)
            return busy(s, err);
        pause_us(pause);
        pause = pause * 2 < LAST_PAUSE_US ? pause * 2 : LAST_PAUSE_US;
    }
    return 0;
}

int rbk_write_lock(struct rbk_store *s, struct rbk_error *err)
{
    int64_t deadline = rbk_clock_mono_ms() + s->lock_wait_ms;
    int rc = wait_for(s, QUEUE_BYTE, deadline, err);
    if (rc)
        return rc;
    rc = wait_for(s, LOCK_BYTE, deadline, err);
    set_lock(s->write_lock, F_UNLCK, QUEUE_BYTE);
    return rc;
}

bool rbk_write_lock_try(struct rbk_store *s)
{
    return s->write_lock >= 0 && !set_lock(s->write_lock, F_WRLCK, LOCK_BYTE);
}

void rbk_write_unlock(struct rbk_store *s)
{
    if (s->write_lock >= 0)
        set_lock(s->write_lock, F_UNLCK, LOCK_BYTE);
}
