/* One schedule in a store of its own, for tests of what becomes of its due times. */
#ifndef SCHEDULE_FIXTURE_H
#define SCHEDULE_FIXTURE_H

#include "store_fixture.h"

#include <schedule/firing.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define BEGIN  INT64_C(1795335600000) /* 2026-11-22T08:20:00Z */

struct world {
    struct fixture f;
    struct rbk_store *store;
    rbk_zones *zones;
    struct rbk_entry entry;
};

static inline struct rbk_store *open_store(struct fixture *f)
{
    static const struct rbk_schema *const schemas[] = {&rbk_journal_schema, &rbk_schedule_schema, NULL};
    struct rbk_store_options o = {.dir = f->dir, .schemas = schemas};
    struct rbk_store *s = NULL;
    struct rbk_error err;
    if (rbk_store_open(&o, &s, &err) != 0)
        fail_msg("%s", err.message);
    return s;
}

static inline void world_init(struct world *w, const char *expression)
{
    memset(w, 0, sizeof *w);
    fixture_init(&w->f);
    w->store = open_store(&w->f);
    w->zones = rbk_zones_new(NULL);
    w->entry = (struct rbk_entry){
        .runbook = "a/b", .text = (char *)expression, .missed = RBK_MISSED_ONE, .catch_up = 3, .queue = 1};
    assert_int_equal(rbk_calendar_parse(expression, &w->entry.calendar, NULL), 0);
    assert_int_equal(rbk_zones_get(w->zones, "UTC", &w->entry.zone, NULL), 0);
    assert_int_equal(rbk_schedule_set(w->store, "a/b", true, "you", BEGIN, NULL), 0);
}

static inline void world_fini(struct world *w)
{
    rbk_calendar_free(w->entry.calendar);
    rbk_zones_free(w->zones);
    rbk_store_close(w->store);
    fixture_fini(&w->f);
}

static inline int64_t decide(struct world *w, int64_t now)
{
    int64_t next;
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_schedule_decide(w->store, &w->entry, now, &next, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    return next;
}

/* All firings as text, oldest first: "+due" planned, "-first..due/count" skipped; minutes after BEGIN. */
struct story {
    char text[4000];
};

static inline int tell(void *arg, const struct rbk_firing *f)
{
    struct story *s = arg;
    char one[80], rest[sizeof s->text];
    long due = (long)((f->due_ms - BEGIN) / MINUTE), first = (long)((f->first_ms - BEGIN) / MINUTE);
    if (f->state == RBK_FIRING_SKIPPED)
        snprintf(one, sizeof one, "-%ld..%ld/%ld", first, due, (long)f->count);
    else
        snprintf(one, sizeof one, "%s%ld", f->late ? "late+" : "+", due);
    memcpy(rest, s->text, sizeof rest);
    snprintf(s->text, sizeof s->text, "%s%s%.3000s", one, rest[0] ? " " : "", rest);
    return 0;
}

static inline void assert_story(struct world *w, const char *expected)
{
    struct story s = {""};
    assert_int_equal(rbk_firings_of(w->store, "a/b", 100, tell, &s, NULL), 0);
    assert_string_equal(s.text, expected);
}

static inline int64_t only_planned(struct world *w)
{
    struct rbk_stmt *q = rbk_stmt(w->store, "SELECT id FROM schedule_firings WHERE state = 'planned'");
    assert_int_equal(rbk_stmt_step(q, NULL), 1);
    int64_t id = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return id;
}

#endif
