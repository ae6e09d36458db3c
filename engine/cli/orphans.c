/* See orphans.h. */
#include <cli/orphans.h>

#include <cli/telling.h>
#include <run/run.h>

/* The priority is that of the runbook, where it still loads. */
static int tell_orphan(void *arg, const struct rbk_run_row *row, struct rbk_error *err)
{
    static char why[] = "its process is gone without a word: it was killed, or the machine stopped";
    struct rbk_cli *cli = arg;
    struct rbk_run_row told = *row;
    struct rbk_plan *plan = NULL;
    if (!rbk_notify_wanted(cli->config))
        return 0;
    told.reason = why;
    if (rbk_cli_lua(cli, NULL) == 0 && rbk_lua_load(cli->lua, row->runbook, &plan, NULL) < 0)
        plan = NULL;
    struct rbk_telling *telling = rbk_telling_new(cli->config, cli->store, plan ? plan->priority : NULL);
    rbk_telling_run(telling, &told);
    int rc = rbk_telling_write(telling, err);
    rbk_telling_free(telling);
    rbk_plan_free(plan);
    return rc;
}

void rbk_orphans_tell(struct rbk_cli *cli)
{
    struct rbk_error ignored;
    rbk_run_orphans(cli->store, tell_orphan, cli, &ignored);
}
