/* Importing a text: its samples are gathered by series in memory and then written in bulk, all or nothing. */
#include <metrics/labels.h>
#include <metrics/units.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

struct gathered { /* one series */
    char *name, *help, *labels;
    enum rbk_metric_kind kind;
    enum rbk_unit unit;
    struct rbk_sample *samples;
    size_t count, cap;
};

struct importing {
    struct gathered *series;
    size_t count, cap;
    uint32_t *slots; /* open addressing by name and labels: index + 1, 0 is free */
    size_t slot_count;
    struct rbk_buf text;
    int64_t samples;
};

static uint64_t hash_of(const char *name, const char *labels)
{
    return rbk_hash(rbk_hash(RBK_HASH_INIT, name, strlen(name) + 1), labels, strlen(labels));
}

/* The slot of a series, taken or free. */
static uint32_t *slot_of(struct importing *in, const char *name, const char *labels)
{
    size_t i = hash_of(name, labels) & (in->slot_count - 1);
    for (; in->slots[i]; i = (i + 1) & (in->slot_count - 1)) {
        const struct gathered *g = &in->series[in->slots[i] - 1];
        if (strcmp(g->name, name) == 0 && strcmp(g->labels, labels) == 0)
            break;
    }
    return &in->slots[i];
}

static void grow_slots(struct importing *in)
{
    if (in->count * 2 < in->slot_count)
        return;
    free(in->slots);
    in->slot_count = in->slot_count ? in->slot_count * 2 : 64;
    in->slots = rbk_alloc(in->slot_count * sizeof *in->slots);
    for (size_t i = 0; i < in->count; i++)
        *slot_of(in, in->series[i].name, in->series[i].labels) = (uint32_t)i + 1;
}

static struct gathered *series_of(struct importing *in, const struct rbk_metric *m)
{
    rbk_buf_clear(&in->text);
    rbk_buf_puts(&in->text, "");
    labels_put(&in->text, m->labels, m->label_count);
    grow_slots(in);
    uint32_t *slot = slot_of(in, m->name, in->text.data);
    if (*slot)
        return &in->series[*slot - 1];
    RBK_GROW(in->series, in->count, in->cap);
    in->series[in->count] = (struct gathered){.name = rbk_strdup(m->name),
                                              .help = rbk_strdup(m->help),
                                              .labels = rbk_strdup(in->text.data),
                                              .kind = m->kind,
                                              .unit = m->unit};
    *slot = (uint32_t)++in->count;
    return &in->series[in->count - 1];
}

static int gather(void *arg, const struct rbk_metrics_line *line)
{
    struct importing *in = arg;
    struct gathered *g = series_of(in, &line->metric);
    RBK_GROW(g->samples, g->count, g->cap);
    g->samples[g->count++] = line->sample;
    in->samples++;
    return 0;
}

/* A text that says no unit means the one that the name has. */
static int write_gathered(struct rbk_store *s, const struct gathered *g, struct rbk_error *err)
{
    struct labels labels = {0};
    labels_parse(&labels, g->labels);
    struct rbk_metric m = {.name = g->name,
                           .help = g->help,
                           .kind = g->kind,
                           .unit = g->unit,
                           .labels = labels.items,
                           .label_count = labels.count};
    int rc = m.unit == RBK_UNIT_NONE ? units_of(s, m.name, units_meant(m.name, m.unit), &m.unit, err) : 0;
    if (rc == 0)
        rc = rbk_metrics_record_many(s, &m, g->samples, g->count, err);
    labels_fini(&labels);
    return rc;
}

static void importing_fini(struct importing *in)
{
    for (size_t i = 0; i < in->count; i++) {
        free(in->series[i].name);
        free(in->series[i].help);
        free(in->series[i].labels);
        free(in->series[i].samples);
    }
    free(in->series);
    free(in->slots);
    rbk_buf_fini(&in->text);
}

int rbk_metrics_import(struct rbk_store *s, const char *file, const char *text, size_t len,
                       struct rbk_metrics_import *done, struct rbk_error *err)
{
    struct importing in = {0};
    int rc = rbk_metrics_text_read(file, text, len, rbk_clock_wall_ms(), gather, &in, err);
    for (size_t i = 0; i < in.count && rc == 0; i++)
        if ((rc = write_gathered(s, &in.series[i], err)) < 0)
            rbk_error_at(err, file, 0, 0);
    done->samples = in.samples;
    done->series = (int64_t)in.count;
    importing_fini(&in);
    return rc;
}
