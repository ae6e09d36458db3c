/* See courier.h. */
#include <cli/courier.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/carriers.h>
#include <cli/self.h>
#include <cli/settle.h>
#include <loop/detach.h>
#include <net/net.h>
#include <otlp/otlp.h>
#include <stdlib.h>

struct rbk_courier {
    struct rbk_cli *cli;
    struct rbk_net *net;
    struct rbk_carriers carriers;
    struct rbk_delivery *delivery; /* one that ended; its memory goes after the channels */
    struct rbk_delivery_report report;
    struct rbk_error failed;
    bool ended;
};

int rbk_courier_open(struct rbk_cli *cli, struct rbk_courier **out, struct rbk_error *err)
{
    struct rbk_net *net = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_cli_loop(cli, err);
    if (rc == 0)
        rc = rbk_net_new(cli->loop, cli->config, &net, err);
    if (rc < 0)
        return rc;
    if (!cli->redactor)
        cli->redactor = rbk_redactor_new();
    struct rbk_courier *c = rbk_alloc(sizeof *c);
    c->cli = cli;
    c->net = net;
    const struct rbk_otlp_pusher_options telemetry = {.loop = cli->loop,
                                                      .net = net,
                                                      .store = cli->store,
                                                      .config = cli->config,
                                                      .redactor = cli->redactor,
                                                      .version = RUNBOOK_VERSION};
    c->carriers.channels = rbk_channels_new(cli->lua, cli->loop, net, cli->redactor);
    c->carriers.telemetry = rbk_otlp_pusher_new(&telemetry);
    *out = c;
    return 0;
}

void rbk_courier_free(struct rbk_courier *c)
{
    if (!c)
        return;
    rbk_channels_free(c->carriers.channels);
    rbk_otlp_pusher_free(c->carriers.telemetry);
    rbk_net_free(c->net);
    rbk_delivery_free(c->delivery);
    free(c);
}

struct checked {
    const struct rbk_config *config;
    rbk_problem_fn *fn;
    void *arg;
};

static void take_doubt(void *arg, const char *const *path, const struct rbk_error *doubt)
{
    const struct checked *c = arg;
    struct rbk_error placed = *doubt;
    rbk_config_place(c->config, path, &placed);
    c->fn(c->arg, "warning", &placed);
}

static void check_channel(struct rbk_courier *c, const char *name, struct checked *checked)
{
    struct rbk_error problem = {0};
    if (rbk_carriers_ops.check(&c->carriers, name, &problem) == 0) {
        rbk_channel_doubts(c->carriers.channels, name, take_doubt, checked);
        return;
    }
    if (!problem.line)
        rbk_config_place(checked->config, (const char *const[]){"channels", name, NULL}, &problem);
    checked->fn(checked->arg, "error", &problem);
}

int rbk_courier_check(struct rbk_cli *cli, rbk_problem_fn *fn, void *arg, struct rbk_error *err)
{
    struct checked checked = {cli->config, fn, arg};
    const rbk_value *channels = rbk_config_get(cli->config, "channels");
    struct rbk_error problem;
    struct rbk_courier *c = NULL;
    if (rbk_notify_check(cli->config, &problem) < 0)
        fn(arg, "error", &problem);
    if (rbk_otlp_check(cli->config, &problem) < 0) {
        rbk_config_place(cli->config, (const char *const[]){"otlp", "endpoint", NULL}, &problem);
        fn(arg, "error", &problem);
    }
    if (rbk_value_length(channels) == 0)
        return 0;
    int rc = rbk_courier_open(cli, &c, err);
    for (size_t i = 0; rc == 0 && i < rbk_value_length(channels); i++)
        check_channel(c, rbk_map_key_at(channels, i), &checked);
    rbk_courier_free(c);
    return rc;
}

void *rbk_courier_host(struct rbk_courier *c)
{
    return &c->carriers;
}

static void on_ended(void *arg, const struct rbk_delivery_report *report, const struct rbk_error *failed)
{
    struct rbk_courier *c = arg;
    c->ended = true;
    c->report = *report;
    if (failed)
        c->failed = *failed;
    rbk_loop_stop(c->cli->loop);
}

int rbk_courier_deliver(struct rbk_courier *c, const struct rbk_delivery_options *o, struct rbk_delivery_report *report,
                        struct rbk_error *err)
{
    struct rbk_delivery_options options = *o;
    options.loop = c->cli->loop;
    options.store = c->cli->store;
    options.config = c->cli->config;
    options.ops = &rbk_carriers_ops;
    options.host = &c->carriers;
    options.ended = on_ended;
    options.arg = c;
    rbk_delivery_free(c->delivery);
    c->delivery = NULL;
    c->ended = false;
    c->failed = (struct rbk_error){0};
    int rc = rbk_delivery_start(&options, &c->delivery, err);
    while (rc == 0 && !c->ended)
        rc = rbk_loop_run(c->cli->loop, err);
    if (rc < 0)
        return rc;
    *report = c->report;
    if (c->failed.code && err)
        *err = c->failed;
    return c->failed.code;
}

/* ---- a process of its own -------------------------------------------------------------------------------------- */

static void forget(void *arg, int status)
{
    (void)arg, (void)status;
}

static int start(struct rbk_cli *cli, struct rbk_error *err)
{
    struct rbk_strv command = {0};
    struct rbk_detached *process = NULL;
    int rc = rbk_cli_config(cli, err); /* a daemon has forgotten it */
    if (rc == 0)
        rc = rbk_cli_self(cli, &command, err);
    if (rc == 0)
        rc = rbk_cli_loop(cli, err);
    if (rc == 0) {
        rbk_strv_add(&command, "notify");
        rbk_strv_add(&command, "flush");
        rbk_strv_add(&command, "--due");
        struct rbk_detach_options o = {
            .argv = command.items, .cwd = cli->config->root, .silent = true, .on_exit = forget};
        rc = rbk_detach(cli->loop, &o, &process, err);
    }
    if (rc == 0)
        rbk_detached_forget(&process);
    rbk_strv_fini(&command);
    return rc;
}

enum { SOON_MS = 30000 };

void rbk_courier_start(struct rbk_cli *cli)
{
    struct rbk_error ignored;
    int64_t due_ms = INT64_MAX;
    bool nobody = false;
    rbk_cli_settle(cli);
    if (cli->store && cli->config && cli->writes && !cli->delivers &&
        rbk_delivery_due(cli->store, &due_ms, &nobody, &ignored) == 0 && nobody &&
        due_ms <= rbk_clock_wall_ms() + (cli->queued ? SOON_MS : 0))
        start(cli, &ignored);
}
