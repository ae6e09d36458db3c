/* `tests import`: reports from elsewhere into the history. A malformed file is named and left out; the others are read.
 * Reports of a level are a run of the whole of it. Without a level they are of whatever was run: what they do not hold
 * stays as it is. */
#include <cli/tests_commands.h>

#include <base/mem.h>
#include <results/history.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static rbk_value *file_value(const struct rbk_import_file *f)
{
    rbk_value *v = rbk_map_new();
    char error[1024];
    rbk_map_set_string(v, "path", f->path);
    rbk_map_set_string(v, "format", f->format);
    rbk_map_set_int(v, "cases", f->totals.cases);
    rbk_map_set_int(v, "passed", f->totals.passed);
    rbk_map_set_int(v, "failed", f->totals.failed);
    rbk_map_set_int(v, "errors", f->totals.errors);
    rbk_map_set_int(v, "skipped", f->totals.skipped);
    rbk_map_set_int(v, "flaky", f->totals.flaky);
    rbk_map_set_bool(v, "malformed", f->malformed);
    rbk_error_format(&f->error, error, sizeof error);
    rbk_map_set_string(v, "error", f->malformed ? error : NULL);
    return v;
}

static void print_file(const struct rbk_import_file *f)
{
    char error[1024];
    if (f->malformed) {
        rbk_error_format(&f->error, error, sizeof error);
        fprintf(stderr, "runbook: %s\n", error);
        return;
    }
    printf("%s: %lld cases, %lld passed, %lld failed, %lld errors, %lld skipped", f->path, (long long)f->totals.cases,
           (long long)f->totals.passed, (long long)f->totals.failed, (long long)f->totals.errors,
           (long long)f->totals.skipped);
    printf(f->totals.flaky ? ", %lld flaky\n" : "\n", (long long)f->totals.flaky);
}

static int print_files(struct rbk_cli *cli, const struct rbk_import_file *files, size_t count)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < count; i++) {
        if (!cli->json)
            print_file(&files[i]);
        rbk_list_append(list, file_value(&files[i]));
    }
    if (!cli->json) {
        rbk_value_free(list);
        return 0;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.tests.import/1");
    rbk_map_set(document, "files", list);
    return rbk_cli_print_json(document);
}

/* A name that a level of runbook.yaml might have. */
static int check_level(const char *level, struct rbk_error *err)
{
    size_t len = strlen(level);
    if (strcmp(level, "all") == 0) {
        rbk_error_set(err, RBK_EINVAL, "--level: all is every level, and not the name of one");
        return rbk_error_hint(err, "name the level that the reports are of, or leave it out: imported");
    }
    if (len > 0 && len <= 64 && strspn(level, LEVEL_CHARS) == len && level[0] != '-' && level[0] != '_')
        return 0;
    rbk_error_set(err, RBK_EINVAL, "--level: \"%.64s\" is no name of a level", level);
    return rbk_error_hint(err, "letters, digits, - and _, at most 64, starting with a letter or digit");
}

int rbk_tests_import(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const char *level = rbk_args_get(args, "level");
    size_t count = args->rest.count - 1;
    int64_t test_run = 0;
    int rc = level ? check_level(level, err) : 0;
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc < 0)
        return rc;
    struct rbk_import_file *files = rbk_realloc(NULL, count, sizeof *files);
    memset(files, 0, count * sizeof *files);
    struct rbk_import import = {.level = level ? level : "imported",
                                .complete = level != NULL,
                                .duration_ms = -1,
                                .files = (const char *const *)args->rest.items + 1,
                                .file_count = count};
    rc = rbk_results_import(cli->store, &import, files, &test_run, err);
    bool malformed = rc == RBK_EMALFORMED;
    if (rc == 0 || malformed)
        rc = print_files(cli, files, count);
    for (size_t i = 0; i < count; i++)
        free(files[i].path);
    free(files);
    return rc == 0 && malformed ? 2 : rc;
}
