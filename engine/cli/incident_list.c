/* `incident list` and `incident show`: they only read. */
#include <cli/incident_commands.h>

#include <base/clock.h>

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *rows;
    int64_t now_ms;
};

static int list_one(void *arg, const struct rbk_incident *i)
{
    struct listing *l = arg;
    rbk_list_append(l->rows, rbk_incident_row_value(i));
    rbk_incident_put_line(l->cli, &l->text, i, l->now_ms);
    return 0;
}

static int print_listing(struct listing *l)
{
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.incidents/1");
        rbk_map_set(document, "incidents", l->rows);
        l->rows = NULL;
        return rbk_cli_print_json(document);
    }
    if (rbk_value_length(l->rows) == 0)
        rbk_buf_puts(&l->text, "no incident is open\n");
    rbk_style_write(&l->cli->out, &l->text);
    return 0;
}

int rbk_incident_word_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .rows = rbk_list_new(), .now_ms = rbk_clock_wall_ms()};
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_incident_list(cli->store, rbk_args_has(args, "all"), list_one, &l, err);
    if (rc == 0 || rc == RBK_ENOENT)
        rc = print_listing(&l);
    rbk_value_free(l.rows);
    rbk_buf_fini(&l.text);
    return rc;
}

int rbk_incident_word_show(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_incident_find(cli->store, args->rest.items[1], &i, err);
    if (rc == 0)
        rc = rbk_incident_print(cli, &i, err);
    rbk_incident_fini(&i);
    return rc;
}
