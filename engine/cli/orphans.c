/* See orphans.h. */
#include <cli/orphans.h>

#include <cli/telling.h>
#include <run/run.h>

/* Nothing of the runbook is loaded: one that cannot be would keep every command from the store. */
static int tell_orphan(void *arg, const struct rbk_run_row *row, struct rbk_error *err)
{
    static char why[] = "its process is gone without a word: it was killed, or the machine stopped";
    const struct rbk_cli *cli = arg;
    struct rbk_run_row told = *row;
    if (!rbk_notify_wanted(cli->config))
        return 0;
    told.reason = why;
    struct rbk_telling *telling =
        rbk_telling_new(cli->config, cli->store, rbk_map_get_string(row->options, RBK_OPTION_PRIORITY));
    rbk_telling_run(telling, &told);
    int rc = rbk_telling_write(telling, err);
    rbk_telling_free(telling);
    return rc;
}

void rbk_orphans_tell(struct rbk_cli *cli)
{
    struct rbk_error ignored;
    rbk_run_orphans(cli->store, tell_orphan, cli, &ignored);
}
