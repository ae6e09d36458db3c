/* Carrying messages: in this process, with the channels of the Lua host; or by a process of their own that outlives us,
 * so that no command waits for a slow channel. */
#ifndef RBK_CLI_COURIER_H
#define RBK_CLI_COURIER_H

#include <cli/context.h>
#include <notify/notify.h>

/* The channels of the project, with what they need. */
struct rbk_courier;
/* Opens loop and scripts; the store is open already where something is to be delivered. Free it before `cli` is; NULL
 * is fine. */
int rbk_courier_open(struct rbk_cli *cli, struct rbk_courier **out, struct rbk_error *err);
void rbk_courier_free(struct rbk_courier *c);
/* Calls fn with each channel whose options are not right ("error"), with what else is wrong in `notify` and `otlp`, and
 * with secrets that stand in the file ("warning"). Sends nothing, looks up no secret. */
int rbk_courier_check(struct rbk_cli *cli, rbk_problem_fn *fn, void *arg, struct rbk_error *err);
/* The host for rbk_carriers_ops. */
void *rbk_courier_host(struct rbk_courier *c);

/* Runs the loop until the delivery is over. Of `o` only part, channel, only, linger_ms and bound_ms are read. What is
 * still under way at the bound is given up, and the courier is only good for freeing. */
int rbk_courier_deliver(struct rbk_courier *c, const struct rbk_delivery_options *o, struct rbk_delivery_report *report,
                        struct rbk_error *err);

/* Starts a process that delivers what is due, when there is something and nobody does. Failing is no error: the next
 * command tries again. */
void rbk_courier_start(struct rbk_cli *cli);

#endif
