/* `init`: looks at the project, writes a commented runbook.yaml, and says what it found. Never overwrites one. */
#include <cli/commands.h>

#include <base/fs.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rbk_option options[] = {
    {"print", 0, NULL, "print the file instead of writing it"},
    {0},
};

/* The nearest file counts: a second one below a project's takes that folder out of it, which is said. */
static int look_above(const char *root, struct rbk_detected *found, struct rbk_error *err)
{
    static const char *const names[] = {"runbook.yaml", ".runbook.yaml", NULL};
    const char *name = NULL;
    char *folder = rbk_find_upwards(root, names, &name);
    int rc = 0;
    if (folder && strcmp(folder, root) == 0) {
        rbk_error_set(err, RBK_EINVAL, "this project has a %s already", name);
        rc = rbk_error_hint(err, "`runbook init --print` shows what init would write now");
    } else if (folder) {
        rbk_strv_take(
            &found->findings,
            rbk_asprintf("this folder was part of the project %s: from now on its own file counts here, not %s/%s",
                         folder, folder, name));
    }
    free(folder);
    return rc;
}

static int write_file(struct rbk_cli *cli, const char *root, struct rbk_detected *found, struct rbk_error *err)
{
    int rc = look_above(root, found, err);
    char *path = rbk_path_join(root, "runbook.yaml");
    if (rc == 0)
        rc = rbk_file_write_atomic(path, found->yaml, strlen(found->yaml), 0644, err);
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new(), *findings = rbk_list_new();
        for (size_t i = 0; i < found->findings.count; i++)
            rbk_list_append(findings, rbk_string_new(found->findings.items[i]));
        rbk_map_set_string(document, "schema", "runbook.init/1");
        rbk_map_set_string(document, "path", path);
        rbk_map_set(document, "findings", findings);
        rc = rbk_cli_print_json(document);
    } else if (rc == 0) {
        printf("wrote %s\n", path);
        for (size_t i = 0; i < found->findings.count; i++)
            printf("  %s\n", found->findings.items[i]);
        printf("\nnext            runbook list\n                runbook daily/morning-health-check\n"
               "                runbook schedule preview --year   what would be due, were it enabled\n");
    }
    free(path);
    return rc;
}

static int init_project(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_detected found = {0};
    char *root = cli->project ? realpath(cli->project, NULL) : getcwd(NULL, 0);
    if (!root)
        return rbk_error_errno(err, RBK_EINVAL, "%s", cli->project ? cli->project : "the current folder");
    int rc = rbk_config_detect(root, &found, err);
    if (rc == 0 && rbk_args_has(args, "print"))
        fputs(found.yaml, stdout);
    else if (rc == 0)
        rc = write_file(cli, root, &found, err);
    rbk_detected_fini(&found);
    free(root);
    return rc;
}

static int run_init(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_init, 0, 0, argc, argv, init_project);
}

const struct rbk_command_desc rbk_cmd_init = {
    .name = "init",
    .arguments = "",
    .summary = "Look at this project and write its runbook.yaml.",
    .help = "Finds the test runner (pytest, ctest, node --test, bats) and its levels. The\n"
            "file is yours: read it, change it, commit it.\n",
    .options = options,
    .run = run_init};
