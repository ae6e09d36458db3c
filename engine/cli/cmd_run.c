/* `run`: a runbook by name, its parameters from the command line, to the end. `runbook a/b` is `runbook run a/b`. */
#include <cli/commands.h>
#include <cli/execute.h>
#include <cli/plan_view.h>

#include <base/mem.h>
#include <run/param.h>
#include <stdlib.h>
#include <string.h>

static const struct rbk_option options[] = {
    {"dry-run", 'n', NULL, "show what would be done, do nothing"},
    {"yes", 'y', NULL, "answer every `confirm` with yes"},
    {"from", 0, "STEP", "start at this step; the ones before are skipped"},
    {"only", 0, "STEP", "do only this step"},
    {"step", 0, NULL, "ask before every step"},
    {0},
};

/* Collects parameters while the arguments are read; the plan says which ones are switches. */
struct param_reader {
    const struct rbk_plan *plan;
    rbk_value *given;
};

static const struct rbk_param *plan_param(const struct rbk_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->param_count; i++)
        if (strcmp(plan->params[i].name, name) == 0)
            return &plan->params[i];
    return NULL;
}

static char *name_of_flag(const char *flag)
{
    char *name = rbk_strdup(flag);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    return name;
}

static int refuse_param(const struct rbk_plan *plan, const char *flag, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    for (size_t i = 0; i < plan->param_count; i++)
        rbk_strv_add(&names, plan->params[i].name);
    for (const struct rbk_option *o = options; o->name; o++)
        rbk_strv_add(&names, o->name);
    for (const struct rbk_option *o = rbk_global_options; o->name; o++)
        rbk_strv_add(&names, o->name);
    const char *near = rbk_did_you_mean(flag, (const char *const *)names.items, names.count);
    rbk_error_set(err, RBK_EINVAL, "%s has no parameter --%s", plan->id, flag);
    if (near)
        rbk_error_hint(err, "did you mean --%s?", near);
    else
        rbk_error_hint(err, "`runbook show %s` lists its parameters", plan->id);
    rbk_strv_fini(&names);
    return RBK_EINVAL;
}

/* A switch stands alone, unless the word behind it can only be its value. */
static bool stands_alone(const struct rbk_param *p, const char *next)
{
    rbk_value *value = NULL;
    bool alone = p->type == RBK_PARAM_BOOLEAN && (!next || rbk_param_parse(p, next, &value, NULL) < 0);
    rbk_value_free(value);
    return alone;
}

static int take_param(void *arg, const char *flag, const char *value, const char *next, struct rbk_error *err)
{
    struct param_reader *r = arg;
    char *name = name_of_flag(flag);
    const struct rbk_param *p = plan_param(r->plan, name);
    int used = 0;
    if (!p) {
        used = refuse_param(r->plan, flag, err);
    } else if (value) {
        rbk_map_set_string(r->given, name, value);
    } else if (stands_alone(p, next)) {
        rbk_map_set_string(r->given, name, "true");
    } else if (next) {
        rbk_map_set_string(r->given, name, next);
        used = 1;
    } else {
        used = rbk_error_set(err, RBK_EINVAL, "--%s needs a value (%s)", flag, rbk_param_type_name(p->type));
    }
    free(name);
    return used;
}

/* `name=value` among the positional arguments. */
static int take_assignments(struct param_reader *r, const struct rbk_args *args, struct rbk_error *err)
{
    for (size_t i = 1; i < args->rest.count; i++) {
        const char *word = args->rest.items[i], *eq = strchr(word, '=');
        if (!eq) {
            rbk_error_set(err, RBK_EINVAL, "\"%s\" is neither an option nor name=value", word);
            return rbk_error_hint(err, "parameters are written --name value or name=value");
        }
        char *flag = rbk_strndup(word, (size_t)(eq - word));
        int rc = take_param(r, flag, eq + 1, NULL, err);
        free(flag);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int dry_run(struct rbk_cli *cli, const struct rbk_plan *plan, const rbk_value *params)
{
    if (cli->json)
        return rbk_cli_print_json(rbk_plan_to_value(plan));
    struct rbk_buf out = {0};
    rbk_plan_view(&out, &cli->out, plan, params);
    rbk_buf_puts(&out, "\ndry run: nothing was done\n");
    rbk_style_write(&cli->out, &out);
    rbk_buf_fini(&out);
    return 0;
}

static int perform(struct rbk_cli *cli, const struct rbk_plan *plan, const rbk_value *params,
                   const struct rbk_args *args, struct rbk_error *err)
{
    if (rbk_args_has(args, "dry-run"))
        return dry_run(cli, plan, params);
    if (rbk_args_has(args, "from") && rbk_args_has(args, "only"))
        return rbk_error_set(err, RBK_EINVAL, "--from and --only do not go together: which steps are to run?");
    struct rbk_execution e = {.plan = plan,
                              .params = params,
                              .yes = rbk_args_has(args, "yes"),
                              .step_by_step = rbk_args_has(args, "step"),
                              .from = rbk_args_get(args, "from"),
                              .only = rbk_args_get(args, "only")};
    return rbk_execute(cli, &e, err);
}

/* The help of one runbook: what it is for and what it takes. */
static int print_runbook_help(struct rbk_cli *cli, const struct rbk_plan *plan)
{
    struct rbk_buf out = {0};
    rbk_buf_printf(&out, "usage: runbook %s%s\n\n", plan->id, plan->param_count ? " [--param value ...]" : "");
    rbk_style_fit(&out, plan->title, 200);
    rbk_buf_putc(&out, '\n');
    if (plan->help)
        rbk_buf_printf(&out, "%s\n", plan->help);
    rbk_plan_view_params(&out, &cli->out, plan);
    rbk_style_write(&cli->out, &out);
    rbk_buf_fini(&out);
    rbk_command_print_options(&rbk_cmd_run);
    return 0;
}

/* Reads the arguments in the light of the plan, then runs it. */
static int run_plan(struct rbk_cli *cli, const struct rbk_plan *plan, int argc, char **argv, struct rbk_error *err)
{
    struct param_reader reader = {plan, rbk_map_new()};
    struct rbk_args args = {0};
    rbk_value *params = NULL;
    int rc = rbk_args_parse(cli, options, argc, argv, &args, take_param, &reader, err);
    bool help = rbk_args_has(&args, "help");
    if (rc == 0 && !help)
        rc = take_assignments(&reader, &args, err);
    if (rc == 0 && !help)
        rc = rbk_params_bind(plan->params, plan->param_count, reader.given, &params, err);
    if (rc == 0)
        rc = help ? print_runbook_help(cli, plan) : perform(cli, plan, params, &args, err);
    rbk_value_free(params);
    rbk_value_free(reader.given);
    rbk_args_fini(&args);
    return rc;
}

/* --project and --state decide which plan is meant, so they are read before the parameters can be. */
static void read_places(struct rbk_cli *cli, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        if (rbk_starts_with(arg, "--project="))
            cli->project = arg + strlen("--project=");
        else if (strcmp(arg, "--project") == 0 && i + 1 < argc)
            cli->project = argv[++i];
        else if (strcmp(arg, "--json") == 0)
            cli->json = cli->no_input = true;
    }
}

static int run_named(struct rbk_cli *cli, const char *name, int argc, char **argv, struct rbk_error *err)
{
    struct rbk_plan *plan = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_lua_load(cli->lua, name, &plan, err);
    if (rc == 0)
        rc = run_plan(cli, plan, argc, argv, err);
    rbk_plan_free(plan);
    return rc;
}

static int run_run(struct rbk_cli *cli, int argc, char **argv)
{
    struct rbk_error err = {0};
    int at = rbk_args_first_word(options, argc, argv);
    if (at == argc)
        return rbk_command_do(cli, &rbk_cmd_run, 1, 1, argc, argv, NULL);
    read_places(cli, argc, argv);
    int rc = run_named(cli, argv[at], argc, argv, &err);
    return rc < 0 ? rbk_cli_fail(cli, &err) : rc;
}

const struct rbk_command_desc rbk_cmd_run = {
    .name = "run",
    .arguments = "NAME [--param value ...]",
    .summary = "Run a runbook.",
    .help = "NAME may stand alone when it holds a slash: `runbook daily/morning-health-\n"
            "check`. Parameters are written --name value, --name=value or name=value;\n"
            "`runbook show NAME` lists them. The run is recorded step by step and can be\n"
            "resumed after a crash, a reboot or a Ctrl-C.\n",
    .options = options,
    .run = run_run};
