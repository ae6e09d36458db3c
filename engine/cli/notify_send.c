/* `notify send` and `notify test`: one message, put into the outbox and then delivered while the person waits, for a
 * bounded time. What could not be delivered stays queued: that is a warning and no failure, since it will be tried
 * again. */
#include <cli/carriers.h>
#include <cli/courier.h>
#include <cli/notify_commands.h>

#include <base/clock.h>
#include <base/host.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, LOOK_MS = 50, TEXT_MAX = 65536 };

/* ---- the message ----------------------------------------------------------------------------------------------- */

static int read_stdin(struct rbk_buf *out, struct rbk_error *err)
{
    ssize_t n = 1;
    while (n > 0 && out->len < TEXT_MAX) {
        n = read(0, rbk_buf_reserve(out, 4096), 4096);
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        return rbk_error_errno(err, RBK_EINVAL, "stdin cannot be read");
    rbk_buf_append(out, "", 0);
    return 0;
}

static char *first_line(const char *text)
{
    return rbk_strndup(text, strcspn(text, "\n"));
}

static int check_priority(const char *priority, struct rbk_error *err)
{
    static const char *const known[] = {
#define X(name) name,
        RBK_NOTIFY_PRIORITIES(X)
#undef X
    };
    for (size_t i = 0; !priority || i < sizeof known / sizeof known[0]; i++)
        if (!priority || strcmp(known[i], priority) == 0)
            return 0;
    return rbk_error_set(err, RBK_EINVAL, "--priority %.40s: write one of critical, high, medium, low", priority);
}

static void describe_host(rbk_value *event)
{
    char host[RBK_HOST_SIZE];
    if (*rbk_host_name(host))
        rbk_map_set_string(event, "host", host);
}

/* A key of its own, so that it joins no other message. */
static int new_event(const char *name, const char *channel, rbk_value **out, struct rbk_error *err)
{
    char id[RBK_ULID_SIZE];
    int rc = rbk_ulid_new(id, err);
    if (rc < 0)
        return rc;
    rbk_value *event = rbk_map_new(), *channels = rbk_list_new();
    char *key = rbk_asprintf("%s:%s", name, id);
    rbk_list_append(channels, rbk_string_new(channel));
    rbk_map_set_string(event, "event", name);
    rbk_map_set_string(event, "key", key);
    rbk_map_set_string(event, "status", "info");
    rbk_map_set(event, "channels", channels);
    describe_host(event);
    free(key);
    *out = event;
    return 0;
}

static int queue_event(struct rbk_cli *cli, const rbk_value *event, struct rbk_error *err)
{
    int rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_notify_publish(cli->store, cli->config, event, rbk_clock_wall_ms(), NULL, err);
    if (rc == 0)
        return rbk_store_commit(cli->store, err);
    rbk_store_rollback(cli->store);
    return rc;
}

/* ---- what becomes of it ---------------------------------------------------------------------------------------- */

struct sent {
    const char *group;
    char *key, *error;
    int64_t id;
    enum rbk_message_state state;
    int attempts;
};

static int keep_ours(void *arg, const struct rbk_message *m)
{
    struct sent *s = arg;
    if (strcmp(m->group, s->group) != 0)
        return 0;
    free(s->key);
    free(s->error);
    s->key = rbk_strdup(m->key);
    s->error = rbk_strdup(m->last_error);
    s->id = m->id;
    s->state = m->state;
    s->attempts = m->attempts;
    return 1;
}

static int look(struct rbk_cli *cli, const char *channel, struct sent *s, struct rbk_error *err)
{
    const struct rbk_message_filter f = {.channel = channel, .key = s->key, .state = -1};
    int rc = rbk_outbox_list(cli->store, &f, keep_ours, s, err);
    return rc < 0 ? rc : 0;
}

/* Another process delivers: it takes ours too, and we watch. */
static int watch_other(struct rbk_cli *cli, const char *channel, struct sent *s, int64_t until_ms,
                       struct rbk_error *err)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int rc = look(cli, channel, s, err);
    while (rc == 0 && (s->state == RBK_MESSAGE_SENDING || (s->state == RBK_MESSAGE_QUEUED && s->attempts == 0)) &&
           rbk_clock_mono_ms() < until_ms) {
        int64_t due_ms;
        bool nobody;
        nanosleep(&pause, NULL);
        rc = rbk_delivery_due(cli->store, &due_ms, &nobody, err);
        if (rc == 0)
            rc = look(cli, channel, s, err);
        if (rc == 0 && nobody && s->state < RBK_MESSAGE_DELIVERED)
            return RBK_EBUSY; /* it went away: our turn */
    }
    return rc;
}

static int deliver(struct rbk_cli *cli, struct rbk_courier *courier, const char *channel, struct sent *s,
                   struct rbk_error *err)
{
    int64_t until_ms = rbk_clock_mono_ms() + PATIENCE_MS;
    bool local = rbk_carriers_ops.local(rbk_courier_host(courier), channel);
    int rc = look(cli, channel, s, err);
    for (bool again = rc == 0; again;) {
        struct rbk_delivery_options o = {.part = local ? RBK_DELIVER_LOCAL : RBK_DELIVER_REMOTE,
                                         .channel = channel,
                                         .only = s->key,
                                         .bound_ms = until_ms - rbk_clock_mono_ms()};
        struct rbk_delivery_report report;
        again = false;
        if (o.bound_ms <= 0)
            break;
        rc = rbk_courier_deliver(courier, &o, &report, err);
        if (rc == RBK_EBUSY) {
            rc = watch_other(cli, channel, s, until_ms, err);
            again = rc == RBK_EBUSY;
            rc = again ? 0 : rc;
        }
    }
    return rc < 0 ? rc : look(cli, channel, s, err);
}

static int report(struct rbk_cli *cli, const char *channel, const struct sent *s)
{
    bool accepted = s->state == RBK_MESSAGE_DELIVERED, dead = s->state == RBK_MESSAGE_DEAD;
    const char *why = s->error ? s->error : "it takes longer";
    if (!accepted) {
        struct rbk_buf safe = {0};
        rbk_escape_terminal(&safe, why, strlen(why));
        fprintf(stderr,
                dead ? "runbook: NOT delivered: %s refused it for good: %s\n"
                     : "runbook: warning: NOT delivered yet: %s: %s\n",
                channel, safe.data);
        fprintf(stderr,
                dead ? "  mend what it says, then: runbook notify retry %lld\n"
                     : "  it is queued, and tried again by the next command; now: runbook notify flush\n",
                (long long)s->id);
        rbk_buf_fini(&safe);
    } else if (!cli->json && !cli->quiet) {
        printf("delivered to %s\n", channel);
    }
    int status = dead ? 1 : 0;
    if (!cli->json)
        return status;
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.notify.send/1");
    rbk_map_set_int(document, "id", s->id);
    rbk_map_set_string(document, "key", s->key);
    rbk_map_set_string(document, "channel", channel);
    rbk_map_set_string(document, "state", rbk_message_state_name(s->state));
    rbk_map_set_string(document, "last_error", s->error);
    int rc = rbk_cli_print_json(document);
    return rc ? rc : status;
}

/* Takes the event. */
static int send_event(struct rbk_cli *cli, const char *channel, rbk_value *event, struct rbk_error *err)
{
    struct rbk_courier *courier = NULL;
    struct sent sent = {.group = rbk_map_get_string(event, "key")};
    int rc = rbk_courier_open(cli, &courier, err);
    if (rc == 0)
        rc = rbk_carriers_ops.check(rbk_courier_host(courier), channel, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = queue_event(cli, event, err);
    cli->queued = rc == 0;
    if (rc == 0)
        rc = deliver(cli, courier, channel, &sent, err);
    rbk_courier_free(courier);
    if (rc == 0)
        rc = report(cli, channel, &sent);
    free(sent.key);
    free(sent.error);
    rbk_value_free(event);
    return rc;
}

int rbk_notify_word_send(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const char *channel = args->rest.items[1], *given = args->rest.items[2];
    const char *subject = rbk_args_get(args, "subject"), *priority = rbk_args_get(args, "priority");
    struct rbk_buf text = {0};
    rbk_value *event = NULL;
    int rc = check_priority(priority, err);
    if (rc == 0 && strcmp(given, "-") == 0)
        rc = read_stdin(&text, err);
    else
        rbk_buf_puts(&text, given);
    if (rc == 0 && !subject && (!text.data || strspn(text.data, " \n\t") == text.len))
        rc = rbk_error_set(err, RBK_EINVAL, "the message is empty");
    if (rc == 0)
        rc = new_event("message", channel, &event, err);
    if (rc == 0) {
        const char *body = text.data ? text.data : "";
        char *title = subject && *subject ? rbk_strdup(subject) : first_line(body);
        rbk_map_set_string(event, "title", *title ? title : "message");
        rbk_map_set_string(event, "text", body);
        if (priority)
            rbk_map_set_string(event, "priority", priority);
        free(title);
        rc = send_event(cli, channel, event, err);
    }
    rbk_buf_fini(&text);
    return rc;
}

int rbk_notify_word_test(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const char *channel = args->rest.items[1];
    rbk_value *event = NULL;
    int rc = rbk_cli_config(cli, err);
    if (rc == 0)
        rc = new_event("test", channel, &event, err);
    if (rc < 0)
        return rc;
    char *title = rbk_asprintf("Test of the channel %s", channel);
    rbk_map_set_string(event, "title", title);
    rbk_map_set_string(event, "text", "Somebody tried this channel with `runbook notify test`. Nothing is wrong.");
    rbk_map_set_string(event, "priority", "low");
    free(title);
    return send_event(cli, channel, event, err);
}
