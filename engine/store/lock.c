/* Locks by name. A name is hashed to one byte far behind the end of DIR/locks, and that byte is locked for an open file
 * description (fcntl(2), F_OFD_SETLK): the kernel drops it when the last descriptor closes, which is when the process
 * dies, and two openings conflict even within one process. No row, no commit and no pid is needed to hold one. Two
 * names meet on one byte with a chance of 2^-62 for each pair held at the same time; they would then wait for each
 * other for no reason, and nothing worse.
 *
 * Who holds it is a courtesy, kept in the same file in 1024 slots of 128 bytes that are chosen by the same hash and
 * never synced: a slot that was reused only costs the name of the holder in a message. */
#include <store/lock.h>

#include <store/internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 1024 };
#define LOCK_FILE "locks"

struct slot {
    uint64_t hash;
    char holder[120];
};

struct rbk_lock {
    int fd; /* an open file description of its own: that is what holds the lock */
};

static uint64_t hash_of(enum rbk_lock_kind kind, const char *key)
{
    unsigned char k = (unsigned char)kind;
    return rbk_hash(rbk_hash(RBK_HASH_INIT, &k, 1), key, strlen(key));
}

static struct flock byte_of(uint64_t hash, short type)
{
    off_t start = (off_t)((hash >> 2) | (UINT64_C(1) << 40)); /* far behind the slots */
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
}

static off_t slot_of(uint64_t hash)
{
    return (off_t)((hash % SLOTS) * sizeof(struct slot));
}

static void write_holder(int fd, uint64_t hash, const char *holder)
{
    struct slot slot = {.hash = hash};
    snprintf(slot.holder, sizeof slot.holder, "%s", holder ? holder : "");
    if (pwrite(fd, &slot, sizeof slot, slot_of(hash)) != (ssize_t)sizeof slot)
        return; /* a full disk: the lock holds all the same */
}

static void read_holder(int fd, uint64_t hash, char *holder, size_t size)
{
    struct slot slot;
    holder[0] = '\0';
    if (pread(fd, &slot, sizeof slot, slot_of(hash)) != (ssize_t)sizeof slot || slot.hash != hash)
        return;
    slot.holder[sizeof slot.holder - 1] = '\0';
    snprintf(holder, size, "%s", slot.holder);
}

static int busy(int fd, uint64_t hash, enum rbk_lock_kind kind, const char *key, struct rbk_error *err)
{
    char holder[sizeof((struct slot *)NULL)->holder], by[sizeof holder + 16] = "";
    read_holder(fd, hash, holder, sizeof holder);
    if (*holder)
        snprintf(by, sizeof by, ": held by %s", holder);
    switch (kind) {
    case RBK_LOCK_RUN:
        rbk_error_set(err, RBK_EBUSY, "run %s is being carried by another process%s", key, by);
        rbk_error_hint(err, "follow it: runbook logs -f %.12s", key);
        return RBK_EBUSY;
    case RBK_LOCK_INSTANCE:
        rbk_error_set(err, RBK_EBUSY, "%s is already running%s", key, by);
        rbk_error_hint(err, "see it: runbook status; a runbook with overlap = \"allow\" may run twice");
        return RBK_EBUSY;
    case RBK_LOCK_DELIVERY:
        rbk_error_set(err, RBK_EBUSY, "another process delivers the messages%s", by);
        rbk_error_hint(err, "it takes those that are queued now too; see them: runbook notify list");
        return RBK_EBUSY;
    case RBK_LOCK_NAMED:
        break;
    }
    rbk_error_set(err, RBK_EBUSY, "the lock \"%s\" is taken%s", key, by);
    rbk_error_hint(err, "wait for it with lock_wait, or see who runs: runbook status");
    return RBK_EBUSY;
}

int rbk_lock_try(struct rbk_store *s, enum rbk_lock_kind kind, const char *key, const char *holder,
                 struct rbk_lock **out, struct rbk_error *err)
{
    uint64_t hash = hash_of(kind, key);
    struct flock lock = byte_of(hash, F_WRLCK);
    int fd = rbk_store_file_open(s->dir, LOCK_FILE, s->file_mode, err);
    if (fd < 0)
        return fd;
    if (fcntl(fd, F_OFD_SETLK, &lock)) {
        int rc = errno == EAGAIN || errno == EACCES ? busy(fd, hash, kind, key, err)
                                                    : rbk_store_errno(err, s->dir, "take a lock in");
        close(fd);
        return rc;
    }
    write_holder(fd, hash, holder);
    *out = rbk_alloc(sizeof **out);
    (*out)->fd = fd;
    return 0;
}

void rbk_lock_release(struct rbk_lock *lock)
{
    if (!lock)
        return;
    close(lock->fd);
    free(lock);
}

/* The descriptor to look through, kept because status asks about many runs. -1 when no lock was ever taken here. */
static int probe(struct rbk_store *s)
{
    char path[PATH_MAX];
    if (s->locks_probe < 0) {
        snprintf(path, sizeof path, "%s/%s", s->dir, LOCK_FILE);
        s->locks_probe = open(path, O_RDONLY | O_CLOEXEC);
    }
    return s->locks_probe;
}

int rbk_lock_held(struct rbk_store *s, enum rbk_lock_kind kind, const char *key, char *holder, size_t size,
                  struct rbk_error *err)
{
    uint64_t hash = hash_of(kind, key);
    struct flock lock = byte_of(hash, F_WRLCK);
    if (holder && size)
        holder[0] = '\0';
    int fd = probe(s);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock))
        return rbk_store_errno(err, s->dir, "look at the locks in");
    if (lock.l_type == F_UNLCK)
        return 0;
    if (holder && size)
        read_holder(fd, hash, holder, size);
    return 1;
}
