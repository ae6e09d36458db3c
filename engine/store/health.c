/* What `doctor` wants to know about the store. */
#include <store/internal.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* https://sqlite.org/wal.html: fixed in 3.51.3, and in the branches 3.50.7 and 3.44.6. */
static bool has_wal_reset_race(int version)
{
    if (version >= 3051003)
        return false;
    if (version >= 3050007 && version < 3051000)
        return false;
    if (version >= 3044006 && version < 3045000)
        return false;
    return version >= 3007000;
}

static int64_t size_of(struct rbk_store *s, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return stat(path, &st) ? 0 : (int64_t)st.st_size;
}

int rbk_store_health(struct rbk_store *s, struct rbk_store_health *out, struct rbk_error *err)
{
    bool network;
    memset(out, 0, sizeof *out);
    snprintf(out->sqlite_version, sizeof out->sqlite_version, "%s", sqlite3_libversion());
    out->wal_reset_race = has_wal_reset_race(sqlite3_libversion_number());
    out->db_bytes = size_of(s, "state.db");
    out->wal_bytes = size_of(s, "state.db-wal");
    if (rbk_filesystem_of(s->dir, out->filesystem, sizeof out->filesystem, &network))
        snprintf(out->filesystem, sizeof out->filesystem, "unknown");
    struct rbk_stmt *q = rbk_stmt(s, "PRAGMA quick_check(1)");
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    const char *said = rc ? rbk_col_text(q, 0) : NULL;
    snprintf(out->integrity, sizeof out->integrity, "%s", said ? said : "no answer");
    rbk_stmt_end(q);
    return 0;
}
