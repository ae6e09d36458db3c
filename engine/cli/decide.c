/* Deciding only records; `resume` acts. */
#include <cli/decide.h>

#include <base/mem.h>
#include <cli/stored_run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --answer name=value, as often as given: a map of strings, NULL when there is none. */
static int read_answers(const struct rbk_args *args, rbk_value **out, struct rbk_error *err)
{
    *out = NULL;
    for (size_t i = 0; i < args->count; i++) {
        const struct rbk_given *g = &args->given[i];
        const char *eq = g->value ? strchr(g->value, '=') : NULL;
        if (strcmp(g->option->name, "answer") != 0)
            continue;
        if (!eq || eq == g->value) {
            rbk_value_free(*out);
            *out = NULL;
            return rbk_error_set(err, RBK_EINVAL, "--answer takes name=value, not \"%s\"", g->value);
        }
        char *name = rbk_strndup(g->value, (size_t)(eq - g->value));
        if (!*out)
            *out = rbk_map_new();
        rbk_map_set_string(*out, name, eq + 1);
        free(name);
    }
    return 0;
}

static int print_decision(struct rbk_cli *cli, const struct rbk_run_row *row, bool approve, struct rbk_error *err)
{
    char id[RBK_ULID_SIZE];
    if (cli->json)
        return rbk_stored_run_print(cli, row->id, err);
    rbk_stored_run_short(cli, row->id, id);
    printf("%s: %s %s\nnext            runbook resume %s\n", approve ? "approved" : "rejected", row->runbook, id, id);
    return 0;
}

int rbk_cli_decide(struct rbk_cli *cli, const struct rbk_args *args, bool approve, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    rbk_value *answers = NULL;
    int rc = read_answers(args, &answers, err);
    if (rc == 0)
        rc = rbk_cli_store_existing(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find(cli, args->rest.items[0], &row, err);
    if (rc == 0) {
        char *by = rbk_cli_user();
        struct rbk_decision_given decision = {.approve = approve,
                                              .step = args->rest.count > 1 ? args->rest.items[1] : NULL,
                                              .by = by,
                                              .why = rbk_args_get(args, "why"),
                                              .answers = answers};
        rc = rbk_gate_decide(cli->store, row.id, &decision, err);
        free(by);
        if (rc == 0)
            rc = print_decision(cli, &row, approve, err);
        rbk_run_row_fini(&row);
    }
    rbk_value_free(answers);
    return rc;
}
