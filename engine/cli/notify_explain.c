/* `notify explain`: who would hear of an event and why, rule by rule; `notify preview`: what would arrive. */
#include <cli/carriers.h>
#include <cli/courier.h>
#include <cli/notify_commands.h>
#include <cli/settle.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_rules(struct rbk_buf *out, const rbk_value *rules)
{
    for (size_t i = 0; i < rbk_value_length(rules); i++) {
        const rbk_value *row = rbk_list_at(rules, i), *to = rbk_map_get(row, "to");
        rbk_buf_printf(out, "rule %lld  %s", (long long)rbk_value_int(rbk_map_get(row, "rule")),
                       rbk_value_bool(rbk_map_get(row, "sent")) ? "tells" : "is silent towards");
        for (size_t k = 0; k < rbk_value_length(to); k++)
            rbk_buf_printf(out, "%s %s", k ? "," : "", rbk_value_string(rbk_list_at(to, k)));
        rbk_buf_puts(out, ": ");
        const char *why = rbk_map_get_string(row, "why");
        rbk_escape_terminal(out, why, strlen(why));
        rbk_buf_putc(out, '\n');
    }
}

static void put_messages(struct rbk_buf *out, const rbk_value *messages, int64_t now_ms)
{
    for (size_t i = 0; i < rbk_value_length(messages); i++) {
        const rbk_value *row = rbk_list_at(messages, i);
        int64_t due_ms = rbk_value_int(rbk_map_get(row, "due_ms"));
        const char *group = rbk_map_get_string(row, "group");
        char when[RBK_TIME_SIZE];
        rbk_time_local(due_ms, when);
        rbk_buf_printf(out, "message   to %s, %s%s", rbk_map_get_string(row, "channel"),
                       due_ms > now_ms ? "at " : "at once", due_ms > now_ms ? when : "");
        rbk_buf_puts(out, ", about ");
        rbk_escape_terminal(out, group, strlen(group));
        rbk_buf_puts(out, rbk_map_get_string(row, "joins") ? ", joins one that waits\n" : "\n");
    }
    if (!rbk_value_length(messages))
        rbk_buf_puts(out, "nobody would hear of it\n");
}

/* The priority of an event is that of its runbook; what was not said is told. */
static void assume_priority(struct rbk_cli *cli, rbk_value *event, struct rbk_buf *told)
{
    const char *runbook = rbk_map_get_string(event, "runbook"), *priority = NULL;
    struct rbk_plan *plan = NULL;
    struct rbk_error err = {0};
    if (rbk_map_get(event, "priority"))
        return;
    if (runbook && rbk_cli_lua(cli, &err) == 0 && rbk_lua_load(cli->lua, runbook, &plan, &err) == 0)
        priority = plan->priority;
    rbk_map_set_string(event, "priority", priority ? priority : "medium");
    rbk_buf_printf(told, "assumed   priority %s", priority ? priority : "medium");
    if (priority)
        rbk_buf_puts(told, ", that of the runbook");
    if (runbook && !plan) {
        rbk_buf_puts(told, ", since the runbook does not tell: ");
        rbk_escape_terminal(told, err.message, strlen(err.message));
        if (err.hint[0])
            rbk_buf_printf(told, " (%s)", err.hint);
    }
    rbk_buf_puts(told, "; another is written priority=high\n");
    rbk_plan_free(plan);
}

/* Takes the document. */
static int print_explained(struct rbk_cli *cli, rbk_value *document, const struct rbk_buf *assumed, int64_t now_ms)
{
    struct rbk_buf text = {0};
    if (cli->json)
        return rbk_cli_print_json(document);
    if (!rbk_value_length(rbk_map_get(document, "rules")))
        rbk_buf_puts(&text, "there are no rules: notify.rules in runbook.yaml says who hears of what\n");
    put_rules(&text, rbk_map_get(document, "rules"));
    put_messages(&text, rbk_map_get(document, "messages"), now_ms);
    rbk_buf_append(&text, assumed->data ? assumed->data : "", assumed->len);
    rbk_style_write(&cli->out, &text);
    rbk_buf_fini(&text);
    rbk_value_free(document);
    return 0;
}

int rbk_notify_word_explain(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    int64_t now_ms = rbk_clock_wall_ms();
    struct rbk_buf assumed = {0};
    rbk_value *event = NULL, *document = NULL;
    int rc = rbk_notify_event_read(args, 1, &event, err);
    if (rc == 0)
        rc = rbk_cli_config(cli, err);
    if (rc == 0)
        rc = rbk_notify_check(cli->config, err);
    if (rc == 0)
        rc = rbk_cli_store_settled(cli, err);
    if (rc == RBK_ENOENT) /* what rules know of the past is in the store: none yet */
        rc = rbk_cli_store(cli, err);
    if (rc == 0) {
        assume_priority(cli, event, &assumed);
        rc = rbk_notify_explain(cli->store, cli->config, event, now_ms, &document, err);
    }
    if (rc == 0)
        rc = print_explained(cli, document, &assumed, now_ms);
    rbk_value_free(event);
    rbk_buf_fini(&assumed);
    return rc;
}

/* ---- preview --------------------------------------------------------------------------------------------------- */

static void set_if_absent(rbk_value *event, const char *name, const char *text)
{
    if (!rbk_map_get(event, name))
        rbk_map_set_string(event, name, text);
}

/* What a failed run of this project might say. */
static void fill_example(rbk_value *event, const char *project)
{
    static const char *const next[] = {"runbook logs 01kd4f7c8m2x", "runbook retry 01kd4f7c8m2x smoke_tests"};
    rbk_value *check = rbk_map_new(), *checks = rbk_list_new(), *commands = rbk_list_new();
    rbk_map_set_string(check, "expr", "failure_rate < 2%");
    rbk_map_set_string(check, "value", "5.1%");
    rbk_map_set_string(check, "threshold", "2%");
    rbk_map_set_string(check, "result", "not-met");
    rbk_list_append(checks, check);
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++)
        rbk_list_append(commands, rbk_string_new(next[i]));
    set_if_absent(event, "runbook", "daily/morning-health-check");
    set_if_absent(event, "priority", "high");
    set_if_absent(event, "project", project);
    set_if_absent(event, "host", "build-7");
    set_if_absent(event, "run", "01kd4f7c8m2xexample0000000");
    set_if_absent(event, "run_short", "01kd4f7c8m2x");
    set_if_absent(event, "step", "Run smoke tests");
    set_if_absent(event, "error", "a check was not met");
    set_if_absent(event, "output", "FAILED tests/test_cart.py::test_total[3]\n1 failed, 18 passed in 4.1s");
    rbk_map_set_int(event, "time", rbk_clock_wall_ms());
    if (!rbk_map_get(event, "checks"))
        rbk_map_set(event, "checks", checks);
    else
        rbk_value_free(checks);
    if (!rbk_map_get(event, "next"))
        rbk_map_set(event, "next", commands);
    else
        rbk_value_free(commands);
}

int rbk_notify_word_preview(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_courier *courier = NULL;
    rbk_value *event = NULL, *events = rbk_list_new();
    char *text = NULL, *encoded = NULL;
    int rc = rbk_notify_event_read(args, 2, &event, err);
    if (rc == 0)
        rc = rbk_courier_open(cli, &courier, err);
    if (rc == 0)
        rc = rbk_carriers_ops.check(rbk_courier_host(courier), args->rest.items[1], err);
    if (rc == 0) {
        fill_example(event, cli->config->project);
        rbk_list_append(events, rbk_value_dup(event));
        encoded = rbk_value_encode(events);
        struct rbk_message m = {.key = "01kd4f7c8m2xpreview0000000",
                                .channel = args->rest.items[1],
                                .group = rbk_map_get_string(event, "key"),
                                .priority = rbk_map_get_string(event, "priority"),
                                .subject = rbk_map_get_string(event, "title"),
                                .events = encoded,
                                .count = 1,
                                .created_ms = rbk_clock_wall_ms()};
        rc = rbk_carriers_ops.preview(rbk_courier_host(courier), &m, &text, err);
    }
    rbk_courier_free(courier);
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.notify.preview/1");
        rbk_map_set_string(document, "channel", args->rest.items[1]);
        rbk_map_set_string(document, "text", text);
        rc = rbk_cli_print_json(document);
    } else if (rc == 0) {
        struct rbk_buf safe = {0};
        rbk_escape_terminal(&safe, text, strlen(text));
        if (!rbk_ends_with(text, "\n"))
            rbk_buf_putc(&safe, '\n');
        rbk_style_write(&cli->out, &safe);
        rbk_buf_fini(&safe);
    }
    free(text);
    free(encoded);
    rbk_value_free(event);
    rbk_value_free(events);
    return rc;
}
