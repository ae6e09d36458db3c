/* `tests failing`: every case whose latest execution failed, once per level. Reads only. */
#include <cli/tests_commands.h>

#include <base/mem.h>
#include <results/history.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *cases;
    char level[128];
};

static int list_case(void *arg, const struct rbk_case_row *c)
{
    struct listing *l = arg;
    rbk_list_append(l->cases, rbk_tests_case_value(c));
    if (strcmp(l->level, c->level) != 0) {
        snprintf(l->level, sizeof l->level, "%s", c->level);
        rbk_style_put(&l->cli->out, &l->text, RBK_BOLD, l->level);
        rbk_buf_putc(&l->text, '\n');
    }
    char *id = rbk_case_id(c->suite, c->name, c->file);
    rbk_buf_puts(&l->text, "  ");
    rbk_style_fit(&l->text, id, 400);
    if (c->consecutive_failures > 1)
        rbk_buf_printf(&l->text, "  (%d times in a row)", c->consecutive_failures);
    rbk_buf_putc(&l->text, '\n');
    rbk_tests_put_message(&l->text, &l->cli->out, "      ", c->message, 1);
    free(id);
    return 0;
}

static int print_listing(struct listing *l)
{
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.tests.failing/1");
        rbk_map_set(document, "cases", l->cases);
        l->cases = NULL;
        return rbk_cli_print_json(document);
    }
    if (rbk_value_length(l->cases) == 0)
        rbk_buf_puts(&l->text, "no case is known to fail\n");
    rbk_style_write(&l->cli->out, &l->text);
    return 0;
}

int rbk_tests_failing(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .cases = rbk_list_new()};
    const char *level = args->rest.count > 1 ? args->rest.items[1] : rbk_args_get(args, "level");
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_results_failing(cli->store, level, list_case, &l, err);
    if (rc == 0 || rc == RBK_ENOENT)
        rc = print_listing(&l);
    rbk_value_free(l.cases);
    rbk_buf_fini(&l.text);
    return rc;
}
