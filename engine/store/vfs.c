/* How SQLite opens and empties the WAL. This VFS is SQLite's unix one but for two things.
 *
 * The unix VFS asks for the file to be created whenever it opens it, and then syncs the folder with the first commit of
 * every process, although the file has been there since the store was made: the WAL is never deleted
 * (NO_CKPT_ON_CLOSE). That sync is a third of the disk time of a one-step run. Here an existing WAL is opened as
 * existing; one that has to be created is still made durable the usual way.
 *
 * A WAL that is emptied by cutting it off grows again with each commit, and a sync of a file that has grown writes its
 * inode too, which doubles the time of a commit. Here it keeps its first blocks, and zeros in place of its header say
 * that nothing in it counts, as its format has it (https://sqlite.org/fileformat2.html#the_write_ahead_log). What lies
 * behind a later header carries the salts of an earlier one, so that recovery stops before it, as it does when SQLite
 * itself begins a WAL from its start again. It is emptied as a whole or cut off as a whole: zeros are not synced, and
 * an old header in front of half of its pages would bring back an older state of the database. */
#include <store/internal.h>

#include <base/mem.h>

#define VFS_NAME "runbook"

enum { WAL_HEADER = 32, WAL_KEPT_MOST = 1 << 20 };

/* What a WAL can do: as the unix VFS does it, but for xTruncate. */
struct wal_methods {
    sqlite3_io_methods methods; /* first: a file has its address */
    const sqlite3_io_methods *unix_methods;
};

struct wal_vfs {
    sqlite3_vfs vfs; /* first: SQLite has its address */
    sqlite3_vfs *unix_vfs;
    struct wal_methods wal;
};

static int truncate_wal(sqlite3_file *file, sqlite3_int64 size)
{
    static const char nothing[WAL_HEADER];
    const struct wal_methods *wal = (const struct wal_methods *)file->pMethods;
    sqlite3_int64 bytes = 0;
    int rc = wal->unix_methods->xFileSize(file, &bytes);
    if (rc == SQLITE_OK && size == 0 && bytes > WAL_HEADER && bytes <= WAL_KEPT_MOST)
        return wal->unix_methods->xWrite(file, nothing, sizeof nothing, 0);
    return wal->unix_methods->xTruncate(file, size);
}

/* All WALs are of the same kind, so the first one tells what the others can do. */
static void take_over(struct wal_methods *wal, sqlite3_file *file)
{
    sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS1);
    sqlite3_mutex_enter(mutex);
    if (!wal->unix_methods) {
        wal->methods = *file->pMethods;
        wal->methods.xTruncate = truncate_wal;
        wal->unix_methods = file->pMethods;
    }
    sqlite3_mutex_leave(mutex);
    file->pMethods = &wal->methods;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct wal_vfs *own = (struct wal_vfs *)vfs;
    int rc = SQLITE_CANTOPEN, existing = flags & ~SQLITE_OPEN_CREATE;
    if (flags & SQLITE_OPEN_WAL)
        rc = own->unix_vfs->xOpen(own->unix_vfs, name, file, existing, out_flags);
    if (rc != SQLITE_OK)
        rc = own->unix_vfs->xOpen(own->unix_vfs, name, file, flags, out_flags);
    if (rc == SQLITE_OK && (flags & SQLITE_OPEN_WAL))
        take_over(&own->wal, file);
    return rc;
}

/* Registered once for the life of the process, as SQLite keeps its VFSs. This is also where SQLite is first used:
 * counting its memory takes a lock at every allocation, and nobody asks for the count; and each of its caches, that of
 * a small temporary table among them, would begin by allocating twenty pages. In a program that has used SQLite before,
 * the settings come too late and are refused, which does no harm. */
const char *rbk_vfs_name(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    if (sqlite3_vfs_find(VFS_NAME))
        return VFS_NAME;
    sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
    if (!unix_vfs)
        return NULL;
    struct wal_vfs *own = rbk_alloc(sizeof *own);
    own->vfs = *unix_vfs;
    own->vfs.zName = VFS_NAME;
    own->vfs.pNext = NULL;
    own->vfs.xOpen = open_file;
    own->unix_vfs = unix_vfs;
    return sqlite3_vfs_register(&own->vfs, 0) == SQLITE_OK ? VFS_NAME : NULL;
}
