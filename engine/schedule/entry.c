/* See entry.h. */
#include <base/mem.h>
#include <math.h>
#include <schedule/calendar.h>
#include <schedule/civil.h>
#include <schedule/entry.h>
#include <stdlib.h>
#include <string.h>

/* What is looked for backwards in time: first so near, then so many times as far. */
enum { NEARBY_MS = 3600 * 1000, FARTHER = 8 };

static const char *const missed_names[] = {"skip", "one", "all"};
static const char *const overlap_names[] = {"skip", "queue", "replace", "allow"};

const char *rbk_missed_name(enum rbk_missed m)
{
    return missed_names[m];
}

const char *rbk_overlap_name(enum rbk_overlap o)
{
    return overlap_names[o];
}

/* The configuration has checked the word already; a header has none and gets the default. */
static int word_index(const rbk_value *settings, const char *key, const char *const *names, int count, int dflt)
{
    const char *word = rbk_map_get_string(settings, key);
    for (int i = 0; word && i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return i;
    return dflt;
}

static bool word_is(const rbk_value *settings, const char *key, const char *word)
{
    const char *given = rbk_map_get_string(settings, key);
    return given && strcmp(given, word) == 0;
}

static int64_t setting_ms(const rbk_value *settings, const char *key)
{
    return llround(rbk_value_number(rbk_map_get(settings, key)) * 1000);
}

static void read_policies(struct rbk_entry *e, const rbk_value *settings)
{
    const rbk_value *params = rbk_map_get(settings, "params");
    int64_t catch_up = rbk_value_int(rbk_map_get(settings, "catch_up"));
    int64_t queue = rbk_value_int(rbk_map_get(settings, "queue"));
    e->missed = (enum rbk_missed)word_index(settings, "missed", missed_names, 3, RBK_MISSED_ONE);
    e->overlap = (enum rbk_overlap)word_index(settings, "overlap", overlap_names, 4, RBK_OVERLAP_SKIP);
    e->dst.skip_gap = word_is(settings, "skipped_times", "skip");
    e->dst.twice_repeat = word_is(settings, "repeated_times", "twice");
    e->catch_up = catch_up > 0 ? (int)catch_up : 10;
    e->queue = queue > 0 ? (int)queue : 1;
    e->paused = word_is(settings, "paused", "true");
    e->jitter_ms = setting_ms(settings, "jitter");
    e->timeout_ms = setting_ms(settings, "timeout");
    e->params = rbk_value_length(params) ? rbk_value_dup(params) : NULL;
}

/* The zone of this schedule, of the text, of the project, of the machine: the nearest one counts. */
static int choose_zone(struct rbk_entry *e, const rbk_value *settings, const struct rbk_config *config,
                       rbk_zones *zones, struct rbk_error *err)
{
    const char *name = rbk_map_get_string(settings, "timezone");
    if (!name)
        name = rbk_calendar_zone(e->calendar);
    if (!name)
        name = rbk_value_string(rbk_config_get(config, "timezone"));
    return name ? rbk_zones_get(zones, name, &e->zone, err) : rbk_zones_local(zones, &e->zone, err);
}

static void entry_fini(struct rbk_entry *e)
{
    rbk_calendar_free(e->calendar);
    rbk_value_free(e->params);
    free(e->runbook);
    free(e->text);
    free(e->source);
}

static int read_entry(struct rbk_entry *e, const rbk_value *settings, const struct rbk_config *config, rbk_zones *zones,
                      struct rbk_error *err)
{
    int rc = rbk_calendar_parse(e->text, &e->calendar, err);
    if (rc == 0)
        rc = choose_zone(e, settings, config, zones, err);
    if (rc == 0)
        read_policies(e, settings);
    return rc;
}

/* `config` is NULL when it stands in the header. */
static int name_mistake(const struct rbk_entry *e, const struct rbk_config *config, struct rbk_error *err)
{
    struct rbk_error inner = *err;
    rbk_error_set(err, inner.code, "schedule of %s \"%.100s\": %s", e->runbook, e->text, inner.message);
    if (config)
        rbk_config_place(config, (const char *const[]){"schedule", e->runbook, NULL}, err);
    else
        rbk_error_at(err, e->source, 0, 0);
    return rbk_error_hint(err, "%s", inner.hint);
}

int rbk_entries_add(struct rbk_entries *list, const struct rbk_config *config, rbk_zones *zones,
                    const struct rbk_entry_header *header, struct rbk_error *err)
{
    const char *runbook = header->runbook;
    const rbk_value *settings = rbk_map_get(rbk_config_get(config, "schedule"), runbook);
    const char *text = rbk_map_get_string(settings, "at");
    struct rbk_error scratch;
    err = err ? err : &scratch;
    if (!text && !header->schedule)
        return 0;
    struct rbk_entry e = {.runbook = rbk_strdup(runbook),
                          .text = rbk_strdup(text ? text : header->schedule),
                          .source = rbk_strdup(text ? config->file : header->path)};
    int rc = read_entry(&e, settings, config, zones, err);
    if (rc < 0) {
        name_mistake(&e, text ? config : NULL, err);
        entry_fini(&e);
        return rc;
    }
    e.allow_refused = e.overlap == RBK_OVERLAP_ALLOW && !header->overlap_allow;
    RBK_GROW(list->items, list->count, list->cap);
    size_t i = list->count++;
    for (; i > 0 && strcmp(list->items[i - 1].runbook, runbook) > 0; i--)
        list->items[i] = list->items[i - 1];
    list->items[i] = e;
    return 0;
}

int rbk_entry_check_allow(const struct rbk_entry *e, const struct rbk_config *config, struct rbk_error *err)
{
    if (!e->allow_refused)
        return 0;
    rbk_error_set(err, RBK_EINVAL,
                  "schedule of %s: overlap: allow, but the runbook's header does not say overlap = \"allow\": what is"
                  " due while a run goes on will be skipped",
                  e->runbook);
    rbk_config_place(config, (const char *const[]){"schedule", e->runbook, "overlap", NULL}, err);
    return rbk_error_hint(err, "write overlap = \"allow\" in the runbook's header, when two of its runs may go on at"
                               " once; else choose skip, queue or replace");
}

const struct rbk_entry *rbk_entries_find(const struct rbk_entries *e, const char *runbook)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->items[i].runbook, runbook) == 0)
            return &e->items[i];
    return NULL;
}

void rbk_entries_fini(struct rbk_entries *e)
{
    for (size_t i = 0; i < e->count; i++)
        entry_fini(&e->items[i]);
    free(e->items);
    *e = (struct rbk_entries){0};
}

int64_t rbk_entry_next(const struct rbk_entry *e, int64_t after_ms)
{
    int64_t at;
    if (rbk_calendar_next(e->calendar, e->zone, &e->dst, rbk_floor_div(after_ms, 1000), &at, NULL) != 0)
        return INT64_MAX;
    return at * 1000;
}

int64_t rbk_entry_count(const struct rbk_entry *e, int64_t after_ms, int64_t until_ms)
{
    return cal_count(e->calendar, e->zone, &e->dst, rbk_floor_div(after_ms, 1000), rbk_floor_div(until_ms, 1000));
}

/* It is looked for nearby first: years may lie between. */
int64_t rbk_entry_before(const struct rbk_entry *e, int64_t first_ms, int64_t due_ms)
{
    int64_t at = first_ms;
    for (int64_t back = NEARBY_MS; back < due_ms - first_ms; back *= FARTHER) {
        int64_t found = rbk_entry_next(e, due_ms - back);
        if (found < due_ms) {
            at = found;
            break;
        }
    }
    for (int64_t next; (next = rbk_entry_next(e, at)) < due_ms;)
        at = next;
    return at;
}

int64_t rbk_entry_newest(const struct rbk_entry *e, int64_t after_ms, int64_t until_ms, size_t wanted)
{
    for (int64_t back = NEARBY_MS; back < until_ms - after_ms; back *= FARTHER)
        if (rbk_entry_count(e, until_ms - back, until_ms) >= (int64_t)wanted)
            return until_ms - back;
    return after_ms;
}

int64_t rbk_entry_start(const struct rbk_entry *e, int64_t due_ms)
{
    uint64_t h = rbk_hash(RBK_HASH_INIT, e->runbook, strlen(e->runbook));
    h = rbk_hash(h, &due_ms, sizeof due_ms);
    return due_ms + (e->jitter_ms > 0 ? (int64_t)(h % (uint64_t)e->jitter_ms) : 0);
}
