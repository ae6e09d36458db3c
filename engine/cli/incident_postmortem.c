/* `incident postmortem`: writes what is known about an incident into docs/post-mortems of the project. People go on
 * writing in that file, so it is never written over. */
#include <cli/incident_commands.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* docs/post-mortems/2026-11-22-incident-test-failures.md in the project. Heap. */
static char *default_path(struct rbk_cli *cli, const struct rbk_incident *i)
{
    char day[RBK_TIME_SIZE];
    rbk_time_rfc3339(i->opened_ms, day);
    char *name = rbk_asprintf("docs/post-mortems/%.10s-%s.md", day, i->key);
    for (char *c = name + strlen("docs/post-mortems/"); *c; c++)
        if (strchr("/:@+", *c))
            *c = '-';
    char *path = rbk_path_join(cli->config->root, name);
    free(name);
    return path;
}

static int refuse_existing(const char *path, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "%s is there already", path);
    return rbk_error_hint(err, "it is never written over; --output FILE writes another, --output - shows the text");
}

static int write_new(const char *path, const char *text, struct rbk_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
        return refuse_existing(path, err);
    if (fd < 0)
        return rbk_error_errno(err, RBK_ESTORE, "%s cannot be written", path);
    int failed = rbk_write_all(fd, text, strlen(text));
    if (fsync(fd) < 0 || failed) {
        rbk_error_errno(err, RBK_ESTORE, "%s cannot be written", path);
        failed = 1;
    }
    if (close(fd) < 0 && !failed)
        failed = rbk_error_errno(err, RBK_ESTORE, "%s cannot be written", path);
    if (failed)
        unlink(path);
    return failed ? RBK_ESTORE : 0;
}

static int write_default(const char *path, const char *text, struct rbk_error *err)
{
    char *dir = rbk_strndup(path, (size_t)(strrchr(path, '/') - path));
    int rc = rbk_mkdirs(dir, 0755, err);
    free(dir);
    return rc == 0 ? write_new(path, text, err) : rc;
}

static int print_written(struct rbk_cli *cli, const struct rbk_incident *i, const char *path)
{
    if (!cli->json) {
        printf("%s\n", path);
        return 0;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.incident.postmortem/1");
    rbk_map_set_string(document, "key", i->key);
    rbk_map_set_string(document, "path", path);
    return rbk_cli_print_json(document);
}

static int write_text(struct rbk_cli *cli, const struct rbk_incident *i, const char *output, const char *text,
                      struct rbk_error *err)
{
    if (output && strcmp(output, "-") == 0 && !cli->json)
        return fputs(text, stdout) < 0 ? rbk_error_errno(err, RBK_ESTORE, "stdout cannot be written") : 0;
    char *path = output ? rbk_strdup(output) : default_path(cli, i);
    int rc = output ? write_new(path, text, err) : write_default(path, text, err);
    if (rc == 0)
        rc = print_written(cli, i, path);
    free(path);
    return rc;
}

int rbk_incident_word_postmortem(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    char *text = NULL;
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_incident_find(cli->store, args->rest.items[1], &i, err);
    if (rc == 0)
        rc = rbk_postmortem_text(cli->store, cli->config, &i, &text, err);
    if (rc == 0)
        rc = write_text(cli, &i, rbk_args_get(args, "output"), text, err);
    rbk_incident_fini(&i);
    free(text);
    return rc;
}
