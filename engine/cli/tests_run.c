/* `tests run` and `tests rerun` are the bundled runbooks tests/run and tests/rerun with their parameters taken from the
 * command line: one mechanism records, resumes and shows them. */
#include <cli/tests_commands.h>

#include <cli/execute.h>
#include <run/param.h>
#include <stdlib.h>

/* An option of the command as a parameter of the runbook of the same meaning. */
struct passed_on {
    const char *option, *param;
};

static rbk_value *params_given(const struct rbk_args *args, const struct passed_on *map)
{
    rbk_value *given = rbk_map_new();
    for (; map->option; map++) {
        const char *value = rbk_args_get(args, map->option);
        if (rbk_args_has(args, map->option))
            rbk_map_set_string(given, map->param, value ? value : "true");
    }
    if (args->rest.count > 1)
        rbk_map_set_string(given, "level", args->rest.items[1]);
    return given;
}

static int print_facts(rbk_value *facts, const char *reason)
{
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.tests.run/1");
    rbk_map_set_string(document, "error", reason);
    for (size_t i = 0; i < rbk_value_length(facts); i++)
        rbk_map_set(document, rbk_map_key_at(facts, i), rbk_value_dup(rbk_map_value_at(facts, i)));
    return rbk_cli_print_json(document);
}

/* Tests that could not be run have no facts: none at all must not be taken for none that fail. */
static int print_json(struct rbk_cli *cli, rbk_value *facts, int status, const char *reason, struct rbk_error *err)
{
    if (status == 0 || rbk_map_get(facts, "total")) {
        int printed = print_facts(facts, reason);
        return printed ? printed : status;
    }
    int code = status == rbk_exit_status(RBK_ETIMEOUT)     ? RBK_ETIMEOUT
               : status == rbk_exit_status(RBK_ECANCELLED) ? RBK_ECANCELLED
                                                           : RBK_EFAIL;
    rbk_error_set(err, code, "%s", reason ? reason : "the tests could not be run");
    rbk_cli_fail(cli, err);
    return status;
}

static int run_bundled(struct rbk_cli *cli, const char *id, rbk_value *given, struct rbk_error *err)
{
    struct rbk_plan *plan = NULL;
    rbk_value *params = NULL, *facts = NULL;
    char *reason = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_lua_load(cli->lua, id, &plan, err);
    if (rc == 0)
        rc = rbk_params_bind(plan->params, plan->param_count, given, &params, err);
    if (rc == 0) {
        struct rbk_execution e = {
            .plan = plan, .params = params, .silent = cli->json, .facts = &facts, .reason = &reason};
        rc = rbk_execute(cli, &e, err);
    }
    if (rc >= 0 && cli->json)
        rc = print_json(cli, facts, rc, reason, err);
    free(reason);
    rbk_value_free(facts);
    rbk_value_free(params);
    rbk_plan_free(plan);
    return rc;
}

static int run_with(struct rbk_cli *cli, const char *id, const struct rbk_args *args, const struct passed_on *map,
                    struct rbk_error *err)
{
    rbk_value *given = params_given(args, map);
    int rc = run_bundled(cli, id, given, err);
    rbk_value_free(given);
    return rc;
}

int rbk_tests_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    static const struct passed_on map[] = {{"level", "level"},         {"variant", "variant"}, {"parallel", "parallel"},
                                           {"fail-fast", "fail_fast"}, {"repeat", "repeat"},   {0}};
    return run_with(cli, "tests/run", args, map, err);
}

int rbk_tests_rerun(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    static const struct passed_on map[] = {
        {"level", "level"}, {"case", "case"}, {"times", "times"}, {"repeat", "times"}, {0}};
    return run_with(cli, "tests/rerun", args, map, err);
}
