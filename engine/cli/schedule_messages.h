/* The daemon's share in delivering messages: it starts a process for what is due again after a failure, and otherwise
 * sleeps. Who delivers says by a mark in the state folder that something is left. */
#ifndef RBK_CLI_SCHEDULE_MESSAGES_H
#define RBK_CLI_SCHEDULE_MESSAGES_H

#include <cli/context.h>

struct rbk_schedule_messages;
/* Store, loop and configuration are open; the first two stay so. `program` is how this program is started (cli/self.h).
 */
int rbk_schedule_messages_new(const struct rbk_cli *cli, const struct rbk_strv *program,
                              struct rbk_schedule_messages **out, struct rbk_error *err);
void rbk_schedule_messages_free(struct rbk_schedule_messages *m); /* NULL is fine */

/* Tells a daemon, if there is one, that messages are left for later. */
void rbk_schedule_messages_mark(struct rbk_store *store);

#endif
