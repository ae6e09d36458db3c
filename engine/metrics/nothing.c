/* Why a query found nothing: a name, a label or a value that nobody ever recorded, with what was meant, or a time in
 * which nothing was measured, with the time at which something was. */
#include <metrics/labels.h>
#include <metrics/read.h>

#include <base/clock.h>
#include <base/str.h>
#include <string.h>

enum { SHOWN = 6, KNOWN_MAX = 1000 };

struct looking {
    const struct rbk_metrics_query *q;
    struct rbk_strv names, labels, values; /* every name; the labels of q->name; their values of q->labels[which] */
    size_t which;
    bool has_value; /* that label has the wanted value somewhere */
    struct labels parsed;
};

static void add_once(struct rbk_strv *v, const char *s)
{
    if (v->count < KNOWN_MAX && !rbk_strv_has(v, s))
        rbk_strv_add(v, s);
}

static int look(void *arg, const struct series *one, const struct inbox_entry *entries, size_t n, struct rbk_error *err)
{
    struct looking *l = arg;
    (void)entries, (void)n, (void)err;
    if (!l->names.count || strcmp(l->names.items[l->names.count - 1], one->name) != 0)
        rbk_strv_add(&l->names, one->name);
    if (!l->q->name || strcmp(one->name, l->q->name) != 0 || !labels_parse(&l->parsed, one->labels))
        return 0;
    for (size_t i = 0; i < l->parsed.count; i++) {
        add_once(&l->labels, l->parsed.items[i].name);
        if (l->which < l->q->label_count && strcmp(l->parsed.items[i].name, l->q->labels[l->which].name) == 0)
            add_once(&l->values, l->parsed.items[i].value);
    }
    l->has_value = l->has_value || labels_fit(&l->parsed, l->q->labels + l->which, l->which < l->q->label_count);
    return 0;
}

static void forget(struct looking *l)
{
    rbk_strv_fini(&l->names);
    rbk_strv_fini(&l->labels);
    rbk_strv_fini(&l->values);
    l->has_value = false;
}

/* "did you mean X?", or what there is. */
static void hint(struct rbk_error *why, const char *word, const struct rbk_strv *there, const char *otherwise)
{
    struct rbk_buf text = {0};
    const char *near = rbk_did_you_mean(word, (const char *const *)there->items, there->count);
    for (size_t i = 0; i < there->count && i < SHOWN; i++)
        rbk_buf_printf(&text, "%s%.40s", i ? ", " : "", there->items[i]);
    if (there->count > SHOWN)
        rbk_buf_printf(&text, " and %zu more", there->count - SHOWN);
    if (near)
        rbk_error_hint(why, "did you mean %s?", near);
    else if (!otherwise && there->count)
        rbk_error_hint(why, "there is: %s", text.data);
    else
        rbk_error_hint(why, "%s", otherwise ? otherwise : "it has no labels");
    rbk_buf_fini(&text);
}

static void name_unknown(const struct looking *l, struct rbk_error *why)
{
    if (!l->names.count) {
        rbk_error_set(why, RBK_ENOENT, "nothing was measured yet");
        rbk_error_hint(why, "every run measures itself; `runbook metrics record NAME VALUE` adds what you measure");
        return;
    }
    rbk_error_set(why, RBK_ENOENT, "there is no metric \"%.100s\"", l->q->name);
    hint(why, l->q->name, &l->names, "`runbook metrics list` shows what there is");
}

/* Whether the label `which` is why; `l` looked for its values. */
static bool label_unknown(const struct looking *l, struct rbk_error *why)
{
    const struct rbk_label *label = &l->q->labels[l->which];
    if (l->has_value)
        return false;
    if (!rbk_strv_has(&l->labels, label->name)) {
        rbk_error_set(why, RBK_ENOENT, "%s has no label \"%.60s\"", l->q->name, label->name);
        hint(why, label->name, &l->labels, NULL);
    } else {
        rbk_error_set(why, RBK_ENOENT, "no %s has %s=\"%.60s\"", l->q->name, label->name, label->value);
        hint(why, label->value, &l->values, NULL);
    }
    return true;
}

static int take_newest(void *arg, const struct rbk_metrics_series *s)
{
    int64_t *newest = arg;
    *newest = s->at_ms[s->count - 1] > *newest ? s->at_ms[s->count - 1] : *newest;
    return 0;
}

static int nothing_then(struct rbk_store *s, const struct rbk_metrics_query *q, struct rbk_error *why,
                        struct rbk_error *err)
{
    struct rbk_metrics_query all = *q;
    const char *name = q->name ? q->name : "anything";
    char when[RBK_TIME_SIZE];
    int64_t newest = INT64_MIN;
    all.since_ms = INT64_MIN;
    all.until_ms = INT64_MAX;
    all.aggregate = RBK_AGG_RAW;
    all.by = NULL;
    all.newest_only = true;
    int rc = rbk_metrics_query(s, &all, take_newest, &newest, err);
    if (newest == INT64_MIN && !q->label_count) {
        rbk_error_set(why, RBK_ENOENT, "no sample of %s can be read", name);
        rbk_error_hint(why, "`runbook doctor` says more");
        return rc;
    }
    if (newest == INT64_MIN) {
        rbk_error_set(why, RBK_ENOENT, "nothing has all of these labels");
        rbk_error_hint(why, "`runbook metrics list %s` shows which there are", name);
        return rc;
    }
    rbk_time_local(newest, when);
    rbk_error_set(why, RBK_ENOENT, "nothing was measured as %s in that time", name);
    rbk_error_hint(why, "the newest is of %.16s: --since %.10s", when, when);
    if (newest >= q->since_ms)
        rbk_error_hint(why, "the newest is of %.16s; --since and --until say which time is meant", when);
    return rc;
}

int rbk_metrics_why_nothing(struct rbk_store *s, const struct rbk_metrics_query *q, struct rbk_error *why,
                            struct rbk_error *err)
{
    struct looking l = {.q = q};
    bool found = false;
    int rc = 0;
    do {
        forget(&l);
        rc = s ? series_each(s, NULL, look, &l, err) : 0;
        found = rc == 0 && (!l.names.count || (q->name && !rbk_strv_has(&l.names, q->name)));
        if (found)
            name_unknown(&l, why);
        else if (rc == 0 && l.which < q->label_count)
            found = label_unknown(&l, why);
    } while (rc == 0 && !found && ++l.which < q->label_count);
    if (rc == 0 && !found)
        rc = nothing_then(s, q, why, err);
    forget(&l);
    labels_fini(&l.parsed);
    return rc;
}
