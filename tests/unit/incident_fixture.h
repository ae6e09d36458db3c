/* What the tests of incidents share: a store in a folder of its own, a configuration, and the timeline as text. */
#ifndef INCIDENT_FIXTURE_H
#define INCIDENT_FIXTURE_H

#include "store_fixture.h"

#include <base/mem.h>
#include <incident/incident.h>
#include <incident/oncall.h>
#include <notify/notify.h>

#define T0     INT64_C(1766397600000) /* 2025-12-22 10:00 UTC, a Monday */
#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* How a call ends for whoever cannot be reached. */
#define UNTOLD " has no channel, and no rule is about it\n"

static const struct rbk_schema *const incident_schemas[] = {&rbk_journal_schema, &rbk_notify_schema,
                                                            &rbk_incident_schema, NULL};

static inline struct rbk_store *incident_store(struct fixture *f)
{
    struct rbk_store_options o = {.dir = f->dir, .schemas = incident_schemas};
    struct rbk_store *s = NULL;
    struct rbk_error err = {0};
    if (rbk_store_open(&o, &s, &err) != 0)
        fail_msg("%s", err.message);
    return s;
}

static inline struct rbk_config *incident_config(const char *yaml)
{
    struct rbk_config *c = NULL;
    struct rbk_error err = {0};
    if (rbk_config_parse("runbook.yaml", yaml, strlen(yaml), &c, &err) != 0)
        fail_msg("%s", err.message);
    return c;
}

/* Opens in a transaction of its own; returns the id. */
static inline int64_t incident_opened(struct rbk_store *s, const struct rbk_config *c,
                                      const struct rbk_incident_opening *o)
{
    struct rbk_incident i = {0};
    struct rbk_error err = {0};
    assert_int_equal(rbk_store_begin(s, &err), 0);
    if (rbk_incident_open(s, c, o, &i, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    int64_t id = i.id;
    rbk_incident_fini(&i);
    return id;
}

typedef int incident_change_fn(struct rbk_store *s, const struct rbk_config *config,
                               const struct rbk_incident_change *c, struct rbk_error *err);

static inline int incident_changed(struct rbk_store *s, const struct rbk_config *config, incident_change_fn *fn,
                                   int64_t id, const char *text, int64_t now_ms)
{
    struct rbk_incident_change c = {.id = id, .by = "alice", .text = text, .now_ms = now_ms};
    struct rbk_error err = {0};
    assert_int_equal(rbk_store_begin(s, &err), 0);
    int rc = fn(s, config, &c, &err);
    if (rc == 0)
        rc = rbk_store_commit(s, &err);
    else
        rbk_store_rollback(s);
    return rc;
}

static inline int incident_put_line(void *arg, const struct rbk_incident_line *l)
{
    rbk_buf_printf(arg, "%lldm %s %s\n", (long long)((l->at_ms - T0) / MINUTE), l->kind, l->text ? l->text : "");
    return 0;
}

/* "0m opened called Engineering lead\n..."; minutes since T0. Heap. */
static inline char *incident_lines(struct rbk_store *s, int64_t id)
{
    struct rbk_buf out = {0};
    assert_int_equal(rbk_incident_timeline(s, id, incident_put_line, &out, NULL), 0);
    return rbk_buf_take(&out);
}

static inline void assert_lines(struct rbk_store *s, int64_t id, const char *expected)
{
    char *lines = incident_lines(s, id);
    assert_string_equal(lines, expected);
    free(lines);
}

#endif
