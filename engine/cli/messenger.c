/* See messenger.h. The daemon is told through a file in a folder that only a daemon makes. */
#include <cli/messenger.h>

#include <base/clock.h>
#include <base/fs.h>
#include <incident/incident.h>
#include <notify/notify.h>
#include <run/run.h>
#include <schedule/firing.h>
#include <stdlib.h>

/* Whoever queued a message starts its delivery: the daemon is there for what is left. */
enum { LOOK_MS = 30000, GRACE_MS = 5000, HOUR_MS = 3600 * 1000 };

/* When messages, incidents, or runs that were skipped or killed want something; INT64_MAX = nothing is outstanding. A
 * store that cannot be read says nothing: the daemon's own look at it tells. */
static int64_t next_due(struct rbk_store *store, int64_t now_ms)
{
    struct rbk_error ignored;
    int64_t message = INT64_MAX, incident = 0;
    bool nobody = false;
    if (rbk_delivery_due(store, &message, &nobody, &ignored) < 0)
        message = INT64_MAX;
    if (message != INT64_MAX)
        message = nobody ? message + GRACE_MS : now_ms + LOOK_MS;
    if (rbk_incident_next(store, &incident, &ignored) < 0 || incident == 0)
        incident = INT64_MAX;
    if (rbk_firings_to_tell(store, &ignored) > 0 || rbk_run_orphaned(store, &ignored) > 0)
        return 0;
    return message < incident ? message : incident;
}

static void on_exit_of(void *arg, int status)
{
    struct rbk_messenger *m = arg;
    (void)status;
    m->process = NULL;
}

/* A time that is far may be one of a clock that has been set back since, which only the process can tell: it looks once
 * an hour. */
static int64_t not_far(const struct rbk_messenger *m, int64_t due_ms, int64_t now_ms)
{
    if (due_ms == INT64_MAX || due_ms <= now_ms + HOUR_MS)
        return due_ms;
    int64_t since_ms = m->started_ms ? rbk_clock_mono_ms() - m->started_ms : HOUR_MS;
    return now_ms + (since_ms < HOUR_MS ? HOUR_MS - since_ms : 0);
}

int64_t rbk_messenger_look(struct rbk_messenger *m, int64_t now_ms)
{
    struct rbk_error ignored;
    int64_t due = not_far(m, next_due(m->store, now_ms), now_ms);
    if (due > now_ms)
        return due;
    m->started_ms = rbk_clock_mono_ms();
    struct rbk_detach_options o = {
        .argv = m->command.items, .cwd = m->cwd, .silent = true, .on_exit = on_exit_of, .arg = m};
    if (!m->process && rbk_detach(m->loop, &o, &m->process, &ignored) < 0)
        m->process = NULL; /* the next look tries again */
    return now_ms + GRACE_MS;
}

void rbk_messenger_fini(struct rbk_messenger *m)
{
    rbk_changes_close(m->told);
    rbk_detached_forget(&m->process);
    rbk_strv_fini(&m->command);
}

/* ---- telling ---- */

static char *wake_dir(struct rbk_store *store)
{
    return rbk_path_join(rbk_store_dir(store), "wake");
}

int rbk_messenger_listen(struct rbk_messenger *m, bool group, rbk_loop_fn *fn, void *arg, struct rbk_error *err)
{
    char *dir = wake_dir(m->store);
    int rc = rbk_changes_open(m->loop, fn, arg, &m->told, err);
    if (rc == 0)
        rc = rbk_mkdirs(dir, group ? 02770 : 0700, err);
    if (rc == 0)
        rbk_changes_add(m->told, dir, false);
    free(dir);
    return rc;
}

void rbk_messenger_tell(struct rbk_cli *cli)
{
    if (!cli->store || !cli->writes || next_due(cli->store, 0) == INT64_MAX)
        return;
    char *dir = wake_dir(cli->store), *path = rbk_path_join(dir, "changed");
    if (rbk_path_is_dir(dir))
        rbk_file_write_atomic(path, "", 0, 0600, NULL);
    free(path);
    free(dir);
}
