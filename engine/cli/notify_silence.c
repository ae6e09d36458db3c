/* `notify silence`, `unsilence` and `silences`. */
#include <cli/notify_commands.h>

#include <base/clock.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_duration(const char *text, int64_t *ms, struct rbk_error *err)
{
    struct rbk_quantity q;
    if (!text) {
        rbk_error_set(err, RBK_EINVAL, "a silence needs --for, how long it lasts");
        return rbk_error_hint(err, "write it like --for 2h; it ends by itself");
    }
    int rc = rbk_quantity_parse(text, strlen(text), &q, err);
    if (rc < 0)
        return rc;
    *ms = (int64_t)(q.value * 1000);
    return q.unit == RBK_UNIT_SECONDS && *ms > 0
               ? 0
               : rbk_error_set(err, RBK_EINVAL, "--for %.40s is not a duration such as 30m or 2h", text);
}

static void set_time(rbk_value *map, const char *name, int64_t ms)
{
    char when[RBK_TIME_SIZE];
    rbk_time_rfc3339(ms, when);
    rbk_map_set_string(map, name, when);
}

static rbk_value *silence_value(const struct rbk_silence *s)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set_int(v, "id", s->id);
    rbk_map_set_string(v, "pattern", s->pattern);
    set_time(v, "from", s->from_ms);
    set_time(v, "until", s->until_ms);
    rbk_map_set_string(v, "by", s->by);
    rbk_map_set_string(v, "why", s->why);
    return v;
}

/* A document of one or more silences. */
static int print_silences(const char *schema, rbk_value *silences)
{
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", schema);
    rbk_map_set(document, "silences", silences);
    return rbk_cli_print_json(document);
}

static int add(struct rbk_cli *cli, struct rbk_silence *s, struct rbk_error *err)
{
    int rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_silence_add(cli->store, s, &s->id, err);
    if (rc == 0)
        return rbk_store_commit(cli->store, err);
    rbk_store_rollback(cli->store);
    return rc;
}

struct fitting {
    const char *pattern;
    struct rbk_strv names;
    bool fits;
};

static void try_name(struct fitting *f, const char *name)
{
    f->fits = f->fits || fnmatch(f->pattern, name, 0) == 0;
    rbk_strv_add(&f->names, name);
}

static int try_runbook(void *arg, const char *id, const char *path, const char *shadows)
{
    (void)path, (void)shadows;
    try_name(arg, id);
    return 0;
}

/* A slip in a pattern silences nothing. A key (run:daily/x, incident:db) may be one that is yet to come. */
static void warn_if_strange(struct rbk_cli *cli, const char *pattern)
{
    static const char *const events[] = {
#define X(name, status, what) name,
        RBK_NOTIFY_EVENTS(X)
#undef X
    };
    struct fitting f = {.pattern = pattern};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        try_name(&f, events[i]);
    if (rbk_cli_lua(cli, NULL) == 0)
        rbk_runbook_files((const char *const *)cli->runbook_dirs.items, try_runbook, &f, NULL);
    if (!f.fits && !strchr(pattern, ':')) {
        const char *near = rbk_did_you_mean(pattern, (const char *const *)f.names.items, f.names.count);
        struct rbk_buf safe = {0};
        rbk_escape_terminal(&safe, pattern, strlen(pattern));
        fprintf(stderr, "runbook: warning: no runbook and no event fits \"%s\" now%s%s%s\n", safe.data,
                near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        rbk_buf_fini(&safe);
    }
    rbk_strv_fini(&f.names);
}

int rbk_notify_word_silence(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    int64_t long_ms = 0, now_ms = rbk_clock_wall_ms();
    int rc = read_duration(rbk_args_get(args, "for"), &long_ms, err);
    if (rc < 0)
        return rc;
    char *by = rbk_cli_user(), until[RBK_TIME_SIZE];
    struct rbk_silence s = {.pattern = args->rest.items[1],
                            .from_ms = now_ms,
                            .until_ms = now_ms + long_ms,
                            .by = by,
                            .why = rbk_args_get(args, "why")};
    rc = add(cli, &s, err);
    rbk_time_local(s.until_ms, until);
    if (rc == 0)
        warn_if_strange(cli, s.pattern);
    if (rc == 0 && cli->json) {
        rbk_value *list = rbk_list_new();
        rbk_list_append(list, silence_value(&s));
        rc = print_silences("runbook.notify.silences/1", list);
    } else if (rc == 0) {
        printf("silence %lld until %s; end it now: runbook notify unsilence %lld\n", (long long)s.id, until,
               (long long)s.id);
    }
    free(by);
    return rc;
}

int rbk_notify_word_unsilence(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    int count = 0, rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_silence_end(cli->store, args->rest.items[1], &count, err);
    if (rc == 0)
        rc = rbk_store_commit(cli->store, err);
    else
        rbk_store_rollback(cli->store);
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.notify.unsilence/1");
        rbk_map_set_int(document, "count", count);
        return rbk_cli_print_json(document);
    }
    if (rc == 0)
        printf("%d silence%s ended\n", count, count == 1 ? "" : "s");
    return rc;
}

struct listing {
    struct rbk_buf text;
    rbk_value *silences;
};

static int list_silence(void *arg, const struct rbk_silence *s)
{
    struct listing *l = arg;
    char until[RBK_TIME_SIZE];
    rbk_list_append(l->silences, silence_value(s));
    rbk_time_local(s->until_ms, until);
    rbk_buf_printf(&l->text, "%5lld  until %.16s  ", (long long)s->id, until);
    rbk_escape_terminal(&l->text, s->pattern, strlen(s->pattern));
    rbk_buf_printf(&l->text, "  by %s", s->by ? s->by : "?");
    if (s->why) {
        rbk_buf_puts(&l->text, ": ");
        rbk_escape_terminal(&l->text, s->why, strlen(s->why));
    }
    rbk_buf_putc(&l->text, '\n');
    return 0;
}

int rbk_notify_word_silences(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.silences = rbk_list_new()};
    (void)args;
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_silence_list(cli->store, rbk_clock_wall_ms(), list_silence, &l, err);
    if (rc == RBK_ENOENT)
        rc = 0;
    if (rc == 0 && cli->json) {
        rc = print_silences("runbook.notify.silences/1", l.silences);
        l.silences = NULL;
    } else if (rc == 0) {
        if (!l.text.len)
            fprintf(stderr, "nothing is silenced\n");
        rbk_style_write(&cli->out, &l.text);
    }
    rbk_value_free(l.silences);
    rbk_buf_fini(&l.text);
    return rc;
}
