/* A plan as text for a person: `show`, and the dry run. */
#ifndef RBK_CLI_PLAN_VIEW_H
#define RBK_CLI_PLAN_VIEW_H

#include <cli/style.h>
#include <run/plan.h>

/* Appends the plan. With `params` (a bound map) names that they give are replaced in what is shown; NULL shows them as
 * written. */
void rbk_plan_view(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_plan *plan,
                   const rbk_value *params);

/* Appends the parameters alone: what the command line takes. Nothing when there are none. */
void rbk_plan_view_params(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_plan *plan);

#endif
