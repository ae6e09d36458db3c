/* `notify list`: the outbox. */
#include <cli/notify_commands.h>
#include <cli/settle.h>

#include <base/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 50 };

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *messages;
};

static void set_time(rbk_value *map, const char *name, int64_t ms)
{
    char when[RBK_TIME_SIZE];
    rbk_time_rfc3339(ms, when);
    rbk_map_set_string(map, name, ms > 0 ? when : NULL);
}

static rbk_value *row_value(const struct rbk_message *m)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set_int(v, "id", m->id);
    rbk_map_set_string(v, "key", m->key);
    rbk_map_set_string(v, "channel", m->channel);
    rbk_map_set_string(v, "group", m->group);
    rbk_map_set_string(v, "state", rbk_message_state_name(m->state));
    rbk_map_set_string(v, "priority", m->priority);
    rbk_map_set_string(v, "subject", m->subject);
    rbk_map_set_int(v, "events", m->count);
    rbk_map_set_int(v, "attempts", m->attempts);
    set_time(v, "created", m->created_ms);
    set_time(v, "due", m->state == RBK_MESSAGE_QUEUED ? m->due_ms : 0);
    set_time(v, "delivered", m->delivered_ms);
    rbk_map_set_string(v, "last_error", m->last_error);
    return v;
}

static enum rbk_tint color_of(enum rbk_message_state state)
{
    return state == RBK_MESSAGE_DEAD ? RBK_RED : state == RBK_MESSAGE_DELIVERED ? RBK_GREEN : RBK_YELLOW;
}

static void put_row(struct listing *l, const struct rbk_message *m)
{
    char when[RBK_TIME_SIZE];
    const char *state = rbk_message_state_name(m->state);
    rbk_time_local(m->created_ms, when);
    rbk_buf_printf(&l->text, "%5lld  %.16s  ", (long long)m->id, when);
    rbk_style_put(&l->cli->out, &l->text, color_of(m->state), state);
    rbk_buf_printf(&l->text, "%*s", (int)(11 - strlen(state)), "");
    rbk_escape_terminal(&l->text, m->channel, strlen(m->channel));
    rbk_buf_puts(&l->text, "  ");
    rbk_escape_terminal(&l->text, m->subject, strlen(m->subject));
    rbk_buf_putc(&l->text, '\n');
    if (!m->last_error || m->state == RBK_MESSAGE_DELIVERED)
        return;
    rbk_buf_printf(&l->text, "       %d attempt%s: ", m->attempts, m->attempts == 1 ? "" : "s");
    rbk_escape_terminal(&l->text, m->last_error, strlen(m->last_error));
    if (m->state == RBK_MESSAGE_QUEUED) {
        rbk_time_local(m->due_ms, when);
        rbk_buf_printf(&l->text, "; again at %s", when);
    }
    rbk_buf_putc(&l->text, '\n');
}

static int list_message(void *arg, const struct rbk_message *m)
{
    struct listing *l = arg;
    if (l->cli->json)
        rbk_list_append(l->messages, row_value(m));
    else
        put_row(l, m);
    return 0;
}

static int read_filter(const struct rbk_cli *cli, const struct rbk_args *args, struct rbk_message_filter *f,
                       struct rbk_error *err)
{
    const char *state = rbk_args_get(args, "status"), *limit = rbk_args_get(args, "limit");
    enum rbk_message_state wanted;
    char *end = NULL;
    *f = (struct rbk_message_filter){
        .channel = rbk_args_get(args, "channel"), .state = -1, .limit = cli->json ? 0 : SHOWN};
    if (state && rbk_message_state_parse(state, &wanted) < 0)
        return rbk_error_set(err, RBK_EINVAL, "--status %.40s: write one of queued, sending, delivered, dead", state);
    if (state)
        f->state = (int)wanted;
    if (limit)
        f->limit = (int)strtol(limit, &end, 10);
    if (limit && (*end || !*limit || f->limit < 0))
        return rbk_error_set(err, RBK_EINVAL, "--limit %.40s is not a number", limit);
    return 0;
}

int rbk_notify_word_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .messages = rbk_list_new()};
    struct rbk_message_filter f;
    int rc = read_filter(cli, args, &f, err);
    if (rc == 0)
        rc = rbk_cli_store_settled(cli, err);
    if (rc == 0)
        rc = rbk_outbox_list(cli->store, &f, list_message, &l, err);
    if (rc == RBK_ENOENT)
        rc = 0; /* nothing was ever recorded */
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.outbox/1");
        rbk_map_set(document, "messages", l.messages);
        l.messages = NULL;
        rc = rbk_cli_print_json(document);
    } else if (rc == 0) {
        if (!l.text.len)
            fprintf(stderr, "no messages\n");
        rbk_style_write(&cli->out, &l.text);
    }
    rbk_value_free(l.messages);
    rbk_buf_fini(&l.text);
    return rc;
}
