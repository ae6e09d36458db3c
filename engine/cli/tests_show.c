/* `tests show`: one case: how it went lately, its last message, and how to run it alone. */
#include <cli/tests_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <results/history.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXECUTIONS = 20, WHOLE = 10000 };

struct showing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *cases, *executions; /* the executions of the last case in the list */
    char *key, *level, *message;   /* message: the latest failure's */
};

static void finish_case(struct showing *s)
{
    if (!s->key)
        return;
    rbk_tests_put_message(&s->text, &s->cli->out, "    | ", s->message, WHOLE);
    free(s->message);
    s->message = NULL;
    struct rbk_buf quoted = {0};
    rbk_shell_quote(&quoted, s->key);
    rbk_buf_printf(&s->text, "  run it alone  runbook tests rerun %s --case %s\n\n", s->level, quoted.data);
    rbk_buf_fini(&quoted);
}

static void begin_case(struct showing *s, const struct rbk_case_row *c, char *key)
{
    finish_case(s);
    free(s->key);
    free(s->level);
    s->key = key;
    s->level = rbk_strdup(c->level);
    rbk_style_put(&s->cli->out, &s->text, RBK_BOLD, key);
    rbk_buf_printf(&s->text, "\n  level %s, %s", c->level, rbk_outcome_name(c->outcome));
    if (c->consecutive_failures)
        rbk_buf_printf(&s->text, ", failed %d time%s in a row", c->consecutive_failures,
                       c->consecutive_failures == 1 ? "" : "s");
    rbk_buf_putc(&s->text, '\n');
    rbk_value *v = rbk_tests_case_value(c);
    rbk_map_set_string(v, "outcome", rbk_outcome_name(c->outcome));
    rbk_map_set(v, "executions", rbk_list_new());
    s->executions = rbk_map_get_mut(v, "executions");
    rbk_list_append(s->cases, v);
}

static void put_execution(struct showing *s, const struct rbk_execution_row *e)
{
    char when[RBK_TIME_SIZE], took[RBK_TIME_SIZE] = "";
    rbk_time_local(e->at_ms, when);
    if (e->time_us >= 0)
        rbk_duration_format(e->time_us / 1000, took);
    rbk_buf_printf(&s->text, "  %s  %-7s %s%s\n", when, rbk_outcome_name(e->outcome), took, e->flaky ? "  flaky" : "");
    if (!s->message && e->message && *e->message)
        s->message = rbk_strdup(e->message);
    rbk_value *v = rbk_map_new();
    rbk_time_rfc3339(e->at_ms, when);
    rbk_map_set_string(v, "at", when);
    rbk_map_set_string(v, "outcome", rbk_outcome_name(e->outcome));
    rbk_map_set(v, "time_us", e->time_us < 0 ? rbk_null_new() : rbk_int_new(e->time_us));
    rbk_map_set_bool(v, "flaky", e->flaky);
    rbk_map_set_string(v, "run", e->run);
    rbk_map_set_string(v, "variant", e->variant);
    rbk_list_append(s->executions, v);
}

static int show_execution(void *arg, const struct rbk_case_row *c, const struct rbk_execution_row *e)
{
    struct showing *s = arg;
    char *key = rbk_case_id(c->suite, c->name, c->file);
    if (!s->key || strcmp(s->key, key) != 0 || strcmp(s->level, c->level) != 0)
        begin_case(s, c, key);
    else
        free(key);
    put_execution(s, e);
    return 0;
}

static int print_showing(struct showing *s, const char *name, struct rbk_error *err)
{
    if (rbk_value_length(s->cases) == 0) {
        rbk_error_set(err, RBK_ENOENT, "no case in the history is called \"%s\"", name);
        return rbk_error_hint(err, "`runbook tests failing` lists the failing ones by name");
    }
    if (!s->cli->json) {
        rbk_style_write(&s->cli->out, &s->text);
        return 0;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.tests.show/1");
    rbk_map_set(document, "cases", s->cases);
    s->cases = NULL;
    return rbk_cli_print_json(document);
}

int rbk_tests_show(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct showing s = {.cli = cli, .cases = rbk_list_new()};
    const char *name = args->rest.items[1];
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_results_case(cli->store, name, EXECUTIONS, show_execution, &s, err);
    finish_case(&s);
    if (rc == 0 || rc == RBK_ENOENT)
        rc = print_showing(&s, name, err);
    rbk_value_free(s.cases);
    free(s.key);
    free(s.level);
    free(s.message);
    rbk_buf_fini(&s.text);
    return rc;
}
