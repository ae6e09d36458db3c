/* The triggers of all runbooks, held against what is known now. */
#ifndef RBK_CLI_TRIGGERS_H
#define RBK_CLI_TRIGGERS_H

#include <cli/known_facts.h>
#include <run/plan.h>

struct rbk_trigger { /* borrowed during the call */
    const struct rbk_plan *plan;
    struct rbk_verdict verdict;
    const struct rbk_strv *names; /* what it reads */
    struct rbk_known_facts *known;
};
typedef int rbk_trigger_fn(void *arg, const struct rbk_trigger *trigger);
/* Every runbook that has a trigger, in order of id; one that does not load is passed over. Non-zero stops and is
 * returned. The store may be missing: then everything is unknown. */
int rbk_triggers_each(struct rbk_cli *cli, rbk_trigger_fn *fn, void *arg, struct rbk_error *err);
/* When the newest of the facts that it reads was measured; 0 = not known. */
int64_t rbk_trigger_measured_ms(const struct rbk_trigger *t);

/* After a run, with `incidents: { open: automatic }`: opens the incident of every runbook whose trigger holds by
 * something that was measured since that incident was last opened or resolved. What goes wrong is said and changes
 * nothing. */
void rbk_triggers_open(struct rbk_cli *cli, const char *run);

#endif
