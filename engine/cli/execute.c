/* Ctrl-C once asks for an orderly cancel, twice kills now; TERM and HUP leave the run interrupted, to be resumed. */
#include <cli/execute.h>

#include <base/mem.h>
#include <cli/courier.h>
#include <cli/gate_terminal.h>
#include <cli/metering.h>
#include <cli/run_view.h>
#include <cli/settle.h>
#include <cli/stored_run.h>
#include <cli/telemetry.h>
#include <cli/triggers.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNALS = 4, LOCAL_PATIENCE_MS = 5000 };

struct carrying {
    struct rbk_cli *cli;
    struct rbk_run_view *view;
    struct rbk_gate_terminal *terminal;
    struct rbk_metering metering;
    struct rbk_run *run;
    struct rbk_signal *signals[SIGNALS];
    int interrupts;
};

static void carry_signal(void *arg, int signo)
{
    struct carrying *c = arg;
    if (!c->run || rbk_run_view_ended(c->view))
        return;
    if (signo != SIGINT) {
        rbk_run_cancel(c->run, signo == SIGQUIT ? SIGTERM : signo, signo == SIGQUIT);
        return;
    }
    c->interrupts++;
    if (c->interrupts == 1)
        fprintf(stderr, "\nrunbook: stopping the step; Ctrl-C again kills it at once\n");
    rbk_run_cancel(c->run, 0, c->interrupts > 1);
}

static int watch_signals(struct carrying *c, struct rbk_error *err)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (int i = 0; i < SIGNALS; i++) {
        c->signals[i] = rbk_signal_watch(c->cli->loop, numbers[i], carry_signal, c, err);
        if (!c->signals[i])
            return err->code;
    }
    return 0;
}

static struct rbk_run_options run_options(struct carrying *c, const struct rbk_execution *e)
{
    struct rbk_cli *cli = c->cli;
    return (struct rbk_run_options){.loop = cli->loop,
                                    .store = cli->store,
                                    .config = cli->config,
                                    .script = &rbk_lua_script_ops,
                                    .host = cli->lua,
                                    .redactor = cli->redactor,
                                    .observer = &rbk_run_view_observer,
                                    .observer_self = c->view,
                                    .meter = c->metering.telling ? &rbk_metering_telling_ops : &rbk_metering_ops,
                                    .meter_self = &c->metering,
                                    .remediate = rbk_run_remediate,
                                    .remediate_self = cli,
                                    .gates = c->terminal ? &rbk_gate_terminal_ops : NULL,
                                    .gates_self = c->terminal,
                                    .params = e->params,
                                    .yes = e->yes,
                                    .step_by_step = e->step_by_step,
                                    .traced = rbk_telemetry_traced(cli),
                                    .id = e->id,
                                    .timeout_ms = e->timeout_ms,
                                    .from = e->from,
                                    .only = e->only};
}

static int carry(struct carrying *c, const struct rbk_execution *e, struct rbk_error *err)
{
    char *by = rbk_cli_user();
    struct rbk_run_options options = run_options(c, e);
    options.by = by;
    c->metering.config = c->cli->config;
    int rc = e->resume ? rbk_run_resume(e->plan, e->resume, &e->resume_options, &options, &c->run, err)
                       : rbk_run_start(e->plan, &options, &c->run, err);
    while (rc == 0 && !rbk_run_view_ended(c->view))
        rc = rbk_loop_run(c->cli->loop, err);
    free(by);
    if (rc < 0)
        return rc;
    if (c->cli->json && !e->silent)
        rc = rbk_stored_run_print(c->cli, rbk_run_id(c->run), err);
    if (e->facts)
        *e->facts = rbk_value_dup(rbk_run_facts(c->run));
    if (e->reason && rbk_run_reason(c->run))
        *e->reason = rbk_strdup(rbk_run_reason(c->run));
    return rc < 0 || !rbk_run_exit(c->run) ? rc : rbk_run_exit(c->run);
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static void start_courier(void *arg)
{
    rbk_courier_start(arg);
}

/* The commit comes first; then somebody else delivers while the run goes on. */
static void on_queued(void *arg)
{
    struct carrying *c = arg;
    c->cli->queued = true;
    rbk_loop_defer(c->cli->loop, start_courier, c->cli);
}

static void begin_telling(struct carrying *c, const struct rbk_execution *e)
{
    c->metering.queued = on_queued;
    c->metering.arg = c;
    if (rbk_notify_wanted(c->cli->config))
        c->metering.telling = rbk_telling_new(c->cli->config, c->cli->store, e->plan->priority);
}

/* What only this process can show: a bell, annotations on stdout. That it cannot be shown fails no run. */
static void deliver_local(struct carrying *c)
{
    const struct rbk_delivery_options o = {.part = RBK_DELIVER_LOCAL, .bound_ms = LOCAL_PATIENCE_MS};
    struct rbk_courier *courier = NULL;
    struct rbk_delivery_report report;
    struct rbk_error ignored;
    if (!rbk_telling_recorded(c->metering.telling))
        return;
    rbk_cli_settle(c->cli);
    if (rbk_courier_open(c->cli, &courier, &ignored) < 0)
        return;
    rbk_courier_deliver(courier, &o, &report, &ignored);
    rbk_courier_free(courier);
}

/* A mistake that can be found without a store leaves none behind. */
static int check_first(struct rbk_cli *cli, const struct rbk_execution *e, struct rbk_error *err)
{
    struct carrying c = {.cli = cli};
    struct rbk_run_options options = run_options(&c, e);
    return e->resume ? 0 : rbk_run_check(e->plan, &options, err);
}

static int open_everything(struct rbk_cli *cli, const struct rbk_execution *e, struct rbk_error *err)
{
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = check_first(cli, e, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_cli_loop(cli, err);
    if (rc == 0 && !cli->redactor)
        cli->redactor = rbk_redactor_new();
    return rc;
}

int rbk_execute(struct rbk_cli *cli, const struct rbk_execution *e, struct rbk_error *err)
{
    int rc = open_everything(cli, e, err);
    if (rc < 0)
        return rc;
    struct carrying c = {.cli = cli, .view = rbk_run_view_new(cli, cli->json || e->silent)};
    begin_telling(&c, e);
    rbk_telemetry_prepare(cli);
    if (rbk_cli_interactive(cli))
        c.terminal = rbk_gate_terminal_new(cli, c.view);
    rc = watch_signals(&c, err);
    if (rc == 0)
        rc = carry(&c, e, err);
    for (int i = 0; i < SIGNALS; i++)
        if (c.signals[i])
            rbk_signal_unwatch(&c.signals[i]);
    if (c.run && rc >= 0)
        rbk_triggers_open(cli, rbk_run_id(c.run));
    rbk_run_free(c.run);
    deliver_local(&c);
    if (c.metering.incidents.unheard)
        rbk_incident_warn_unheard(c.metering.incidents.unheard);
    rbk_metering_tidy(cli);
    rbk_metering_fini(&c.metering);
    rbk_gate_terminal_free(c.terminal);
    rbk_run_view_free(c.view);
    return rc;
}
