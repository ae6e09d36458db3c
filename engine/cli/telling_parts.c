/* See telling_parts.h. Every step of a run waits for this: nothing is made that no rule asks for, nothing is looked up
 * twice, and an event is written as the text that is recorded. */
#include <cli/telling_parts.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/next_lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rbk_telling *rbk_telling_new(const struct rbk_config *config, struct rbk_store *store, const char *priority)
{
    struct rbk_telling *t = rbk_alloc(sizeof *t);
    *t = (struct rbk_telling){.config = config, .store = store, .priority = priority};
    return t;
}

static void forget_events(struct rbk_telling *t)
{
    for (size_t i = 0; i < t->event_count; i++)
        rbk_buf_fini(&t->events[i].text);
    t->event_count = 0;
}

static void forget_command(struct rbk_telling *t, size_t i)
{
    free(t->ran[i].step);
    free(t->ran[i].command);
    t->ran[i] = t->ran[--t->ran_count];
}

void rbk_telling_free(struct rbk_telling *t)
{
    if (!t)
        return;
    forget_events(t);
    while (t->ran_count)
        forget_command(t, t->ran_count - 1);
    rbk_buf_fini(&t->failed);
    rbk_buf_fini(&t->about.head);
    free(t->events);
    free(t->ran);
    free(t);
}

int rbk_telling_recorded(const struct rbk_telling *t)
{
    return t ? t->recorded : 0;
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

static size_t find_command(const struct rbk_telling *t, const char *step)
{
    size_t i = 0;
    while (i < t->ran_count && strcmp(t->ran[i].step, step) != 0)
        i++;
    return i;
}

void rbk_telling_step_ended(struct rbk_telling *t, const char *step)
{
    size_t i = find_command(t, step);
    if (i < t->ran_count)
        forget_command(t, i);
}

void rbk_telling_command(struct rbk_telling *t, const struct rbk_step_row *step, const struct rbk_command_row *command)
{
    size_t i = find_command(t, step->key);
    bool failed = rbk_command_row_failed(command);
    if (i < t->ran_count && t->ran[i].failed && !failed)
        return;
    rbk_telling_step_ended(t, step->key);
    RBK_GROW(t->ran, t->ran_count, t->ran_cap);
    t->ran[t->ran_count++] = (struct ran){rbk_strdup(step->key), rbk_strdup(command->argv), failed};
}

static const char *command_of(const struct rbk_telling *t, const char *step)
{
    size_t i = find_command(t, step);
    return i < t->ran_count ? t->ran[i].command : NULL;
}

/* ---- the parts of an event ------------------------------------------------------------------------------------- */

/* NULL where there is none. */
static const char *brief_of(struct rbk_telling *t, const char *root)
{
    if (strcmp(t->root, root) != 0 && rbk_journal_run_short(t->store, root, t->brief, NULL) == 0)
        snprintf(t->root, sizeof t->root, "%s", root);
    return strcmp(t->root, root) == 0 ? t->brief : NULL;
}

const char *rbk_telling_root(const struct rbk_run_row *run)
{
    return run->root ? run->root : run->id;
}

/* How the run is named in commands. */
static const char *name_of(struct rbk_telling *t, const struct rbk_run_row *run)
{
    const char *brief = brief_of(t, rbk_telling_root(run));
    return brief ? brief : rbk_telling_root(run);
}

/* Another run than the last one. */
static void begin_run(struct rbk_telling *t, const struct rbk_run_row *run)
{
    struct about_run *a = &t->about;
    const char *brief = brief_of(t, rbk_telling_root(run));
    snprintf(a->run, sizeof a->run, "%s", brief ? run->id : ""); /* without it the next event asks again */
    a->count = 0;
    rbk_buf_clear(&a->head);
    rbk_event_text(&a->head, "host", run->host);
    rbk_event_text(&a->head, "runbook", run->runbook);
    rbk_event_text(&a->head, "run", rbk_telling_root(run));
    rbk_event_text(&a->head, "run_short", brief);
}

static bool ask_rules(const struct rbk_telling *t, const struct rbk_run_row *run, const struct telling_occasion *o,
                      const char *priority)
{
    const struct rbk_notify_about about = {.event = o->event,
                                           .status = o->status,
                                           .priority = priority ? priority : "",
                                           .runbook = run->runbook ? run->runbook : "",
                                           .attempt = o->attempt,
                                           .attempts = o->attempts};
    return rbk_notify_wants(t->config, &about);
}

/* Of one run, rules say the same of each event of one name, unless it has a priority or an attempt of its own. */
static bool is_wanted(struct rbk_telling *t, const struct rbk_run_row *run, const struct telling_occasion *o)
{
    struct about_run *a = &t->about;
    if (o->priority || o->attempts)
        return ask_rules(t, run, o, o->priority ? o->priority : t->priority);
    for (int i = 0; i < a->count; i++)
        if (a->answers[i].event == o->event && a->answers[i].status == o->status)
            return a->answers[i].wanted;
    bool wanted = ask_rules(t, run, o, t->priority);
    if (a->count < ANSWERS)
        a->answers[a->count++] = (struct answer){o->event, o->status, wanted};
    return wanted;
}

struct rbk_buf *rbk_telling_begin(struct rbk_telling *t, const struct rbk_run_row *run,
                                  const struct telling_occasion *o)
{
    if (strcmp(t->about.run, run->id) != 0)
        begin_run(t, run);
    if (!is_wanted(t, run, o))
        return NULL;
    RBK_GROW(t->events, t->event_count, t->event_cap);
    struct told *told = &t->events[t->event_count++];
    *told = (struct told){.at_ms = rbk_clock_wall_ms()};
    rbk_event_begin(&told->text, o->event, o->status, told->at_ms);
    rbk_event_text(&told->text, "priority", o->priority ? o->priority : t->priority);
    rbk_event_members(&told->text, &t->about.head);
    return &told->text;
}

void rbk_telling_put_log(const struct rbk_telling *t, struct rbk_buf *event, const char *log)
{
    if (log)
        rbk_event_joined(event, "log", (const char *const[]){rbk_store_dir(t->store), "/logs/", log, NULL});
}

void rbk_telling_put_next(struct rbk_telling *t, struct rbk_buf *event, const struct rbk_run_row *run,
                          enum rbk_run_state state, const char *step, const rbk_value *waiting)
{
    const struct rbk_next next = {.state = state, .run = name_of(t, run), .step = step, .waiting = waiting};
    struct rbk_strv commands = {0};
    rbk_next_commands(&commands, &next);
    rbk_event_list(event, "next", &commands);
    rbk_strv_fini(&commands);
}

void rbk_telling_put_said(const struct rbk_telling *t, struct rbk_buf *event, const struct rbk_step_row *step,
                          const char *error)
{
    rbk_event_text(event, "step", step->title);
    rbk_event_text(event, "error", error);
    rbk_event_text(event, "command", command_of(t, step->key));
    rbk_event_checks(event, step->checks);
    rbk_telling_put_log(t, event, step->log);
}

bool rbk_telling_is_open(const struct rbk_telling *t, const char *key)
{
    return t->event_count > 0 || rbk_notify_is_open(t->store, key, NULL) > 0;
}

/* ---- recording ------------------------------------------------------------------------------------------------- */

int rbk_telling_write(struct rbk_telling *t, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < t->event_count; i++) {
        const struct told *told = &t->events[i];
        rc = rbk_notify_record(t->store, told->text.data, told->text.len, told->at_ms, err);
        t->recorded += rc == 0;
    }
    forget_events(t);
    return rc;
}
