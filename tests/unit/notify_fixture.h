/* What the tests of notification share: a project's store and configuration, events in one line, and a host whose
 * channels answer as the test says. */
#ifndef NOTIFY_FIXTURE_H
#define NOTIFY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above first
#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <cmocka.h>
#include <ftw.h>
#include <notify/notify.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>
#include <unistd.h>

struct world {
    char dir[64], state[80];
    struct rbk_store *store;
    struct rbk_config *config;
    struct rbk_loop *loop;
    int64_t now_ms;
};

static inline int world_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int world_setup(void **state)
{
    static const struct rbk_schema *const schemas[] = {&rbk_journal_schema, &rbk_notify_schema, NULL};
    struct world *w = rbk_alloc(sizeof *w);
    strcpy(w->dir, "/tmp/rbk-notify-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->state, sizeof w->state, "%s/state", w->dir);
    struct rbk_store_options options = {.dir = w->state, .schemas = schemas};
    struct rbk_error err;
    if (rbk_store_open(&options, &w->store, &err) || rbk_loop_new(&w->loop, &err))
        fail_msg("%s", err.message);
    w->now_ms = rbk_clock_wall_ms();
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;
    assert_int_equal(rbk_loop_unclosed(w->loop), 0);
    rbk_loop_free(w->loop);
    rbk_store_close(w->store);
    rbk_config_free(w->config);
    nftw(w->dir, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

#define CHANNELS "channels: { a: { type: webhook }, b: { type: webhook } }\n"

/* The configuration of the project: two channels, and what is given. */
static inline void configure(struct world *w, const char *text)
{
    char *whole = rbk_asprintf(CHANNELS "%s", text);
    struct rbk_error err = {0};
    rbk_config_free(w->config);
    w->config = NULL;
    if (rbk_config_parse("runbook.yaml", whole, strlen(whole), &w->config, &err))
        fail_msg("%d:%d: %s", err.line, err.column, err.message);
    free(whole);
}

/* An event from JSON in which ' stands for ". */
static inline rbk_value *event_of(const char *text)
{
    char *json = rbk_strdup(text);
    struct rbk_error err = {0};
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    rbk_value *event = rbk_value_from_json(json, strlen(json), &err);
    if (!event)
        fail_msg("%s: %s", text, err.message);
    free(json);
    return event;
}

#define FAILED    "{'event':'run.failed','status':'firing','key':'run:daily/x','runbook':'daily/x','priority':'high',"
#define RECOVERED "{'event':'run.recovered','status':'resolved','key':'run:daily/x','runbook':'daily/x',"
#define TITLE     "'title':'daily/x'}"

/* Publishes it in a transaction of its own: how many messages were queued. */
static inline int publish(struct world *w, const char *text)
{
    rbk_value *event = event_of(text);
    struct rbk_error err = {0};
    int queued = -1;
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    if (rbk_notify_publish(w->store, w->config, event, w->now_ms, &queued, &err))
        fail_msg("%s", err.message);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    rbk_value_free(event);
    return queued;
}

static inline const char *member_of(const rbk_value *event, const char *name)
{
    const char *text = rbk_map_get_string(event, name);
    return text ? text : "";
}

/* As a run does it: false = no rule is about such an event. Inside a transaction. */
static inline bool record_event(struct world *w, const char *text)
{
    rbk_value *event = event_of(text);
    const struct rbk_notify_about about = {.event = member_of(event, "event"),
                                           .status = member_of(event, "status"),
                                           .priority = member_of(event, "priority"),
                                           .runbook = member_of(event, "runbook")};
    bool wanted = rbk_map_get(event, "channels") || rbk_notify_wants(w->config, &about);
    char *encoded = rbk_value_encode(event);
    if (wanted)
        assert_int_equal(rbk_notify_record(w->store, encoded, strlen(encoded), w->now_ms, NULL), 0);
    free(encoded);
    rbk_value_free(event);
    return wanted;
}

/* The outbox as text, oldest first: "a run:x queued 1; " is channel, group, state and number of events. */
static inline int world_describe(void *arg, const struct rbk_message *m)
{
    struct rbk_buf *out = arg;
    char *before = rbk_buf_take(out);
    rbk_buf_printf(out, "%s %s %s %lld; %s", m->channel, m->group, rbk_message_state_name(m->state),
                   (long long)m->count, before);
    free(before);
    return 0;
}

static inline void assert_outbox(struct world *w, const char *expected)
{
    const struct rbk_message_filter all = {.state = -1};
    struct rbk_buf text = {0};
    assert_int_equal(rbk_outbox_list(w->store, &all, world_describe, &text, NULL), 0);
    assert_string_equal(text.data ? text.data : "", expected);
    rbk_buf_fini(&text);
}

#endif
