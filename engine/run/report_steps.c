/* The steps of a recorded run in the order of the plan, one at a time: an `each` may have had a hundred thousand items.
 * First the keys are read, then each step is fetched when its turn comes. */
#include <run/report_steps.h>

#include <base/mem.h>
#include <run/doubt.h>
#include <stdlib.h>
#include <string.h>

struct ordering {
    struct rbk_store *store;
    const struct rbk_run_row *run;
    char **keys; /* of the steps on record; NULL once it had its turn */
    size_t count, cap;
    size_t next; /* where the search begins: steps are recorded roughly in the order of the plan */
    rbk_value *fetched;
    rbk_report_step_fn *fn;
    void *arg;
    struct rbk_error *err;
};

/* What a dead process had in flight may have happened or not. What holds other steps is as they are. Nobody is waited
 * for in a run that was cancelled meanwhile. */
static enum rbk_step_state honest_state(const struct ordering *o, const struct rbk_step_row *row)
{
    if (o->run->state == RBK_RUN_CANCELLED && row->state == RBK_STEP_WAITING)
        return RBK_STEP_CANCELLED;
    bool dead = o->run->state == RBK_RUN_INTERRUPTED || o->run->state == RBK_RUN_CANCELLED;
    if (!dead || row->state != RBK_STEP_RUNNING)
        return row->state;
    bool doubt = row->idempotent ? rbk_doubt_below(o->store, o->run->id, row) : true;
    return doubt ? RBK_STEP_IN_DOUBT : RBK_STEP_PENDING;
}

void report_set_measured(rbk_value *doc, const char *name, int64_t v)
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

static rbk_value *step_document(const struct ordering *o, const struct rbk_step_row *row)
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
    rbk_map_set_string(doc, "state", rbk_step_state_name(honest_state(o, row)));
    rbk_map_set_int(doc, "attempts", row->attempts);
    report_set_measured(doc, "exit_code", row->exit_code);
    report_set_measured(doc, "signal", row->signal > 0 ? row->signal : -1);
    report_set_measured(doc, "duration_ms", row->started_ms > 0 ? row->duration_ms : -1);
    report_set_measured(doc, "cpu_ms", row->cpu_ms);
    report_set_measured(doc, "max_rss_kb", row->max_rss_kb);
    rbk_map_set(doc, "checks", checks_of(row->checks));
    rbk_map_set_string(doc, "error", row->error);
    rbk_map_set_string(doc, "detail", row->detail);
    rbk_map_set_string(doc, "log", row->log);
    if (row->approved)
        rbk_map_set(doc, "approved", rbk_value_dup(row->approved));
    free(parent);
    return doc;
}

/* A step that has not begun, as the plan on record knows it. */
static rbk_value *pending_document(const struct ordering *o, const rbk_value *entry)
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
    rbk_value *doc = step_document(o, &row);
    rbk_step_row_fini(&row);
    return doc;
}

static int keep_key(void *arg, const struct rbk_step_row *row)
{
    struct ordering *o = arg;
    RBK_GROW(o->keys, o->count, o->cap);
    o->keys[o->count++] = rbk_strdup(row->key);
    return 0;
}

static int fetch(void *arg, const struct rbk_step_row *row)
{
    struct ordering *o = arg;
    o->fetched = step_document(o, row);
    return 0;
}

static size_t find_key(const struct ordering *o, const char *key)
{
    for (size_t n = 0; n < o->count; n++) {
        size_t i = (o->next + n) % o->count;
        if (o->keys[i] && strcmp(o->keys[i], key) == 0)
            return i;
    }
    return o->count;
}

/* It is handed over when its query is done: whoever takes it may have to wait for a slow reader. */
static int put_recorded(struct ordering *o, size_t i)
{
    char *id = id_of_key(o->keys[i]);
    int rc = rbk_journal_step(o->store, o->run->id, id, o->keys[i], fetch, o, o->err);
    free(id);
    free(o->keys[i]);
    o->keys[i] = NULL;
    o->next = i;
    return rc ? rc : o->fn(o->arg, o->fetched);
}

/* The items of an `each` are not in the plan: they follow it, in the order of their numbers. */
static int put_items(struct ordering *o, const char *parent)
{
    int rc = 0;
    size_t i = 0;
    for (size_t number = 1; rc == 0 && i < o->count; number++) {
        char *key = rbk_asprintf("%s[%zu]", parent, number);
        i = find_key(o, key);
        if (i < o->count)
            rc = put_recorded(o, i);
        free(key);
    }
    return rc;
}

static int put_planned(struct ordering *o, const rbk_value *entry)
{
    const char *key = rbk_map_get_string(entry, "key"), *kind = rbk_map_get_string(entry, "kind");
    size_t i = find_key(o, key);
    if (i == o->count)
        return o->fn(o->arg, pending_document(o, entry));
    int rc = put_recorded(o, i);
    return rc == 0 && strcmp(kind, "each") == 0 ? put_items(o, key) : rc;
}

int rbk_report_steps(struct rbk_store *s, const struct rbk_run_row *run, rbk_report_step_fn *fn, void *arg,
                     struct rbk_error *err)
{
    struct ordering o = {.store = s, .run = run, .fn = fn, .arg = arg, .err = err};
    int rc = rbk_journal_steps(s, run->id, keep_key, &o, err);
    for (size_t i = 0; rc == 0 && i < rbk_value_length(run->plan); i++)
        rc = put_planned(&o, rbk_list_at(run->plan, i));
    for (size_t i = 0; rc == 0 && i < o.count; i++)
        if (o.keys[i])
            rc = put_recorded(&o, i); /* no longer in the plan */
    for (size_t i = 0; i < o.count; i++)
        free(o.keys[i]);
    free(o.keys);
    return rc;
}
