/* How SQLite opens the WAL. Its unix VFS asks for the file to be created whenever it opens it, and then syncs the
 * folder with the first commit of every process, although the file has been there since the store was made: the WAL is
 * never deleted (NO_CKPT_ON_CLOSE). That sync is a third of the disk time of a one-step run. This VFS is the unix one,
 * but it opens an existing WAL as existing; one that it has to create is still made durable the usual way. */
#include <store/internal.h>

#include <base/mem.h>

#define VFS_NAME "runbook"

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    sqlite3_vfs *unix_vfs = vfs->pAppData;
    if ((flags & SQLITE_OPEN_WAL) && (flags & SQLITE_OPEN_CREATE)) {
        int rc = unix_vfs->xOpen(unix_vfs, name, file, flags & ~SQLITE_OPEN_CREATE, out_flags);
        if (rc == SQLITE_OK)
            return rc;
    }
    return unix_vfs->xOpen(unix_vfs, name, file, flags, out_flags);
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
    sqlite3_vfs *vfs = rbk_alloc(sizeof *vfs);
    *vfs = *unix_vfs;
    vfs->zName = VFS_NAME;
    vfs->pAppData = unix_vfs;
    vfs->pNext = NULL;
    vfs->xOpen = open_file;
    return sqlite3_vfs_register(vfs, 0) == SQLITE_OK ? VFS_NAME : NULL;
}
