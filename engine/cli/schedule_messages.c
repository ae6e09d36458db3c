/* See schedule_messages.h. The mark is the file `changed` in the folder `outbox` of the state folder, which a daemon
 * has made and watches: a daemon that has nothing to do is woken by nobody. */
#include <cli/schedule_messages.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <loop/detach.h>
#include <notify/notify.h>
#include <schedule/changes.h>
#include <stdlib.h>

enum { AGAIN_MS = 60000, LONGEST_MS = 3600000 };

struct rbk_schedule_messages {
    struct rbk_loop *loop;
    struct rbk_store *store;
    struct rbk_strv command;
    char *cwd;
    struct rbk_changes *changes;
    struct rbk_timer *timer;
};

static char *mark_dir(struct rbk_store *store)
{
    return rbk_path_join(rbk_store_dir(store), "outbox");
}

void rbk_schedule_messages_mark(struct rbk_store *store)
{
    char *dir = mark_dir(store), *path = rbk_path_join(dir, "changed");
    if (rbk_path_is_dir(dir))
        rbk_file_write_atomic(path, "", 0, 0600, NULL);
    free(path);
    free(dir);
}

static void forget(void *arg, int status)
{
    (void)arg, (void)status;
}

static void start_delivery(struct rbk_schedule_messages *m)
{
    struct rbk_detached *process = NULL;
    struct rbk_detach_options o = {.argv = m->command.items, .cwd = m->cwd, .silent = true, .on_exit = forget};
    if (rbk_detach(m->loop, &o, &process, NULL) == 0)
        rbk_detached_forget(&process);
}

static void look(void *arg);

static void on_timer(void *arg)
{
    struct rbk_schedule_messages *m = arg;
    m->timer = NULL;
    look(m);
}

static void look_within(struct rbk_schedule_messages *m, int64_t ms)
{
    m->timer = rbk_timer_start(m->loop, ms < LONGEST_MS ? ms : LONGEST_MS, 0, on_timer, m);
}

/* What cannot be read now is looked at the next time something changes. */
static void look(void *arg)
{
    struct rbk_schedule_messages *m = arg;
    int64_t due_ms = INT64_MAX, now_ms = rbk_clock_wall_ms();
    bool nobody = false;
    rbk_timer_cancel(&m->timer);
    if (rbk_delivery_due(m->store, &due_ms, &nobody, NULL) < 0 || due_ms == INT64_MAX)
        return;
    if (due_ms > now_ms) {
        look_within(m, due_ms - now_ms);
        return;
    }
    if (nobody)
        start_delivery(m);
    look_within(m, AGAIN_MS);
}

int rbk_schedule_messages_new(const struct rbk_cli *cli, const struct rbk_strv *program,
                              struct rbk_schedule_messages **out, struct rbk_error *err)
{
    struct rbk_schedule_messages *m = rbk_alloc(sizeof *m);
    char *dir = mark_dir(cli->store);
    m->loop = cli->loop;
    m->store = cli->store;
    m->cwd = rbk_strdup(cli->config->root);
    for (size_t i = 0; i < program->count; i++)
        rbk_strv_add(&m->command, program->items[i]);
    rbk_strv_add(&m->command, "notify");
    rbk_strv_add(&m->command, "flush");
    rbk_strv_add(&m->command, "--due");
    int rc = rbk_changes_open(cli->loop, look, m, &m->changes, err);
    if (rc == 0) {
        rbk_mkdirs(dir, cli->config->state_group ? 02770 : 0700, NULL);
        rbk_changes_add(m->changes, dir, false);
        look(m);
        *out = m;
    } else {
        rbk_schedule_messages_free(m);
    }
    free(dir);
    return rc;
}

void rbk_schedule_messages_free(struct rbk_schedule_messages *m)
{
    if (!m)
        return;
    rbk_timer_cancel(&m->timer);
    rbk_changes_close(m->changes);
    rbk_strv_fini(&m->command);
    free(m->cwd);
    free(m);
}
