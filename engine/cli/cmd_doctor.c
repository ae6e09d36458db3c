/* `doctor`: whether everything the program needs is in order here, and the mend where it is not. Exit 1 when something
 * is broken; warnings alone are 0. */
#include <cli/check_contacts.h>
#include <cli/commands.h>
#include <cli/courier.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <metrics/metrics.h>
#include <net/net.h>
#include <run/run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { MESSAGE = 21 }; /* the column of what was found */
enum finding { FINE, WARN, BROKEN };

struct examination {
    struct rbk_cli *cli;
    rbk_value *checks;
    struct rbk_buf text;
    int broken;
};

static void found(struct examination *x, const char *name, enum finding state, const char *message, const char *hint)
{
    static const char *const words[] = {"ok", "warn", "fail"};
    static const enum rbk_tint tints[] = {RBK_GREEN, RBK_YELLOW, RBK_RED};
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "name", name);
    rbk_map_set_string(v, "state", words[state]);
    rbk_map_set_string(v, "message", message);
    rbk_map_set_string(v, "hint", hint);
    rbk_list_append(x->checks, v);
    x->broken += state == BROKEN;
    char *word = rbk_asprintf("%-5s", words[state]);
    rbk_style_put(&x->cli->out, &x->text, tints[state], word);
    rbk_buf_printf(&x->text, " %-14s ", name);
    rbk_style_wrap(&x->cli->out, &x->text, message, MESSAGE);
    rbk_buf_putc(&x->text, '\n');
    if (hint) {
        rbk_buf_printf(&x->text, "%*s", MESSAGE, "");
        rbk_style_wrap(&x->cli->out, &x->text, hint, MESSAGE);
        rbk_buf_putc(&x->text, '\n');
    }
    free(word);
}

static void found_error(struct examination *x, const char *name, const struct rbk_error *err)
{
    char text[1024];
    struct rbk_error bare = *err;
    bare.hint[0] = '\0';
    rbk_error_format(&bare, text, sizeof text);
    found(x, name, BROKEN, text, err->hint[0] ? err->hint : NULL);
}

static void examine_system(struct examination *x)
{
    struct utsname u;
    char *text = uname(&u) == 0 ? rbk_asprintf("runbook %s on %s %s", RUNBOOK_VERSION, u.sysname, u.release)
                                : rbk_asprintf("runbook %s", RUNBOOK_VERSION);
    found(x, "version", FINE, text, NULL);
    free(text);
}

static void examine_config(struct examination *x)
{
    struct rbk_error err = {0};
    if (rbk_cli_config(x->cli, &err) < 0) {
        found_error(x, "configuration", &err);
        return;
    }
    const struct rbk_config *c = x->cli->config;
    if (!c->file)
        found(x, "configuration", WARN, "no runbook.yaml here or above", "`runbook init` writes one");
    else
        found(x, "configuration", FINE, c->file, NULL);
}

static void examine_levels(struct examination *x)
{
    const struct rbk_config *c = x->cli->config;
    for (size_t i = 0; c && i < c->level_count; i++) {
        const struct rbk_level *l = &c->levels[i];
        char *name = rbk_asprintf("level %s", l->name);
        char *program = l->command.count ? rbk_find_program(l->command.items[0], NULL) : NULL;
        char *inside = l->command.count ? rbk_path_join(c->root, l->command.items[0]) : NULL;
        if (program || (inside && rbk_path_exists(inside))) {
            char *line = rbk_shell_join(l->command.items);
            found(x, name, FINE, line, NULL);
            free(line);
        } else if (l->command.count) {
            char *message = rbk_asprintf("the program \"%s\" is not there", l->command.items[0]);
            found(x, name, BROKEN, message, "install it, or change levels in runbook.yaml");
            free(message);
        }
        free(inside);
        free(program);
        free(name);
    }
}

static void examine_runbooks(struct examination *x)
{
    struct rbk_error err = {0};
    if (rbk_cli_lua(x->cli, &err) < 0) {
        found_error(x, "runbooks", &err);
        return;
    }
    struct rbk_buf dirs = {0};
    for (size_t i = 0; i < x->cli->runbook_dirs.count; i++)
        rbk_buf_printf(&dirs, "%s%s", i ? ", " : "", x->cli->runbook_dirs.items[i]);
    if (dirs.len)
        found(x, "runbooks", FINE, dirs.data, NULL);
    else
        found(x, "runbooks", WARN, "no folder of runbooks was found",
              "make runbooks/ beside runbook.yaml, or install the program");
    rbk_buf_fini(&dirs);
}

static void examine_integrity(struct examination *x)
{
    struct rbk_store_health h;
    struct rbk_error err = {0};
    if (rbk_store_health(x->cli->store, &h, &err) < 0) {
        found_error(x, "storage", &err);
        return;
    }
    bool well = strcmp(h.integrity, "ok") == 0;
    char size[64], wal[64];
    rbk_quantity_format((struct rbk_quantity){(double)h.db_bytes, RBK_UNIT_BYTES}, size, sizeof size);
    rbk_quantity_format((struct rbk_quantity){(double)h.wal_bytes, RBK_UNIT_BYTES}, wal, sizeof wal);
    char *text = rbk_asprintf("%s on %s, %s and %s in the log; integrity %s", rbk_store_dir(x->cli->store),
                              h.filesystem, size, wal, h.integrity);
    found(x, "storage", well ? FINE : BROKEN, text,
          well ? NULL : "copy the folder away, then try `sqlite3 state.db .recover`; logs/ is not affected");
    free(text);
    text = rbk_asprintf(
        "%s%s", h.sqlite_version,
        h.wal_reset_race ? ": has the WAL-reset race (fixed in 3.51.3); every write here is behind a lock" : "");
    found(x, "sqlite", FINE, text, NULL);
    free(text);
}

static int count_run(void *arg, const struct rbk_run_row *row)
{
    int *count = arg;
    (void)row;
    (*count)++;
    return 0;
}

static int newest_start(void *arg, const struct rbk_run_row *row)
{
    *(int64_t *)arg = row->started_ms;
    return 1;
}

static void examine_clock(struct examination *x)
{
    enum { YEAR_2024 = 1704067200 };
    int64_t newest = 0, now = rbk_clock_wall_ms();
    struct rbk_run_filter filter = {.limit = 1, .all = true};
    char text[RBK_TIME_SIZE];
    if (x->cli->store)
        rbk_journal_runs(x->cli->store, &filter, newest_start, &newest, NULL);
    rbk_time_rfc3339(now, text);
    if (now / 1000 < YEAR_2024)
        found(x, "clock", BROKEN, text, "the wall clock is years behind: set it, or start the time service");
    else if (newest > now + 60000)
        found(x, "clock", WARN, text, "the newest recorded run began later than now: the clock was set back");
    else
        found(x, "clock", FINE, text, NULL);
}

static void examine_locks(struct examination *x)
{
    struct rbk_run_filter filter = {.state = "running"};
    int open = 0;
    rbk_journal_runs(x->cli->store, &filter, count_run, &open, NULL);
    char *text = rbk_asprintf("work here; %d run%s recorded as running", open, open == 1 ? " is" : "s are");
    found(x, "locks", FINE, text, open ? "`runbook status` says which of them are really alive" : NULL);
    free(text);
}

static void found_damage(void *arg, const char *name, const char *labels, const struct rbk_metrics_damage *d)
{
    char from[RBK_TIME_SIZE], to[RBK_TIME_SIZE], beyond[RBK_TIME_SIZE];
    rbk_time_rfc3339(d->last_ms + 1, beyond);
    rbk_time_local(d->first_ms, from);
    rbk_time_local(d->last_ms, to);
    char *text =
        rbk_asprintf("%lld sample%s of %s%s%s%s, %.16s to %.16s, cannot be read: damaged", (long long)d->samples,
                     d->samples == 1 ? "" : "s", name, *labels ? "{" : "", labels, *labels ? "}" : "", from, to);
    char *hint = rbk_asprintf("take the state folder from a backup, or forget the past: "
                              "runbook metrics prune %s --before %s",
                              name, beyond);
    found(arg, "metrics", WARN, text, hint);
    free(hint);
    free(text);
}

static void examine_metrics(struct examination *x)
{
    struct rbk_error err = {0};
    size_t before = rbk_value_length(x->checks);
    if (rbk_metrics_look_for_damage(x->cli->store, found_damage, x, &err) < 0)
        found_error(x, "metrics", &err);
    else if (rbk_value_length(x->checks) == before)
        found(x, "metrics", FINE, "every stored sample can be read", NULL);
}

static void examine_store(struct examination *x)
{
    struct rbk_error err = {0};
    char *dir = NULL;
    int rc = rbk_cli_store_read(x->cli, &err);
    if (rc == RBK_ENOENT && rbk_cli_state_dir(x->cli, &dir, &err) == 0) {
        char *text = rbk_asprintf("nothing recorded yet; it will be in %s", dir);
        found(x, "storage", FINE, text, NULL);
        free(text);
    } else if (rc < 0) {
        found_error(x, "storage", &err);
    } else {
        examine_integrity(x);
        examine_locks(x);
        examine_metrics(x);
    }
    free(dir);
}

static void examine_cgroups(struct examination *x)
{
    bool writable =
        access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 && access("/sys/fs/cgroup/cgroup.procs", W_OK) == 0;
    found(x, "memory limits", FINE,
          writable ? "cgroup v2 is there" : "no writable cgroup v2: memory of step processes is sampled from /proc",
          NULL);
}

/* Whoever sends nothing can do without. */
static void examine_requests(struct examination *x)
{
    const char *version = NULL;
    struct rbk_error err = {0};
    if (rbk_net_check(&version, &err) < 0)
        found(x, "requests", WARN, err.message, err.hint);
    else
        found(x, "requests", FINE, version, NULL);
}

static void found_channel(void *arg, const char *severity, const struct rbk_error *problem)
{
    if (strcmp(severity, "error") == 0)
        found_error(arg, "messages", problem);
    else
        found(arg, "messages", WARN, problem->message, problem->hint);
}

static int count_message(void *arg, const struct rbk_message *m)
{
    int *counts = arg;
    counts[m->state]++;
    return 0;
}

/* Who hears of anything, and what nobody has taken yet. */
static void examine_messages(struct examination *x)
{
    struct rbk_error err = {0};
    const struct rbk_message_filter all = {.state = -1};
    size_t channels = rbk_value_length(rbk_config_get(x->cli->config, "channels"));
    size_t rules = rbk_value_length(rbk_config_get(x->cli->config, "notify.rules"));
    int counts[4] = {0}, broken = x->broken;
    if (rbk_courier_check(x->cli, found_channel, x, &err) < 0)
        found_error(x, "messages", &err);
    if (x->cli->store)
        rbk_outbox_list(x->cli->store, &all, count_message, counts, NULL);
    if (x->broken > broken)
        return;
    char *text = rbk_asprintf("%zu channel%s, %zu rule%s; %d waiting, %d dead", channels, channels == 1 ? "" : "s",
                              rules, rules == 1 ? "" : "s", counts[RBK_MESSAGE_QUEUED] + counts[RBK_MESSAGE_SENDING],
                              counts[RBK_MESSAGE_DEAD]);
    if (counts[RBK_MESSAGE_DEAD])
        found(x, "messages", WARN, text, "`runbook notify list --status dead` says why; retry or drop them");
    else if (channels && !rules)
        found(x, "messages", WARN, text, "without notify.rules only contacts that have channels are told");
    else
        found(x, "messages", FINE, text, NULL);
    free(text);
}

/* Whether somebody is told when it is time to call them. */
static void examine_escalation(struct examination *x)
{
    const struct rbk_escalation *row = rbk_unheard_row(x->cli->config);
    if (!row) {
        found(x, "escalation", FINE, "of incidents of every priority somebody is told", NULL);
        return;
    }
    char *text = rbk_asprintf("nobody is told of a %s incident: %s has no channel, and no rule is about it",
                              row->priority, row->contact ? row->contact : "the owner");
    found(x, "escalation", WARN, text, "add a rule for incident.* under notify:, or channels under contacts:");
    free(text);
}

static int print_examination(struct examination *x)
{
    int status = x->broken ? 1 : 0;
    if (!x->cli->json) {
        rbk_style_write(&x->cli->out, &x->text);
        rbk_value_free(x->checks);
        return status;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.doctor/1");
    rbk_map_set(document, "checks", x->checks);
    int printed = rbk_cli_print_json(document);
    return status ? status : printed;
}

static int examine(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct examination x = {.cli = cli, .checks = rbk_list_new()};
    (void)args, (void)err;
    examine_system(&x);
    examine_config(&x);
    if (cli->config) {
        examine_levels(&x);
        examine_runbooks(&x);
        examine_store(&x);
    }
    if (cli->config) {
        examine_messages(&x);
        examine_escalation(&x);
    }
    examine_clock(&x);
    examine_cgroups(&x);
    examine_requests(&x);
    int status = print_examination(&x);
    rbk_buf_fini(&x.text);
    return status;
}

static int run_doctor(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_doctor, 0, 0, argc, argv, examine);
}

const struct rbk_command_desc rbk_cmd_doctor = {
    .name = "doctor", .arguments = "", .summary = "Check storage, configuration, tools and clock.", .run = run_doctor};
