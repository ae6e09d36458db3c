/* runbook: finds the command that the first word names (one with a slash is a runbook to run) and hands it the rest. */
#include <cli/commands.h>
#include <cli/courier.h>
#include <cli/messenger.h>
#include <cli/output.h>

#include <base/mem.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const char *word;
    char *id; /* heap */
    bool folder;
};

/* A runbook of that name, or whose last part it is; and whether it is a folder of some. */
static int match_runbook(void *arg, const char *id, const char *path, const char *shadows)
{
    struct search *s = arg;
    const char *slash = strrchr(id, '/');
    size_t len = strlen(s->word);
    (void)path, (void)shadows;
    s->folder = s->folder || (strncmp(id, s->word, len) == 0 && id[len] == '/');
    if (strcmp(id, s->word) != 0 && strcmp(slash ? slash + 1 : id, s->word) != 0)
        return 0;
    s->id = rbk_strdup(id);
    return 1;
}

static struct search runbooks_called(struct rbk_cli *cli, const char *word)
{
    struct search s = {.word = word};
    if (rbk_cli_lua(cli, NULL) == 0)
        rbk_runbook_files((const char *const *)cli->runbook_dirs.items, match_runbook, &s, NULL);
    return s;
}

static int unknown_command(struct rbk_cli *cli, const char *word, int argc, char **argv)
{
    const char *names[64];
    size_t count = 0;
    while (rbk_commands[count]) {
        names[count] = rbk_commands[count]->name;
        count++;
    }
    struct rbk_error err = {0};
    for (int i = 0; i < argc; i++) /* no command reads the options */
        cli->json = cli->json || strcmp(argv[i], "--json") == 0;
    struct search called = runbooks_called(cli, word);
    const char *near = rbk_did_you_mean(word, names, count);
    rbk_error_set(&err, RBK_EINVAL, "there is no command \"%s\"", word);
    if (called.id)
        rbk_error_hint(&err, "did you mean the runbook: `runbook run %s`?", called.id);
    else if (called.folder)
        rbk_error_hint(&err, "there are runbooks of that name: `runbook list %s/`", word);
    else if (near)
        rbk_error_hint(&err, "did you mean `runbook %s`?", near);
    else
        rbk_error_hint(&err, "`runbook help` lists the commands, `runbook list` the runbooks");
    free(called.id);
    return rbk_cli_fail(cli, &err);
}

/* Takes a word out of the arguments. */
static bool take_word(int *argc, char **argv, const char *word)
{
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], word) != 0)
            continue;
        memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv);
        --*argc;
        return true;
    }
    return false;
}

/* `runbook`, `runbook --help`, `runbook --version`; any other option is for a command to judge. */
static int without_command(struct rbk_cli *cli, int argc, char **argv)
{
    if (take_word(&argc, argv, "--version"))
        return rbk_command_find("version")->run(cli, argc, argv);
    if (!take_word(&argc, argv, "--help"))
        take_word(&argc, argv, "-h");
    return rbk_command_find("help")->run(cli, argc, argv);
}

static int dispatch(struct rbk_cli *cli, int argc, char **argv)
{
    const struct rbk_command_desc *run = rbk_command_find("run");
    int at = rbk_args_first_word(run->options, argc, argv); /* `--from 3 a/b` is `run --from 3 a/b` */
    if (at == argc)
        return without_command(cli, argc, argv);
    const char *word = argv[at];
    if (strchr(word, '/'))
        return run->run(cli, argc, argv);
    const struct rbk_command_desc *desc = rbk_command_find(word);
    if (!desc)
        return unknown_command(cli, word, argc, argv);
    memmove(argv + at, argv + at + 1, (size_t)(argc - at) * sizeof *argv);
    return desc->run(cli, argc - 1, argv);
}

/* A short run gives back and takes again the same pages several times unless some are kept. */
enum { KEPT_FREE = 1 << 20 };

int main(int argc, char **argv)
{
    static struct rbk_cli cli; /* static: what it still holds at the end is no leak */
    mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
    signal(SIGPIPE, SIG_IGN);
    rbk_output_open();
    rbk_style_init(&cli.out, 1, RBK_COLOR_AUTO);
    rbk_style_init(&cli.err, 2, RBK_COLOR_AUTO);
    int lost = 0;
    cli.out.lost = &lost;
    int status = argc < 1 ? 2 : dispatch(&cli, argc - 1, argv + 1);
    status = rbk_output_finish(lost, status);
    rbk_courier_start(&cli);
    rbk_messenger_tell(&cli);
    rbk_cli_leave(&cli);
    return status;
}
