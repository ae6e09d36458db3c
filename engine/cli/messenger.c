/* See messenger.h. Other processes say by a mark, a file in the state folder that the daemon watches, that they have
 * left something to be done later, so that a daemon with nothing to do is woken by nobody. One that was killed before
 * it could say so is found out by the look that comes in any case. */
#include <cli/messenger.h>

#include <base/fs.h>
#include <incident/incident.h>
#include <notify/notify.h>
#include <stdlib.h>

enum { LOOK_MS = 3600000, RETRY_MS = 5000 };

/* When the next message or incident is due; INT64_MAX = nothing is. A store that cannot be read says nothing: the
 * daemon's own look at it tells. */
static int64_t next_due(struct rbk_store *store)
{
    struct rbk_error ignored;
    int64_t message = INT64_MAX, incident = 0;
    bool nobody = false;
    if (rbk_delivery_due(store, &message, &nobody, &ignored) < 0 || !nobody)
        message = INT64_MAX;
    if (rbk_incident_next(store, &incident, &ignored) < 0 || incident == 0)
        incident = INT64_MAX;
    return message < incident ? message : incident;
}

static void on_exit_of(void *arg, int status)
{
    struct rbk_messenger *m = arg;
    (void)status;
    m->process = NULL;
}

int64_t rbk_messenger_look(struct rbk_messenger *m, int64_t now_ms)
{
    struct rbk_error ignored;
    int64_t due = next_due(m->store);
    if (due > now_ms)
        return due < now_ms + LOOK_MS ? due : now_ms + LOOK_MS;
    struct rbk_detach_options o = {
        .argv = m->command.items, .cwd = m->cwd, .silent = true, .on_exit = on_exit_of, .arg = m};
    if (!m->process && rbk_detach(m->loop, &o, &m->process, &ignored) < 0)
        m->process = NULL; /* the next look tries again */
    return now_ms + RETRY_MS;
}

char *rbk_messenger_mark_dir(struct rbk_store *store)
{
    return rbk_path_join(rbk_store_dir(store), "outbox");
}

void rbk_messenger_mark(struct rbk_store *store)
{
    char *dir = rbk_messenger_mark_dir(store), *path = rbk_path_join(dir, "changed");
    if (rbk_path_is_dir(dir) && next_due(store) < INT64_MAX)
        rbk_file_write_atomic(path, "", 0, 0600, NULL);
    free(path);
    free(dir);
}

void rbk_messenger_fini(struct rbk_messenger *m)
{
    rbk_detached_forget(&m->process);
    rbk_strv_fini(&m->command);
}
