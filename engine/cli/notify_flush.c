/* `notify flush`: tries every message that was not delivered, now. With --due it is what other commands start beside
 * themselves: what is due and no more, staying a little for what comes back soon. */
#include <cli/courier.h>
#include <cli/metering.h>
#include <cli/notify_commands.h>

#include <base/clock.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 50, LINGER_MS = 30000, PATIENCE_MS = 60000, DUE_PATIENCE_MS = 600000 };

static int print_report(struct rbk_cli *cli, const struct rbk_delivery_report *r)
{
    if (cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.notify.flush/1");
        rbk_map_set_int(document, "delivered", r->accepted);
        rbk_map_set_int(document, "failed", r->failed);
        rbk_map_set_int(document, "dead", r->dead);
        rbk_map_set_int(document, "left", r->left);
        rbk_map_set_string(document, "last_error", r->error[0] ? r->error : NULL);
        return rbk_cli_print_json(document);
    }
    if (r->error[0]) {
        struct rbk_buf safe = {0};
        rbk_escape_terminal(&safe, r->error, strlen(r->error));
        fprintf(stderr, "runbook: warning: %s\n", safe.data);
        rbk_buf_fini(&safe);
    }
    if (!cli->quiet)
        printf("%d delivered, %d to be tried again, %d dead, %d left\n", r->accepted, r->failed, r->dead, r->left);
    return 0;
}

/* Somebody else may be at it: then what is queued is made due for them, and what they leave is ours. */
static int deliver_in_turn(struct rbk_cli *cli, struct rbk_courier *courier, const struct rbk_delivery_options *o,
                           struct rbk_delivery_report *report, struct rbk_error *err)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t until_ms = rbk_clock_mono_ms() + o->bound_ms;
    int rc = rbk_courier_deliver(courier, o, report, err);
    if (rc == RBK_EBUSY && o->part == RBK_DELIVER_ALL) {
        struct rbk_error store;
        if (rbk_delivery_hurry(cli->store, &store) < 0) {
            *err = store;
            return store.code;
        }
    }
    while (rc == RBK_EBUSY && o->part == RBK_DELIVER_ALL && rbk_clock_mono_ms() < until_ms) {
        nanosleep(&pause, NULL);
        rc = rbk_courier_deliver(courier, o, report, err);
    }
    return rc;
}

int rbk_notify_word_flush(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    bool due = rbk_args_has(args, "due");
    struct rbk_delivery_options o = {.part = due ? RBK_DELIVER_REMOTE : RBK_DELIVER_ALL,
                                     .linger_ms = due ? LINGER_MS : 0,
                                     .bound_ms = due ? DUE_PATIENCE_MS : PATIENCE_MS};
    struct rbk_delivery_report report = {0};
    struct rbk_courier *courier = NULL;
    int rc = rbk_cli_config(cli, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    cli->delivers = due;
    if (rc == 0)
        rc = rbk_courier_open(cli, &courier, err);
    if (rc == 0)
        rc = deliver_in_turn(cli, courier, &o, &report, err);
    if (rc == 0)
        rbk_metering_queue(cli->store, "notify", report.left);
    rbk_courier_free(courier);
    if (due && rc == RBK_EBUSY)
        return 0;
    return rc == 0 && !due ? print_report(cli, &report) : rc;
}
