/* Printing the logs of a run's steps, and following them while the run goes on. */
#ifndef RBK_CLI_LOG_FOLLOW_H
#define RBK_CLI_LOG_FOLLOW_H

#include <cli/context.h>
#include <run/run.h>
#include <store/log.h>

struct rbk_log_follow_options {
    const char *run;       /* id */
    const rbk_value *plan; /* as recorded, for the numbers of steps */
    const char *step;      /* key, id or number of one step; NULL = all */
    bool follow, times;
};

/* Prints to stdout. RBK_ENOENT when there is no such step. Ends when the run has come to rest and all is printed. */
int rbk_log_follow(struct rbk_cli *cli, const struct rbk_log_follow_options *o, struct rbk_error *err);

#endif
