/* Turns and sleeps. A turn is a row with the time when it was given: the next one is free `per` after the n-th last,
 * which bounds every window exactly, where a token bucket lets up to twice as many through. Times are those of the
 * monotonic clock, which all processes of one boot share; rows of other boots are dropped (proc(5), random/boot_id). */
#include <store/timing.h>

#include <base/buf.h>
#include <base/clock.h>
#include <base/fs.h>
#include <string.h>

static const char *const steps[] = {
    "CREATE TABLE turns(id INTEGER PRIMARY KEY, name TEXT NOT NULL, boot TEXT NOT NULL, at_us INTEGER NOT NULL);"
    "CREATE INDEX turns_by_name ON turns(name, at_us);"
    "CREATE TABLE sleeps(run TEXT NOT NULL, step TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(run, step))"
    " WITHOUT ROWID;",
};
const struct rbk_schema rbk_timing_schema = {"timing", steps, sizeof steps / sizeof *steps, true};

enum { BOOT_SIZE = 64 };

static int read_boot(char boot[BOOT_SIZE], struct rbk_error *err)
{
    struct rbk_buf text = {0};
    int rc = rbk_file_read("/proc/sys/kernel/random/boot_id", BOOT_SIZE - 1, &text, err);
    if (rc == 0) {
        memcpy(boot, text.data, text.len);
        boot[strcspn(text.data, "\n")] = '\0';
    }
    rbk_buf_fini(&text);
    return rc;
}

/* ---- turns ---------------------------------------------------------------------------------------------------------
 */

/* Turns of another clock, which are those of an earlier boot and those of the future (a container may have a clock of
 * its own: time_namespaces(7)), and those that no window of RBK_TURNS_MAX can reach. */
static int drop_old_turns(struct rbk_store *s, const char *name, const char *boot, int64_t now_us,
                          struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM turns WHERE name = ?1 AND (boot <> ?2 OR at_us > ?4 OR id IN"
                                     " (SELECT id FROM turns WHERE name = ?1 ORDER BY at_us DESC, id DESC"
                                     " LIMIT -1 OFFSET ?3))");
    rbk_bind_text(q, 1, name);
    rbk_bind_text(q, 2, boot);
    rbk_bind_int(q, 3, RBK_TURNS_MAX);
    rbk_bind_int(q, 4, now_us);
    return rbk_stmt_run(q, err);
}

/* `per_us` after the n-th last turn, or now when there were not so many. */
static int next_free(struct rbk_store *s, const char *name, int n, int64_t per_us, int64_t now_us, int64_t *free_us,
                     struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT at_us FROM turns WHERE name = ? ORDER BY at_us DESC LIMIT 1 OFFSET ?");
    rbk_bind_text(q, 1, name);
    rbk_bind_int(q, 2, n - 1);
    int rc = rbk_stmt_step(q, err);
    *free_us = rc == 1 ? rbk_col_int(q, 0) + per_us : now_us;
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

static int add_turn(struct rbk_store *s, const char *name, const char *boot, int64_t at_us, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO turns(name, boot, at_us) VALUES(?, ?, ?)");
    rbk_bind_text(q, 1, name);
    rbk_bind_text(q, 2, boot);
    rbk_bind_int(q, 3, at_us);
    return rbk_stmt_run(q, err);
}

/* Within a transaction: time must not pass between the look and the turn. */
static int take_within(struct rbk_store *s, const char *name, int n, int64_t per_us, int64_t *free_us,
                       struct rbk_error *err)
{
    char boot[BOOT_SIZE];
    int64_t now = rbk_clock_mono_us();
    int rc = read_boot(boot, err);
    if (rc == 0)
        rc = drop_old_turns(s, name, boot, now, err);
    if (rc == 0)
        rc = next_free(s, name, n, per_us, now, free_us, err);
    if (rc == 0 && *free_us > now)
        return rbk_error_set(err, RBK_EBUSY, "all %d turns of \"%s\" are taken", n, name);
    return rc ? rc : add_turn(s, name, boot, now, err);
}

int rbk_turn_take(struct rbk_store *s, const char *name, int n, int64_t per_us, int64_t *free_us, struct rbk_error *err)
{
    if (n < 1 || n > RBK_TURNS_MAX || per_us <= 0)
        return rbk_error_set(err, RBK_EINVAL, "a rate limit is 1 to %d turns in a time longer than 0", RBK_TURNS_MAX);
    int rc = rbk_store_begin(s, err);
    if (rc)
        return rc;
    rc = take_within(s, name, n, per_us, free_us, err);
    if (rc == 0)
        rc = rbk_store_commit(s, err);
    if (rc)
        rbk_store_rollback(s);
    return rc;
}

/* ---- sleeps --------------------------------------------------------------------------------------------------------
 */

/* Adds the row unless it is there. */
static int keep_sleep(struct rbk_store *s, const char *run, const char *step, int64_t until_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT OR IGNORE INTO sleeps(run, step, until_ms) VALUES(?, ?, ?)");
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, step);
    rbk_bind_int(q, 3, until_ms);
    return rbk_stmt_run(q, err);
}

static int read_sleep(struct rbk_store *s, const char *run, const char *step, int64_t *kept_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT until_ms FROM sleeps WHERE run = ? AND step = ?");
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, step);
    int rc = rbk_stmt_step(q, err);
    if (rc == 1)
        *kept_ms = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

int rbk_sleep_begin(struct rbk_store *s, const char *run, const char *step, int64_t until_ms, int64_t *kept_ms,
                    struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc)
        return rc;
    *kept_ms = until_ms;
    rc = keep_sleep(s, run, step, until_ms, err);
    if (rc == 0)
        rc = read_sleep(s, run, step, kept_ms, err);
    if (rc == 0)
        rc = rbk_store_commit(s, err);
    if (rc)
        rbk_store_rollback(s);
    return rc;
}

int rbk_sleep_end(struct rbk_store *s, const char *run, const char *step, struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM sleeps WHERE run = ? AND step = ?");
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, step);
    rc = rbk_stmt_run(q, err);
    if (rc == 0)
        rc = rbk_store_commit(s, err);
    if (rc)
        rbk_store_rollback(s);
    return rc;
}
