/* The two lines that stand above the steps of a run, live or recorded: what it is, and who began it with what. */
#ifndef RBK_CLI_RUN_HEADER_H
#define RBK_CLI_RUN_HEADER_H

#include <cli/style.h>
#include <runbook/value.h>

struct rbk_run_header {                    /* all borrowed */
    const char *runbook, *title, *urgency; /* urgency: "high, respond within 2h", NULL */
    const char *run;                       /* id, short */
    const rbk_value *params;
    const char *by, *host, *when;
};
/* On a terminal they break between words. */
void rbk_run_header(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run_header *h);

#endif
