/* Sends messages through channels without an outbox: for tests of what each channel tells its receiver.
 *
 *     channel_driver FOLDER < {"config": {..runbook.yaml..}, "messages": [..], "preview": false}
 *
 * Messages are those of notify/notify.h, sent one after the other ("parallel": true: all at once), each with what its
 * channel and group remembered of the one before. Prints one line of JSON per message: {"sent", "error",
 * "retry_after", "memory"}, or {"preview"}. */
#include <base/fs.h>
#include <base/mem.h>
#include <lua/channel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct driver {
    struct rbk_config *config;
    struct rbk_loop *loop;
    struct rbk_net *net;
    struct rbk_lua *lua;
    struct rbk_redactor *redactor;
    struct rbk_channels *channels;
    rbk_value *memories; /* by channel and group */
    int under_way;
};

struct sending {
    struct driver *driver;
    char *memory_key;
    int number;
};

static const struct rbk_channel_ops *const ops = &rbk_lua_channel_ops;

static int die(const struct rbk_error *err)
{
    char text[sizeof *err];
    rbk_error_format(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 2;
}

static void print_line(rbk_value *v)
{
    char *json = rbk_value_to_json(v, 0);
    puts(json);
    free(json);
    rbk_value_free(v);
}

static void on_sent(void *arg, struct rbk_sent_result *r)
{
    static const char *const names[] = {"accepted", "retry", "dead"};
    struct sending *s = arg;
    rbk_value *line = rbk_map_new();
    rbk_map_set_int(line, "number", s->number);
    rbk_map_set_string(line, "sent", names[r->sent]);
    rbk_map_set_string(line, "error", r->error);
    rbk_map_set_int(line, "retry_after", r->retry_after_ms);
    if (r->memory) {
        rbk_map_set(line, "memory", rbk_value_dup(r->memory));
        rbk_map_set(s->driver->memories, s->memory_key, r->memory);
    }
    print_line(line);
    if (--s->driver->under_way == 0)
        rbk_loop_stop(s->driver->loop);
    free(s->memory_key);
    free(s);
}

/* `events` is borrowed: the text of the list in v. */
static struct rbk_message read_message(const struct driver *d, const rbk_value *v, const char *events,
                                       const char *memory_key)
{
    const rbk_value *given = rbk_map_get(v, "memory");
    return (struct rbk_message){.key = rbk_map_get_string(v, "key"),
                                .channel = rbk_map_get_string(v, "channel"),
                                .group = rbk_map_get_string(v, "group"),
                                .priority = rbk_map_get_string(v, "priority"),
                                .subject = rbk_map_get_string(v, "subject"),
                                .events = events,
                                .count = rbk_value_int(rbk_map_get(v, "count")),
                                .attempts = (int)rbk_value_int(rbk_map_get(v, "attempts")),
                                .created_ms = rbk_value_int(rbk_map_get(v, "created")),
                                .memory = given ? given : rbk_map_get(d->memories, memory_key)};
}

static int preview_one(struct driver *d, const struct rbk_message *m, struct rbk_error *err)
{
    char *text = NULL;
    int rc = ops->preview(d->channels, m, &text, err);
    if (rc == 0) {
        rbk_value *line = rbk_map_new();
        rbk_map_set_string(line, "preview", text);
        print_line(line);
    }
    free(text);
    return rc;
}

static int send_one(struct driver *d, const struct rbk_message *m, char *memory_key, int number, struct rbk_error *err)
{
    struct sending *s = rbk_alloc(sizeof *s);
    *s = (struct sending){d, rbk_strdup(memory_key), number};
    d->under_way++;
    int rc = ops->send(d->channels, m, on_sent, s, err);
    if (rc) {
        free(s->memory_key);
        free(s);
    }
    return rc;
}

static int run_messages(struct driver *d, const rbk_value *asked, struct rbk_error *err)
{
    const rbk_value *list = rbk_map_get(asked, "messages");
    bool preview = rbk_value_bool(rbk_map_get(asked, "preview"));
    bool parallel = rbk_value_bool(rbk_map_get(asked, "parallel"));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rbk_value_length(list); i++) {
        const rbk_value *v = rbk_list_at(list, i);
        char *memory_key = rbk_asprintf("%s/%s", rbk_map_get_string(v, "channel"), rbk_map_get_string(v, "group"));
        const rbk_value *given = rbk_map_get(v, "events");
        char *events = given ? rbk_value_encode(given) : NULL;
        struct rbk_message m = read_message(d, v, events, memory_key);
        rc = preview ? preview_one(d, &m, err) : send_one(d, &m, memory_key, (int)i, err);
        if (rc == 0 && !preview && !parallel)
            rc = rbk_loop_run(d->loop, err);
        free(events);
        free(memory_key);
    }
    return rc == 0 && d->under_way ? rbk_loop_run(d->loop, err) : rc;
}

static int read_all(struct rbk_buf *in)
{
    char *to;
    size_t n;
    do {
        to = rbk_buf_reserve(in, 65536);
        n = fread(to, 1, 65536, stdin);
        in->len += n;
    } while (n > 0);
    rbk_buf_append(in, "", 0);
    return ferror(stdin) ? -1 : 0;
}

static int open_driver(struct driver *d, const char *folder, const rbk_value *asked, struct rbk_error *err)
{
    static const char *const no_dirs[] = {NULL};
    char *json = rbk_value_to_json(rbk_map_get(asked, "config"), 0), *file = rbk_path_join(folder, "runbook.yaml");
    int rc = rbk_config_parse(file, json, strlen(json), &d->config, err);
    struct rbk_lua_options options = {.config = d->config, .runbook_dirs = no_dirs};
    if (rc == 0)
        rc = rbk_loop_new(&d->loop, err);
    if (rc == 0)
        rc = rbk_net_new(d->loop, d->config, &d->net, err);
    if (rc == 0)
        rc = rbk_lua_new(&options, &d->lua, err);
    if (rc == 0)
        d->channels = rbk_channels_new(d->lua, d->loop, d->net, d->redactor);
    free(json);
    free(file);
    return rc;
}

int main(int argc, char **argv)
{
    struct driver d = {.redactor = rbk_redactor_new(), .memories = rbk_map_new()};
    struct rbk_error err = {0};
    struct rbk_buf in = {0};
    if (argc != 2 || read_all(&in) != 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    rbk_value *asked = rbk_value_from_json(in.data ? in.data : "", in.len, &err);
    int rc = asked ? open_driver(&d, argv[1], asked, &err) : RBK_EINVAL;
    if (rc == 0)
        rc = run_messages(&d, asked, &err);
    if (rc)
        die(&err);
    rbk_channels_free(d.channels);
    rbk_net_free(d.net);
    rbk_lua_free(d.lua);
    if (d.loop)
        rbk_loop_free(d.loop);
    rbk_config_free(d.config);
    rbk_redactor_free(d.redactor);
    rbk_value_free(d.memories);
    rbk_value_free(asked);
    rbk_buf_fini(&in);
    return rc ? 2 : 0;
}
