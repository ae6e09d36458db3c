/* A recorded run as a document: schema runbook.run/1. Steps stand in the order of the plan, nested ones after their
 * parent, those that have not begun among them. */
#include <run/run.h>

#include <base/mem.h>
#include <run/doubt.h>
#include <run/waiting.h>
#include <stdlib.h>
#include <string.h>

struct report {
    struct rbk_store *store;
    const struct rbk_run_row *run;
    rbk_value **steps; /* one document for each recorded step; NULL once it has its place */
    char **keys;
    size_t count, cap;
};

/* What a dead process had in flight may have happened or not. What holds other steps is as they are. Nobody is waited
 * for in a run that was cancelled meanwhile. */
static enum rbk_step_state honest_state(const struct report *r, const struct rbk_step_row *row)
{
    if (r->run->state == RBK_RUN_CANCELLED && row->state == RBK_STEP_WAITING)
        return RBK_STEP_CANCELLED;
    bool dead = r->run->state == RBK_RUN_INTERRUPTED || r->run->state == RBK_RUN_CANCELLED;
    if (!dead || row->state != RBK_STEP_RUNNING)
        return row->state;
    bool doubt = row->idempotent ? rbk_doubt_below(r->store, r->run->id, row) : true;
    return doubt ? RBK_STEP_IN_DOUBT : RBK_STEP_PENDING;
}

static void set_measured(rbk_value *doc, const char *name, int64_t v)
{
    if (v < 0)
        rbk_map_set(doc, name, rbk_null_new());
    else
        rbk_map_set_int(doc, name, v);
}

static rbk_value *checks_of(const rbk_value *checks)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < rbk_value_length(checks); i++)
        rbk_list_append(list, rbk_value_dup(rbk_list_at(checks, i)));
    return list;
}

/* The id of the step that a key names: "hosts[2]/restart" is an instance of restart, "hosts[2]" one of hosts. Heap. */
static char *id_of_key(const char *key)
{
    const char *slash = key ? strrchr(key, '/') : NULL;
    const char *last = slash ? slash + 1 : key;
    return last ? rbk_strndup(last, strcspn(last, "[")) : NULL;
}

static rbk_value *step_document(const struct report *r, const struct rbk_step_row *row)
{
    rbk_value *doc = rbk_map_new();
    char *parent = id_of_key(row->parent);
    rbk_map_set_string(doc, "id", row->id);
    rbk_map_set_string(doc, "key", row->key);
    rbk_map_set_string(doc, "title", row->title);
    rbk_map_set_string(doc, "kind", row->kind);
    rbk_map_set_string(doc, "parent", parent);
    rbk_map_set_string(doc, "item", row->item);
    rbk_map_set_string(doc, "child_run", row->child_run);
    rbk_map_set_string(doc, "state", rbk_step_state_name(honest_state(r, row)));
    rbk_map_set_int(doc, "attempts", row->attempts);
    set_measured(doc, "exit_code", row->exit_code);
    set_measured(doc, "signal", row->signal > 0 ? row->signal : -1);
    set_measured(doc, "duration_ms", row->started_ms > 0 ? row->duration_ms : -1);
    set_measured(doc, "cpu_ms", row->cpu_ms);
    set_measured(doc, "max_rss_kb", row->max_rss_kb);
    rbk_map_set(doc, "checks", checks_of(row->checks));
    rbk_map_set_string(doc, "error", row->error);
    rbk_map_set_string(doc, "detail", row->detail);
    rbk_map_set_string(doc, "log", row->log);
    if (row->approved)
        rbk_map_set(doc, "approved", rbk_value_dup(row->approved));
    free(parent);
    return doc;
}

static int collect_step(void *arg, const struct rbk_step_row *row)
{
    struct report *r = arg;
    if (r->count == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->steps = rbk_realloc(r->steps, r->cap, sizeof *r->steps);
        r->keys = rbk_realloc(r->keys, r->cap, sizeof *r->keys);
    }
    r->steps[r->count] = step_document(r, row);
    r->keys[r->count++] = rbk_strdup(row->key);
    return 0;
}

static void report_fini(struct report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        rbk_value_free(r->steps[i]);
        free(r->keys[i]);
    }
    free(r->steps);
    free(r->keys);
}

/* A step that has not begun, as the plan on record knows it. */
static rbk_value *pending_document(const struct report *r, const rbk_value *entry)
{
    const char *key = rbk_map_get_string(entry, "key"), *slash = strrchr(key, '/');
    char *parent = slash ? rbk_strndup(key, (size_t)(slash - key)) : NULL;
    struct rbk_step_row row = {.key = rbk_strdup(key),
                               .id = rbk_strdup(rbk_map_get_string(entry, "id")),
                               .title = rbk_strdup(rbk_map_get_string(entry, "title")),
                               .kind = rbk_strdup(rbk_map_get_string(entry, "kind")),
                               .parent = parent,
                               .state = RBK_STEP_PENDING,
                               .exit_code = -1,
                               .cpu_ms = -1,
                               .max_rss_kb = -1};
    rbk_value *doc = step_document(r, &row);
    rbk_step_row_fini(&row);
    return doc;
}

/* Steps are recorded roughly in the order of the plan: the search begins where the last one was found. */
static bool append_key(struct report *r, rbk_value *list, const char *key, size_t *hint)
{
    for (size_t n = 0; n < r->count; n++) {
        size_t i = (*hint + n) % r->count;
        if (r->steps[i] && strcmp(r->keys[i], key) == 0) {
            rbk_list_append(list, r->steps[i]);
            r->steps[i] = NULL;
            *hint = i;
            return true;
        }
    }
    return false;
}

/* The items of an `each` are not in the plan: they follow it, in the order of their numbers. */
static void append_items(struct report *r, rbk_value *list, const char *parent, size_t *hint)
{
    bool found = true;
    for (size_t number = 1; found; number++) {
        char *key = rbk_asprintf("%s[%zu]", parent, number);
        found = append_key(r, list, key, hint);
        free(key);
    }
}

static void append_planned(struct report *r, rbk_value *list, const rbk_value *entry, size_t *hint)
{
    const char *key = rbk_map_get_string(entry, "key"), *kind = rbk_map_get_string(entry, "kind");
    if (!append_key(r, list, key, hint))
        rbk_list_append(list, pending_document(r, entry));
    else if (strcmp(kind, "each") == 0)
        append_items(r, list, key, hint);
}

static rbk_value *ordered_steps(struct report *r)
{
    rbk_value *list = rbk_list_new();
    size_t hint = 0;
    for (size_t i = 0; i < rbk_value_length(r->run->plan); i++)
        append_planned(r, list, rbk_list_at(r->run->plan, i), &hint);
    for (size_t i = 0; i < r->count; i++)
        if (r->steps[i])
            append_key(r, list, r->keys[i], &hint); /* no longer in the plan */
    return list;
}

static int collect_waiting(void *arg, const char *run_id, const char *path, const struct rbk_gate_row *g)
{
    rbk_value *entry = rbk_map_new();
    (void)run_id;
    rbk_map_set_string(entry, "step", path);
    rbk_map_set_string(entry, "kind", g->kind);
    rbk_map_set_string(entry, "question", g->question);
    rbk_map_set(entry, "answers", g->spec ? rbk_value_dup(g->spec) : rbk_map_new());
    rbk_list_append(arg, entry);
    return 0;
}

int rbk_report_waiting(struct rbk_store *s, const char *run_id, rbk_value **out, struct rbk_error *err)
{
    rbk_value *waiting = rbk_list_new();
    int rc = rbk_waiting_each(s, run_id, collect_waiting, waiting, err);
    if (rc == 0)
        *out = waiting;
    else
        rbk_value_free(waiting);
    return rc;
}

static void set_run_fields(rbk_value *doc, const struct rbk_run_row *run)
{
    char started[RBK_TIME_SIZE];
    rbk_time_rfc3339(run->started_ms, started);
    rbk_map_set_string(doc, "schema", "runbook.run/1");
    rbk_map_set_string(doc, "run", run->id);
    rbk_map_set_string(doc, "runbook", run->runbook);
    rbk_map_set_string(doc, "title", run->title);
    rbk_map_set_string(doc, "state", rbk_run_state_name(run->state));
    set_measured(doc, "exit", run->exit);
    rbk_map_set_string(doc, "started", started);
    rbk_map_set_int(doc, "duration_ms", run->duration_ms);
    rbk_map_set_string(doc, "reason", run->reason);
    rbk_map_set_string(doc, "by", run->by);
    rbk_map_set_string(doc, "parent", run->parent);
    rbk_map_set(doc, "params", run->params ? rbk_value_dup(run->params) : rbk_map_new());
}

static int fill(struct rbk_store *s, struct rbk_run_row *run, rbk_value *doc, struct rbk_error *err)
{
    struct report r = {.store = s, .run = run};
    rbk_value *facts = NULL, *waiting = NULL;
    set_run_fields(doc, run);
    int rc = rbk_journal_facts(s, run->id, &facts, err);
    rbk_map_set(doc, "facts", facts ? facts : rbk_map_new());
    if (rc == 0 && run->state == RBK_RUN_WAITING)
        rc = rbk_report_waiting(s, run->id, &waiting, err);
    rbk_map_set(doc, "waiting_for", waiting ? waiting : rbk_list_new());
    if (rc == 0)
        rc = rbk_journal_steps(s, run->id, collect_step, &r, err);
    if (rc == 0)
        rbk_map_set(doc, "steps", ordered_steps(&r));
    report_fini(&r);
    return rc;
}

int rbk_report_value(struct rbk_store *s, const char *run_id, rbk_value **out, struct rbk_error *err)
{
    struct rbk_run_row run = {0};
    rbk_value *doc = rbk_map_new();
    int rc = rbk_journal_run_get(s, run_id, &run, err);
    if (rc == 0)
        rc = rbk_report_state(s, &run, err);
    if (rc == 0)
        rc = fill(s, &run, doc, err);
    rbk_run_row_fini(&run);
    if (rc < 0) {
        rbk_value_free(doc);
        return rc;
    }
    *out = doc;
    return 0;
}
