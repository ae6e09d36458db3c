/* Opening things late: a command that only prints help touches no file. */
#include <cli/context.h>
#include <cli/orphans.h>
#include <cli/output.h>
#include <cli/settle.h>
#include <cli/skipped.h>
#include <cli/telemetry.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <incident/incident.h>
#include <run/run.h>
#include <state/state.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void rbk_cli_leave(struct rbk_cli *cli)
{
    rbk_lua_free(cli->lua);
    cli->lua = NULL;
    rbk_store_leave(cli->store);
    if (cli->loop)
        rbk_loop_free(cli->loop);
    cli->loop = NULL;
}

static char *home_path(const char *variable, const char *below_home, const char *rest)
{
    const char *base = getenv(variable);
    if (base && base[0] == '/')
        return rbk_path_join(base, rest);
    const char *home = getenv("HOME");
    if (!home || home[0] != '/')
        return NULL;
    char *dir = rbk_path_join(home, below_home);
    char *path = rbk_path_join(dir, rest);
    free(dir);
    return path;
}

static char *cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return slash;
}

/* In its build folder the program uses the sources it was built from; installed, what was installed beside it. */
char *rbk_cli_share_dir(void)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    if (rbk_starts_with(exe, RUNBOOK_BINARY_DIR "/"))
        return rbk_strdup(RUNBOOK_SOURCE_DIR);
    const char *share =
        RUNBOOK_SHARE_FROM_BIN; /* "../share/runbook": each step up takes a name off the program's path */
    char *slash = cut_last(exe);
    while (slash && rbk_starts_with(share, "../")) {
        slash = cut_last(exe);
        share += strlen("../");
    }
    return slash ? rbk_path_join(*exe ? exe : "/", share) : rbk_strdup(RUNBOOK_SHARE_DIR);
}

char *rbk_cli_user(void)
{
    const char *sudo = getenv("SUDO_USER");
    if (sudo && *sudo)
        return rbk_strdup(sudo);
    const char *user = getenv("USER");
    if (user && *user)
        return rbk_strdup(user);
    const struct passwd *entry = getpwuid(getuid());
    return entry ? rbk_strdup(entry->pw_name) : rbk_asprintf("uid %u", (unsigned)getuid());
}

int rbk_cli_config(struct rbk_cli *cli, struct rbk_error *err)
{
    if (cli->config)
        return 0;
    char *cwd = getcwd(NULL, 0);
    if (!cwd)
        return rbk_error_errno(err, RBK_EINVAL, "the current folder cannot be read");
    int rc = rbk_config_open(cwd, cli->project, &cli->config, err);
    free(cwd);
    return rc;
}

static bool same_folder(const char *a, const char *b)
{
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Takes `dir` into the search path when it is a folder that is not there yet. */
static void add_runbook_dir(struct rbk_strv *dirs, char *dir)
{
    bool known = !rbk_path_is_dir(dir);
    for (size_t i = 0; !known && i < dirs->count; i++)
        known = same_folder(dirs->items[i], dir);
    if (known)
        free(dir);
    else
        rbk_strv_take(dirs, dir);
}

void rbk_cli_runbook_places(const char *root, struct rbk_strv *out)
{
    char *share = rbk_cli_share_dir(), *own = home_path("XDG_CONFIG_HOME", ".config", "runbook/runbooks");
    rbk_strv_take(out, rbk_path_join(root, "runbooks"));
    if (own)
        rbk_strv_take(out, own);
    rbk_strv_take(out, rbk_path_join(share, "runbooks"));
    free(share);
}

static void find_runbook_dirs(struct rbk_cli *cli)
{
    struct rbk_strv places = {0};
    rbk_cli_runbook_places(cli->config->root, &places);
    for (size_t i = 0; i < places.count; i++)
        add_runbook_dir(&cli->runbook_dirs, rbk_strdup(places.items[i]));
    rbk_strv_fini(&places);
}

int rbk_cli_lua(struct rbk_cli *cli, struct rbk_error *err)
{
    static const char *const no_dirs[] = {NULL};
    if (cli->lua)
        return 0;
    int rc = rbk_cli_config(cli, err);
    if (rc < 0)
        return rc;
    find_runbook_dirs(cli);
    const char *const *dirs = cli->runbook_dirs.count ? (const char *const *)cli->runbook_dirs.items : no_dirs;
    struct rbk_lua_options options = {.config = cli->config, .runbook_dirs = dirs};
    return rbk_lua_new(&options, &cli->lua, err);
}

int rbk_cli_loop(struct rbk_cli *cli, struct rbk_error *err)
{
    return cli->loop ? 0 : rbk_loop_new(&cli->loop, err);
}

int rbk_cli_state_dir(struct rbk_cli *cli, char **out, struct rbk_error *err)
{
    int rc = rbk_cli_config(cli, err);
    if (rc < 0)
        return rc;
    const char *from_env = getenv("RUNBOOK_STATE");
    *out = NULL;
    if (cli->state)
        *out = rbk_strdup(cli->state);
    else if (from_env && *from_env)
        *out = rbk_strdup(from_env);
    else if (cli->config->state_dir)
        *out = rbk_path_join(cli->config->root, cli->config->state_dir);
    else if (cli->config->file)
        *out = rbk_path_join(cli->config->root, ".runbook");
    else if (getuid() == 0)
        *out = rbk_strdup("/var/lib/runbook");
    else
        *out = home_path("XDG_STATE_HOME", ".local/state", "runbook");
    if (*out)
        return 0;
    rbk_error_set(err, RBK_EINVAL, "there is no place for the state: no project here and HOME is not set");
    return rbk_error_hint(err, "name one with --state DIR or RUNBOOK_STATE");
}

static int open_store(struct rbk_cli *cli, const char *dir, bool read_only, struct rbk_error *err)
{
    struct rbk_store_options options = {.dir = dir, .group = cli->config->state_group, .read_only = read_only};
    return rbk_state_open_with(options, &cli->store, err);
}

/* A state folder inside a project keeps itself out of version control. */
static void ignore_in_git(const char *dir)
{
    char *path = rbk_path_join(dir, ".gitignore");
    if (!rbk_path_exists(path))
        rbk_file_write_atomic(path, "*\n", 2, 0600, NULL);
    free(path);
}

int rbk_cli_store(struct rbk_cli *cli, struct rbk_error *err)
{
    if (cli->store)
        return 0;
    char *dir = NULL;
    int rc = rbk_cli_state_dir(cli, &dir, err);
    if (rc < 0)
        return rc;
    bool fresh = !rbk_path_exists(dir);
    rc = open_store(cli, dir, false, err);
    cli->writes = rc == 0;
    if (rc == 0 && fresh && cli->config->file)
        ignore_in_git(dir);
    if (rc == 0)
        rc = rbk_telemetry_expire(cli, err);
    if (rc == 0) {
        rbk_orphans_tell(cli);
        rbk_cli_settle(cli);
        rc = rbk_skipped_tell(cli, err);
    }
    if (rc == 0 && !cli->acts)
        rc = rbk_incident_tick(cli->store, cli->config, rbk_clock_wall_ms(), NULL, err);
    free(dir);
    return rc;
}

int rbk_cli_store_existing(struct rbk_cli *cli, struct rbk_error *err)
{
    char *dir = NULL;
    int rc = cli->store ? 0 : rbk_cli_state_dir(cli, &dir, err);
    if (rc == 0 && !cli->store) {
        char *database = rbk_path_join(dir, "state.db");
        rc = rbk_path_exists(database) ? rbk_cli_store(cli, err) : open_store(cli, dir, true, err);
        free(database);
    }
    free(dir);
    return rc;
}

/* A store that an older program made is brought up to date, as a command that writes would do it: looking at runs must
 * not wait for the first new one. */
int rbk_cli_store_read(struct rbk_cli *cli, struct rbk_error *err)
{
    char *dir = NULL;
    int rc = cli->store ? 0 : rbk_cli_state_dir(cli, &dir, err);
    if (rc == 0 && !cli->store)
        rc = open_store(cli, dir, true, err);
    if (rc == RBK_EINVAL && dir)
        rc = open_store(cli, dir, false, err);
    free(dir);
    return rc;
}

bool rbk_cli_interactive(const struct rbk_cli *cli)
{
    return !cli->no_input && !cli->json && isatty(0) && cli->err.terminal;
}

static void print_error_json(const struct rbk_error *err)
{
    rbk_value *e = rbk_map_new();
    rbk_map_set_string(e, "file", err->file[0] ? err->file : NULL);
    rbk_map_set_int(e, "line", err->line);
    rbk_map_set_int(e, "column", err->column);
    rbk_map_set_string(e, "message", err->message);
    rbk_map_set_string(e, "hint", err->hint[0] ? err->hint : NULL);
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.error/1");
    rbk_map_set_int(document, "exit", rbk_exit_status(err->code));
    rbk_map_set(document, "error", e);
    rbk_cli_print_json(document);
}

void rbk_cli_complain(const struct rbk_error *err)
{
    char text[2048];
    rbk_error_format(err, text, sizeof text);
    struct rbk_buf safe = {0};
    rbk_escape_terminal(&safe, text, strlen(text));
    fflush(stdout);
    fprintf(stderr, "runbook: %s\n", safe.data ? safe.data : "");
    rbk_buf_fini(&safe);
}

int rbk_cli_fail(const struct rbk_cli *cli, const struct rbk_error *err)
{
    rbk_cli_complain(err);
    if (cli->json)
        print_error_json(err);
    return rbk_exit_status(err->code);
}

int rbk_cli_print_json(rbk_value *document)
{
    char *text = rbk_value_to_json(document, 2);
    size_t len = strlen(text);
    text[len] = '\n'; /* in place of the terminator: nobody needs it any more */
    fflush(stdout);
    int number = rbk_output_write(1, text, len + 1);
    free(text);
    rbk_value_free(document);
    return rbk_output_tell(number);
}
