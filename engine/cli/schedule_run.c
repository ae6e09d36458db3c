/* `schedule run`, the daemon, and `schedule once`, the same for one look. A firing is carried out by a process of its
 * own, `schedule fire`, which outlives this one. */
#include <cli/messenger.h>
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/mem.h>
#include <malloc.h>
#include <schedule/changes.h>
#include <schedule/daemon.h>
#include <schedule/service.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SETTLE_MS = 200 }; /* an editor writes a file in several steps */

struct serving {
    struct rbk_cli *cli;
    struct rbk_schedules schedules;
    struct rbk_daemon *daemon;
    struct rbk_changes *changes;
    struct rbk_timer *reload_timer, *watchdog;
    struct rbk_signal *signals[3];
    struct rbk_strv command;
    struct rbk_messenger messenger;
    char *root, *state_dir, *mark_dir;
};

static void say(void *arg, const char *line)
{
    const struct serving *s = arg;
    struct rbk_buf safe = {0};
    if (s->cli->quiet)
        return;
    rbk_escape_terminal(&safe, line, strlen(line));
    fprintf(stderr, "runbook schedule: %s\n", safe.data ? safe.data : "");
    rbk_buf_fini(&safe);
}

/* Where the linker put the program's code. */
extern const char __executable_start[], etext[];

/* The code that reads scripts and configuration is most of the program, and not needed until they are read again. The
 * pages are those of the file: what is needed after all comes back from there. */
static void forget_code(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)__executable_start + page - 1) / page * page, end = (uintptr_t)etext / page * page;
    if (begin < end)
        (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* The scripts and the configuration are not needed between two readings; the daemon sleeps without them. */
static void forget_project(struct rbk_cli *cli)
{
    rbk_lua_free(cli->lua);
    cli->lua = NULL;
    rbk_config_free(cli->config);
    cli->config = NULL;
    rbk_strv_fini(&cli->runbook_dirs);
    malloc_trim(0);
    forget_code();
}

/* ---- changed files ---- */

static void watch_files(struct serving *s)
{
    struct rbk_strv places = {0};
    rbk_cli_runbook_places(s->root, &places);
    rbk_changes_add(s->changes, s->root, false);
    rbk_changes_add(s->changes, s->mark_dir, false);
    for (size_t i = 0; i < places.count; i++)
        rbk_changes_add(s->changes, places.items[i], true);
    rbk_strv_fini(&places);
}

static size_t count_enabled(const struct serving *s)
{
    size_t enabled = 0;
    for (size_t i = 0; i < s->schedules.entries.count; i++) {
        struct rbk_schedule_state state;
        struct rbk_error ignored;
        if (rbk_schedule_get(s->cli->store, s->schedules.entries.items[i].runbook, &state, &ignored) == 0)
            enabled += state.enabled;
        free(state.expression);
    }
    return enabled;
}

/* A daemon that has nothing to do is most often one whose schedules nobody has switched on. */
static void say_count(struct serving *s, const char *what)
{
    char line[120];
    size_t count = s->schedules.entries.count, enabled = count_enabled(s);
    snprintf(line, sizeof line, "%zu schedule%s %s, %zu on%s", count, count == 1 ? "" : "s", what, enabled,
             enabled ? "" : "; switch them on: runbook schedule enable NAME, or --all");
    say(s, line);
}

static void reload(void *arg)
{
    struct serving *s = arg;
    struct rbk_schedules fresh;
    struct rbk_error err = {0};
    s->reload_timer = NULL;
    watch_files(s); /* before they are read: what is edited meanwhile is read once more */
    int rc = rbk_schedules_load(s->cli, &fresh, &err);
    if (rc < 0) {
        char text[2048];
        rbk_schedules_fini(&fresh);
        rbk_error_format(&err, text, sizeof text);
        say(s, text);
        say(s, "the schedules stay as they were until that is mended");
    } else {
        struct rbk_schedules old = s->schedules;
        s->schedules = fresh;
        rbk_daemon_replace(s->daemon, &s->schedules.entries);
        rbk_schedules_fini(&old);
        say_count(s, "read again");
    }
    forget_project(s->cli);
}

static void serving_on_change(void *arg)
{
    struct serving *s = arg;
    if (!s->reload_timer)
        s->reload_timer = rbk_timer_start(s->cli->loop, SETTLE_MS, 0, reload, s);
}

/* ---- the life of the daemon ---- */

static void serving_on_signal(void *arg, int signo)
{
    struct serving *s = arg;
    if (signo == SIGHUP) {
        serving_on_change(s);
        return;
    }
    rbk_service_tell("STOPPING=1\n");
    rbk_loop_stop(s->cli->loop);
}

static void serving_on_watchdog(void *arg)
{
    (void)arg;
    rbk_service_tell("WATCHDOG=1\n");
}

static int watch_signals(struct serving *s, struct rbk_error *err)
{
    static const int numbers[3] = {SIGTERM, SIGINT, SIGHUP};
    for (int i = 0; i < 3; i++) {
        s->signals[i] = rbk_signal_watch(s->cli->loop, numbers[i], serving_on_signal, s, err);
        if (!s->signals[i])
            return RBK_ESTORE;
    }
    return 0;
}

/* The program as it is to be started again, for the same project. */
static int make_self(const struct serving *s, struct rbk_strv *command, struct rbk_error *err)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot find the program itself");
    exe[n] = '\0';
    rbk_strv_add(command, exe);
    if (s->cli->config->file) {
        rbk_strv_add(command, "--project");
        rbk_strv_add(command, s->root);
    }
    rbk_strv_add(command, "--state");
    rbk_strv_add(command, s->state_dir);
    return 0;
}

static int make_commands(struct serving *s, struct rbk_error *err)
{
    struct rbk_strv *deliver = &s->messenger.command;
    int rc = make_self(s, &s->command, err);
    if (rc == 0)
        rc = make_self(s, deliver, err);
    rbk_strv_add(&s->command, "schedule");
    rbk_strv_add(&s->command, "fire");
    rbk_strv_add(deliver, "notify");
    rbk_strv_add(deliver, "flush");
    rbk_strv_add(deliver, "--due");
    return rc;
}

static int64_t look_after_messages(void *arg, int64_t now_ms)
{
    struct serving *s = arg;
    return rbk_messenger_look(&s->messenger, now_ms);
}

static int prepare(struct serving *s, bool once, struct rbk_error *err)
{
    int rc = rbk_schedules_load(s->cli, &s->schedules, err);
    if (rc == 0)
        rc = rbk_cli_store(s->cli, err);
    if (rc == 0)
        rc = rbk_cli_loop(s->cli, err);
    if (rc < 0)
        return rc;
    s->root = rbk_strdup(s->cli->config->root);
    s->mark_dir = rbk_schedules_mark_dir(s->cli);
    s->state_dir = realpath(rbk_store_dir(s->cli->store), NULL);
    rc = s->state_dir ? make_commands(s, err) : rbk_error_errno(err, RBK_ESTORE, "cannot find the state folder");
    s->messenger.loop = s->cli->loop;
    s->messenger.store = s->cli->store;
    s->messenger.cwd = s->root;
    struct rbk_daemon_options o = {.loop = s->cli->loop,
                                   .store = s->cli->store,
                                   .command = s->command.items,
                                   .cwd = s->root,
                                   .say = say,
                                   .chore = look_after_messages,
                                   .arg = s,
                                   .once = once,
                                   .verbose = s->cli->verbose > 0};
    return rc == 0 ? rbk_daemon_new(&o, &s->schedules.entries, &s->daemon, err) : rc;
}

static int begin_serving(struct serving *s, struct rbk_error *err)
{
    int rc = watch_signals(s, err);
    if (rc == 0)
        rc = rbk_changes_open(s->cli->loop, serving_on_change, s, &s->changes, err);
    if (rc < 0)
        return rc;
    rc = rbk_messenger_listen(&s->messenger, s->cli->config->state_group != NULL, rbk_daemon_tick, s->daemon, err);
    if (rc < 0)
        return rc;
    watch_files(s);
    forget_project(s->cli);
    int64_t watchdog = rbk_service_watchdog_ms();
    if (watchdog)
        s->watchdog = rbk_timer_start(s->cli->loop, watchdog, watchdog, serving_on_watchdog, s);
    say_count(s, "declared");
    rbk_service_tell("READY=1\n");
    return 0;
}

static void end_serving(struct serving *s)
{
    rbk_daemon_free(s->daemon);
    rbk_changes_close(s->changes);
    rbk_timer_cancel(&s->reload_timer);
    rbk_timer_cancel(&s->watchdog);
    for (int i = 0; i < 3; i++)
        rbk_signal_unwatch(&s->signals[i]);
    rbk_schedules_fini(&s->schedules);
    rbk_messenger_fini(&s->messenger);
    rbk_strv_fini(&s->command);
    free(s->root);
    free(s->state_dir);
    free(s->mark_dir);
}

static int serve(struct rbk_cli *cli, bool once, struct rbk_error *err)
{
    struct serving s = {.cli = cli};
    int rc = prepare(&s, once, err);
    if (rc == 0 && !once)
        rc = begin_serving(&s, err);
    if (rc == 0)
        rc = rbk_loop_run(cli->loop, err);
    if (rc == 0)
        rc = rbk_daemon_error(s.daemon, err);
    if (rc == 0 && once)
        rc = rbk_daemon_exit(s.daemon);
    end_serving(&s);
    return rc;
}

int rbk_schedule_cmd_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    (void)args;
    /* What it begins is due by the clock: it is no part of the trace that somebody started the daemon in. */
    unsetenv("TRACEPARENT");
    unsetenv("TRACESTATE");
    return serve(cli, false, err);
}

int rbk_schedule_cmd_once(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    (void)args;
    int rc = serve(cli, true, err);
    if (rc < 0 || !cli->json)
        return rc;
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.schedule.once/1");
    rbk_map_set_int(document, "exit", rc);
    int printed = rbk_cli_print_json(document);
    return rc ? rc : printed;
}
