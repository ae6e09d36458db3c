/* `list`: every runbook that can be run here, by folder, and which file hides which. A file that does not load is
 * listed with its error, so that one bad file never hides the others. */
#include <cli/commands.h>

#include <base/mem.h>
#include <run/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    struct rbk_cli *cli;
    rbk_value *runbooks;
    const char *prefix; /* only ids that start with it; NULL = all */
    struct rbk_buf text;
    char folder[128];
    size_t id_width, priority_width; /* of the widest */
};

static rbk_value *runbook_entry(const char *id, const char *path, const char *shadows)
{
    rbk_value *e = rbk_map_new();
    rbk_map_set_string(e, "id", id);
    rbk_map_set_string(e, "title", NULL);
    rbk_map_set_string(e, "priority", NULL);
    rbk_map_set_string(e, "schedule", NULL);
    rbk_map_set(e, "budget", rbk_null_new());
    rbk_map_set_string(e, "path", path);
    rbk_map_set_string(e, "shadows", shadows);
    rbk_map_set_string(e, "error", NULL);
    return e;
}

static void describe_plan(rbk_value *e, const struct rbk_plan *plan)
{
    rbk_map_set_string(e, "title", plan->title);
    rbk_map_set_string(e, "priority", plan->priority);
    rbk_map_set_string(e, "schedule", plan->schedule);
    if (plan->budget_ms)
        rbk_map_set(e, "budget", rbk_number_new((double)plan->budget_ms / 1000.0, RBK_UNIT_SECONDS));
}

static void print_folder(struct listing *l, const char *id)
{
    const char *slash = strrchr(id, '/');
    size_t len = slash ? (size_t)(slash - id) : 0;
    if (len >= sizeof l->folder || (strncmp(l->folder, id, len) == 0 && l->folder[len] == '\0'))
        return;
    memcpy(l->folder, id, len);
    l->folder[len] = '\0';
    if (l->text.len)
        rbk_buf_putc(&l->text, '\n');
    if (!len)
        return;
    rbk_style_put(&l->cli->out, &l->text, RBK_BOLD, l->folder);
    rbk_buf_putc(&l->text, '\n');
}

/* Why a file does not load, without the path: the id beside it says which file. Heap; NULL when it does. */
static char *load_error(const char *error, const char *path)
{
    size_t len = path ? strlen(path) : 0;
    if (!error)
        return NULL;
    if (len && rbk_starts_with(error, path) && error[len] == ':')
        return rbk_asprintf("does not load, line %s", error + len + 1);
    return rbk_asprintf("does not load: %s", error);
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure_entry(struct listing *l, const rbk_value *e)
{
    const char *priority = rbk_map_get_string(e, "priority");
    l->id_width = max_size(l->id_width, strlen(rbk_map_get_string(e, "id")));
    l->priority_width = max_size(l->priority_width, priority ? strlen(priority) : 0);
}

/* Id, priority and title in columns. The title comes last: it may break, or stand below on a narrow terminal. */
static void print_entry(struct listing *l, const rbk_value *e)
{
    enum { EDGE = 2, GAP = 2, BELOW = 6, TITLE_LEAST = 24, PRIORITY_MOST = 12 };
    const char *title = rbk_map_get_string(e, "title"), *priority = rbk_map_get_string(e, "priority");
    const struct rbk_style *style = &l->cli->out;
    size_t priority_at = EDGE + l->id_width + GAP;
    size_t priority_room = l->priority_width < PRIORITY_MOST ? l->priority_width : PRIORITY_MOST;
    size_t title_at = priority_at + (priority_room ? priority_room + GAP : 0);
    bool below = style->terminal && title_at + TITLE_LEAST > (size_t)style->columns;
    rbk_buf_printf(&l->text, "%*s", EDGE, "");
    size_t used = EDGE + rbk_style_fit(&l->text, rbk_map_get_string(e, "id"), l->id_width);
    if (priority) {
        rbk_style_pad(&l->text, used, priority_at);
        used = priority_at + rbk_style_fit(&l->text, priority, priority_room);
    }
    if (below)
        rbk_buf_printf(&l->text, "\n%*s", BELOW, "");
    else
        rbk_style_pad(&l->text, used, title_at);
    char *error = load_error(rbk_map_get_string(e, "error"), rbk_map_get_string(e, "path"));
    rbk_style_wrap(style, &l->text, error ? error : title ? title : "", below ? BELOW : title_at);
    free(error);
    rbk_buf_putc(&l->text, '\n');
    const char *shadows = rbk_map_get_string(e, "shadows");
    if (shadows) {
        rbk_buf_puts(&l->text, "    hides ");
        rbk_style_wrap(style, &l->text, shadows, BELOW);
        rbk_buf_putc(&l->text, '\n');
    }
}

static int list_file(void *arg, const char *id, const char *path, const char *shadows)
{
    struct listing *l = arg;
    if (l->prefix && !rbk_starts_with(id, l->prefix))
        return 0;
    struct rbk_error err = {0};
    struct rbk_plan *plan = NULL;
    rbk_value *e = runbook_entry(id, path, shadows);
    if (rbk_lua_load(l->cli->lua, id, &plan, &err) == 0) {
        describe_plan(e, plan);
    } else {
        char text[1024];
        rbk_error_format(&err, text, sizeof text);
        text[strcspn(text, "\n")] = '\0';
        rbk_map_set_string(e, "error", text);
    }
    measure_entry(l, e);
    rbk_list_append(l->runbooks, e);
    rbk_plan_free(plan);
    return 0;
}

static int print_listing(struct listing *l)
{
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.list/1");
        rbk_map_set(document, "runbooks", l->runbooks);
        return rbk_cli_print_json(document);
    }
    for (size_t i = 0; i < rbk_value_length(l->runbooks); i++) {
        const rbk_value *e = rbk_list_at(l->runbooks, i);
        print_folder(l, rbk_map_get_string(e, "id"));
        print_entry(l, e);
    }
    if (rbk_value_length(l->runbooks) == 0)
        rbk_buf_puts(&l->text, l->prefix ? "no runbook has such a name\n" : "no runbooks here\n");
    rbk_style_write(&l->cli->out, &l->text);
    rbk_value_free(l->runbooks);
    return 0;
}

static int list_runbooks(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .prefix = args->rest.count ? args->rest.items[0] : NULL};
    int rc = rbk_cli_lua(cli, err);
    if (rc < 0)
        return rc;
    l.runbooks = rbk_list_new();
    rc = rbk_runbook_files((const char *const *)cli->runbook_dirs.items, list_file, &l, err);
    if (rc == 0)
        rc = print_listing(&l);
    else
        rbk_value_free(l.runbooks);
    rbk_buf_fini(&l.text);
    return rc;
}

static int run_list(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_list, 0, 1, argc, argv, list_runbooks);
}

const struct rbk_command_desc rbk_cmd_list = {
    .name = "list",
    .arguments = "[PREFIX]",
    .summary = "List the runbooks that can be run here.",
    .help = "Runbooks are looked for in the project's runbooks/, in the user's\n"
            "configuration folder (~/.config/runbook/runbooks), and in the installed set;\n"
            "the first one of a name hides the others. PREFIX limits the list, e.g.\n"
            "`runbook list daily/`.\n",
    .run = run_list};
