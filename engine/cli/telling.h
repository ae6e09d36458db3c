/* What happens in a run as events of notification, recorded in the transaction that records it; the rules are asked
 * when that is on disk. Only made when a rule of runbook.yaml listens. */
#ifndef RBK_CLI_TELLING_H
#define RBK_CLI_TELLING_H

#include <notify/notify.h>
#include <store/journal.h>

struct rbk_telling;
/* `priority` is that of the runbook, NULL = none; all is borrowed. */
struct rbk_telling *rbk_telling_new(const struct rbk_config *config, struct rbk_store *store, const char *priority);
void rbk_telling_free(struct rbk_telling *t); /* NULL is fine */
/* How many events were recorded so far. */
int rbk_telling_recorded(const struct rbk_telling *t);

/* As in struct rbk_run_meter (run/run.h). */
void rbk_telling_run(struct rbk_telling *t, const struct rbk_run_row *run);
void rbk_telling_step(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step);
void rbk_telling_command(struct rbk_telling *t, const struct rbk_step_row *step, const struct rbk_command_row *command);
void rbk_telling_event(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                       const char *kind, const rbk_value *data);
int rbk_telling_write(struct rbk_telling *t, struct rbk_error *err);

#endif
