/* A child run of a `call` leads to its root: gates and resume go through that. Only who looks gets the child itself. */
#include <cli/stored_run.h>

#include <base/fs.h>
#include <cli/output.h>
#include <cli/secret_params.h>
#include <stdio.h>
#include <stdlib.h>

static int follow_to_root(struct rbk_cli *cli, struct rbk_run_row *row, struct rbk_error *err)
{
    if (!row->root)
        return 0;
    struct rbk_run_row root = {0};
    int rc = rbk_journal_run_get(cli->store, row->root, &root, err);
    if (rc < 0)
        return rc;
    rbk_run_row_fini(row);
    *row = root;
    return 0;
}

static int find(struct rbk_cli *cli, const char *prefix, bool to_root, struct rbk_run_row *out, struct rbk_error *err)
{
    int rc = rbk_journal_run_find(cli->store, prefix, out, err);
    if (rc == 0 && to_root)
        rc = follow_to_root(cli, out, err);
    if (rc == 0)
        rc = rbk_report_state(cli->store, out, err);
    if (rc < 0)
        rbk_run_row_fini(out);
    return rc;
}

int rbk_stored_run_find(struct rbk_cli *cli, const char *prefix, struct rbk_run_row *out, struct rbk_error *err)
{
    return find(cli, prefix, true, out, err);
}

int rbk_stored_run_find_itself(struct rbk_cli *cli, const char *prefix, struct rbk_run_row *out, struct rbk_error *err)
{
    return find(cli, prefix, false, out, err);
}

/* Loads the runbook of a recorded run as it stands on disk now. */
static int load_plan(struct rbk_cli *cli, const struct rbk_run_row *row, struct rbk_plan **out, struct rbk_error *err)
{
    int rc = rbk_cli_lua(cli, err);
    if (rc < 0)
        return rc;
    if (row->path && row->path[0] == '/' && rbk_path_exists(row->path))
        return rbk_lua_load_file(cli->lua, row->runbook, row->path, out, err);
    return rbk_lua_load(cli->lua, row->runbook, out, err);
}

const char *rbk_stored_run_short(struct rbk_cli *cli, const char *id, char out[RBK_ULID_SIZE])
{
    if (rbk_journal_run_short(cli->store, id, out, NULL) < 0)
        snprintf(out, RBK_ULID_SIZE, "%s", id);
    return out;
}

static int write_portion(void *arg, const char *text, size_t len)
{
    int *lost = arg;
    *lost = rbk_output_write(1, text, len);
    return *lost;
}

int rbk_stored_run_print(struct rbk_cli *cli, const char *id, struct rbk_error *err)
{
    int lost = 0;
    fflush(stdout);
    int rc = rbk_report_write(cli->store, id, write_portion, &lost, err);
    return lost ? rbk_output_tell(lost) : rc;
}

/* That a run waits, or has a step in doubt, is an answer, too: with --json the run is shown as it stands. */
static int show_what_holds_it(struct rbk_cli *cli, const char *id, int rc, struct rbk_error *err)
{
    if (!cli->json || (rc != RBK_EWAITING && rc != RBK_EDOUBT))
        return rc;
    rbk_cli_complain(err);
    int printed = rbk_stored_run_print(cli, id, err);
    return printed == 0 ? rbk_exit_status(rc) : printed;
}

int rbk_stored_run_execute(struct rbk_cli *cli, const struct rbk_command_desc *desc, const struct rbk_args *args,
                           struct rbk_execution *e, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_plan *plan = NULL;
    rbk_value *params = NULL;
    int rc = rbk_cli_store_existing(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find(cli, args->rest.items[0], &row, err);
    if (rc < 0)
        return rc;
    rc = load_plan(cli, &row, &plan, err);
    if (rc == 0)
        rc = rbk_secret_params_bind(cli, plan, row.params, desc->options, args->params, &params, err);
    if (rc == 0) {
        e->plan = plan;
        e->params = params;
        e->resume = row.id;
        rc = show_what_holds_it(cli, row.id, rbk_execute(cli, e, err), err);
    }
    rbk_value_free(params);
    rbk_plan_free(plan);
    rbk_run_row_fini(&row);
    return rc;
}
