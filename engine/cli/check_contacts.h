/* What `check` and `doctor` say about escalation: contacts that nothing calls, and calls that reach nobody. */
#ifndef RBK_CLI_CHECK_CONTACTS_H
#define RBK_CLI_CHECK_CONTACTS_H

#include <config/config.h>
#include <run/plan.h>

/* Warns of each entry of `contacts` that no row of the matrix, no rota and none of `escalated` names, the contacts of
 * the runbooks' `escalate`. Silent where a rota is a command: whom it may name is not known. */
void rbk_check_contacts(const struct rbk_config *config, const struct rbk_strv *escalated, rbk_problem_fn *fn,
                        void *arg);
/* Warns when the runbook escalates and nobody would be told of it. */
void rbk_check_escalation(const struct rbk_config *config, const struct rbk_plan *plan, rbk_problem_fn *fn, void *arg);
/* The first row of the matrix of whose incidents nobody is told; NULL = none. */
const struct rbk_escalation *rbk_unheard_row(const struct rbk_config *config);

#endif
