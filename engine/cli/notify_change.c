/* `notify retry` and `notify drop`: dead messages are queued again, or messages are forgotten. */
#include <cli/notify_commands.h>

#include <base/clock.h>
#include <stdio.h>
#include <string.h>

typedef int change_fn(struct rbk_cli *cli, const struct rbk_message_filter *f, int *count, struct rbk_error *err);

static int retry(struct rbk_cli *cli, const struct rbk_message_filter *f, int *count, struct rbk_error *err)
{
    return rbk_outbox_retry(cli->store, f, rbk_clock_wall_ms(), count, err);
}

static int drop(struct rbk_cli *cli, const struct rbk_message_filter *f, int *count, struct rbk_error *err)
{
    return rbk_outbox_drop(cli->store, f, count, err);
}

static int change_each(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_message_filter *f,
                       change_fn *change, int *total, struct rbk_error *err)
{
    if (rbk_args_has(args, "all"))
        return change(cli, f, total, err);
    for (size_t i = 1; i < args->rest.count; i++) {
        int count = 0;
        f->key = args->rest.items[i];
        int rc = change(cli, f, &count, err);
        if (rc == 0 && count == 0) {
            rbk_error_set(err, RBK_ENOENT, "no message \"%.64s\" that this could be done to", f->key);
            return rbk_error_hint(err, "numbers and states: runbook notify list");
        }
        if (rc == 0 && count > 1) { /* rolled back */
            rbk_error_set(err, RBK_EINVAL, "%d messages begin with \"%.64s\"", count, f->key);
            return rbk_error_hint(err, "name one by its number or its whole key: runbook notify list --json");
        }
        if (rc < 0)
            return rc;
        *total += count;
    }
    return 0;
}

static int read_filter(const struct rbk_args *args, struct rbk_message_filter *f, struct rbk_error *err)
{
    const char *state = rbk_args_get(args, "status");
    enum rbk_message_state wanted;
    *f = (struct rbk_message_filter){.channel = rbk_args_get(args, "channel"), .state = -1};
    if (state && rbk_message_state_parse(state, &wanted) < 0)
        return rbk_error_set(err, RBK_EINVAL, "--status %.40s: write one of queued, sending, delivered, dead", state);
    f->state = state ? (int)wanted : -1;
    if (rbk_args_has(args, "all") == (args->rest.count > 1))
        return rbk_error_set(err, RBK_EINVAL, "name messages by their numbers, or say --all");
    return 0;
}

static int change(struct rbk_cli *cli, const struct rbk_args *args, change_fn *fn, const char *schema, const char *done,
                  struct rbk_error *err)
{
    struct rbk_message_filter f;
    int count = 0, rc = read_filter(args, &f, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = change_each(cli, args, &f, fn, &count, err);
    if (rc == 0)
        rc = rbk_store_commit(cli->store, err);
    else
        rbk_store_rollback(cli->store);
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", schema);
        rbk_map_set_int(document, "count", count);
        return rbk_cli_print_json(document);
    }
    if (rc == 0)
        printf("%d message%s %s\n", count, count == 1 ? "" : "s", done);
    return rc;
}

int rbk_notify_word_retry(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return change(cli, args, retry, "runbook.notify.retry/1", "queued again", err);
}

int rbk_notify_word_drop(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return change(cli, args, drop, "runbook.notify.drop/1", "dropped", err);
}
