/* See settle.h. */
#include <cli/settle.h>

#include <base/str.h>
#include <notify/notify.h>
#include <run/run.h>
#include <stdio.h>
#include <string.h>

static void warn(const char *why)
{
    struct rbk_buf safe = {0};
    rbk_escape_terminal(&safe, why, strlen(why));
    fprintf(stderr, "runbook: warning: %s\n", safe.data);
    rbk_buf_fini(&safe);
}

void rbk_cli_settle(struct rbk_cli *cli)
{
    struct rbk_notify_settled settled;
    struct rbk_error ignored;
    if (!cli->store || !cli->config || !cli->writes)
        return;
    rbk_notify_settle(cli->store, cli->config, &settled, &ignored);
    if (settled.why[0])
        warn(settled.why);
}

int rbk_cli_store_settled(struct rbk_cli *cli, struct rbk_error *err)
{
    int rc = rbk_cli_store_read(cli, err);
    bool outstanding =
        rc == 0 && (rbk_notify_unsettled(cli->store, NULL) > 0 || rbk_run_orphaned(cli->store, NULL) > 0);
    if (cli->writes || !outstanding)
        return rc;
    rbk_store_close(cli->store);
    cli->store = NULL;
    return rbk_cli_store(cli, err);
}
