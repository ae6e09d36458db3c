/* Secret parameters are not stored: whoever goes on with a run gives them again. */
#ifndef RBK_CLI_SECRET_PARAMS_H
#define RBK_CLI_SECRET_PARAMS_H

#include <cli/context.h>
#include <run/plan.h>

/* Types what was given (name -> text or true, NULL = nothing) against the secret parameters of the plan; the others
 * are as they were when the run began. A person at the terminal is asked for what `stored`, the recorded parameters,
 * had and was not given. *out is a new map, with only what was given. */
int rbk_secret_params_bind(const struct rbk_cli *cli, const struct rbk_plan *plan, const rbk_value *stored,
                           const struct rbk_option *options, const rbk_value *given, rbk_value **out,
                           struct rbk_error *err);

#endif
