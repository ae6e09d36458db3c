/* `schedule export FORMAT`: the schedules for another scheduler, or the unit of the daemon. */
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <schedule/export.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct format {
    const char *name;
    rbk_export_fn *put; /* NULL: the unit */
    bool pauses;        /* it can say that a schedule is paused */
} formats[] = {{"crontab", rbk_export_crontab, false},
               {"systemd", rbk_export_systemd, false},
               {"kubernetes", rbk_export_kubernetes, true},
               {"github-actions", rbk_export_github, false},
               {"unit", NULL, false}};
enum { FORMATS = sizeof formats / sizeof *formats };

static int find_format(const char *name, const struct format **out, struct rbk_error *err)
{
    const char *names[FORMATS];
    for (size_t i = 0; i < FORMATS; i++) {
        names[i] = formats[i].name;
        if (strcmp(name, formats[i].name) == 0) {
            *out = &formats[i];
            return 0;
        }
    }
    const char *near = rbk_did_you_mean(name, names, FORMATS);
    for (size_t i = 0; !near && *name && i < FORMATS; i++)
        near = strncmp(names[i], name, strlen(name)) == 0 ? names[i] : NULL;
    rbk_error_set(err, RBK_EINVAL, "`schedule export` does not know the format \"%s\"", name);
    return near ? rbk_error_hint(err, "did you mean %s?", near)
                : rbk_error_hint(err, "it knows crontab, systemd, kubernetes, github-actions and unit");
}

static int print_text(struct rbk_cli *cli, const struct format *f, struct rbk_buf *text)
{
    if (!cli->json) {
        rbk_style_write(&cli->out, text);
        return 0;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.schedule.export/1");
    rbk_map_set_string(document, "format", f->name);
    rbk_map_set_string(document, "text", text->data ? text->data : "");
    return rbk_cli_print_json(document);
}

static void put_one(struct rbk_buf *out, const struct format *f, const struct rbk_entry *e,
                    const struct rbk_export_place *place)
{
    if (e->paused && !f->pauses)
        rbk_buf_printf(out, "# %s: paused in runbook.yaml, and so not written here\n", e->runbook);
    else
        f->put(out, e, place);
}

static int put_all(struct rbk_cli *cli, const struct rbk_args *args, const struct rbk_schedules *schedules,
                   const struct format *f)
{
    char exe[4096] = "runbook";
    struct rbk_buf text = {0};
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? (size_t)n : strlen("runbook")] = '\0';
    char *user = rbk_cli_user();
    struct rbk_export_place place = {.program = exe,
                                     .project = cli->config->file ? cli->config->root : NULL,
                                     .user = user,
                                     .now_ms = rbk_clock_wall_ms(),
                                     .all = &schedules->entries};
    if (!f->put)
        rbk_export_unit(&text, &place);
    for (size_t i = 0; f->put && i < schedules->entries.count; i++)
        if (args->rest.count <= 2 || rbk_schedules_named(args, 2, schedules->entries.items[i].runbook))
            put_one(&text, f, &schedules->entries.items[i], &place);
    int rc = print_text(cli, f, &text);
    free(user);
    rbk_buf_fini(&text);
    return rc;
}

int rbk_schedule_cmd_export(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const struct format *f = NULL;
    struct rbk_schedules schedules = {0};
    int rc = find_format(args->rest.items[1], &f, err);
    if (rc == 0)
        rc = rbk_schedules_load(cli, &schedules, err);
    if (rc == 0)
        rc = rbk_schedules_check_names(&schedules, args, 2, err);
    if (rc == 0)
        rc = put_all(cli, args, &schedules, f);
    rbk_schedules_fini(&schedules);
    return rc;
}
