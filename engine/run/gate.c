/* Gates: where a run waits for a person. One question is put at a time, to whoever is there; with nobody there it is
 * recorded, the step waits, and the run ends as `waiting` once nothing else can go on. A decision that was recorded
 * meanwhile (approve, reject) is found here when the run is resumed. */
#include <run/machine.h>

#include <string.h>

static void show_next(struct rbk_session *s);

/* Questions that live in the journal and are answered by approve and reject. */
static bool is_recorded(const char *kind)
{
    return strcmp(kind, "step") != 0 && strcmp(kind, "doubt") != 0;
}

/* An approval is one of the question as it was asked: of other words it says nothing. */
static bool is_moot(const struct rbk_gate_row *g, const char *text)
{
    return text && strcmp(g->decision, "approved") == 0 && g->question && strcmp(g->question, text) != 0;
}

static struct rbk_gate_row *find_decision(const struct rbk_run *run, const char *key, const char *kind,
                                          const char *text)
{
    for (size_t i = 0; i < run->gate_count; i++) {
        struct rbk_gate_row *g = &run->gates[i];
        if (g->decision && strcmp(g->step, key) == 0 && strcmp(g->kind, kind) == 0 && !is_moot(g, text))
            return g;
    }
    return NULL;
}

/* Each decision counts once: a question that is put again is a new one. */
static void consume(struct rbk_gate_row *g)
{
    free(g->decision);
    g->decision = NULL;
}

static void note_approval(struct rbk_step *step, const char *by, int64_t at_ms, const char *why,
                          const rbk_value *answers)
{
    char at[RBK_TIME_SIZE];
    rbk_time_rfc3339(at_ms, at);
    rbk_value *approved = rbk_map_new();
    rbk_map_set_string(approved, "by", by);
    rbk_map_set_string(approved, "at", at);
    rbk_map_set_string(approved, "why", why);
    if (rbk_value_length(answers) > 0)
        rbk_map_set(approved, "answers", rbk_value_dup(answers));
    rbk_value_free(step->row.approved);
    step->row.approved = approved;
}

static void take_answers(struct rbk_step *step, const rbk_value *answers)
{
    struct rbk_error err = {0};
    for (size_t i = 0; i < rbk_value_length(answers); i++) {
        const rbk_value *v = rbk_map_value_at(answers, i);
        rbk_value *fact =
            rbk_value_type(v) == RBK_STRING && strcmp(step->gate.kind ? step->gate.kind : "fact", "fact") == 0
                ? rbk_fact_from_text(rbk_value_string(v), rbk_value_length(v))
                : rbk_value_dup(v);
        if (rbk_fact_set(step, rbk_map_key_at(answers, i), fact, &err) < 0)
            rbk_step_note(step, "%s", err.message);
    }
}

/* A resumed step gets the facts that it was answered before it looks at any expression. */
void rbk_gate_recall(struct rbk_step *step)
{
    struct rbk_gate_row *g = find_decision(step->run, step->row.key, "fact", NULL);
    if (g && strcmp(g->decision, "approved") == 0) {
        note_approval(step, g->by, g->answered_ms, g->why, g->answers);
        take_answers(step, g->answers);
        consume(g);
    }
}

static void free_question(struct rbk_step *step)
{
    for (size_t i = 0; step->gate.own && i < step->gate.ask_count; i++)
        rbk_param_fini(&step->gate.own[i]);
    free(step->gate.own);
    free(step->gate.text);
    rbk_strv_fini(&step->gate.needed_for);
    step->gate.own = NULL;
    step->gate.text = NULL;
    step->gate.kind = NULL;
}

void rbk_gate_close(struct rbk_step *step)
{
    struct rbk_session *s = step->run->session;
    struct rbk_step **at = &s->questions;
    while (*at && *at != step)
        at = &(*at)->gate.next;
    if (*at)
        *at = step->gate.next;
    if (s->asking == step)
        s->asking = NULL;
    free_question(step);
}

static void settle(struct rbk_step *step, enum rbk_decision decision)
{
    rbk_gate_fn *fn = step->gate.fn;
    rbk_gate_close(step);
    fn(step, decision);
}

static void record_question(struct rbk_step *step, const char *decision, const rbk_value *answers, const char *by,
                            const char *why)
{
    int64_t now = rbk_clock_wall_ms();
    struct rbk_gate_row row = {.step = step->row.key,
                               .kind = (char *)(uintptr_t)step->gate.kind,
                               .question = step->gate.text,
                               .decision = (char *)(uintptr_t)decision,
                               .by = (char *)(uintptr_t)by,
                               .why = (char *)(uintptr_t)why,
                               .asked_ms = now,
                               .answered_ms = decision ? now : 0};
    if (step->gate.ask_count > 0) {
        row.spec = rbk_gate_spec(step->gate.ask, step->gate.ask_count);
        for (size_t i = 0; step->gate.own && i < step->gate.ask_count; i++) {
            rbk_value *entry = rbk_map_get_mut(row.spec, step->gate.ask[i].name);
            rbk_map_set_string(entry, "type", "fact");
            rbk_map_set_string(entry, "expr", step->gate.needed_for.items[i]);
        }
    }
    row.answers = answers ? rbk_value_dup(answers) : NULL;
    rbk_record_gate(step, &row);
    rbk_value_free(row.spec);
    rbk_value_free(row.answers);
}

static void decide(struct rbk_step *step, bool yes, const rbk_value *answers, const char *by, const char *why)
{
    if (is_recorded(step->gate.kind)) {
        record_question(step, yes ? "approved" : "rejected", answers, by, why);
        note_approval(step, by, rbk_clock_wall_ms(), why, answers);
        if (yes)
            take_answers(step, answers);
    }
    settle(step, yes ? RBK_DECIDED_YES : RBK_DECIDED_NO);
}

static void decide_later(struct rbk_step *step)
{
    if (is_recorded(step->gate.kind))
        record_question(step, NULL, NULL, NULL, NULL);
    settle(step, RBK_DECIDED_LATER);
}

static void on_answer(void *arg, int decision, rbk_value *answers, const char *why)
{
    struct rbk_session *s = arg;
    struct rbk_step *step = s->asking;
    s->asking = NULL;
    if (step && decision < 0)
        decide_later(step);
    else if (step)
        decide(step, decision == 1, answers, s->by, why);
    rbk_value_free(answers);
    show_next(s);
}

static void show_next(struct rbk_session *s)
{
    struct rbk_step *step = s->questions;
    if (s->asking || !step)
        return;
    s->questions = step->gate.next;
    s->asking = step;
    s->question = (struct rbk_question){.kind = step->gate.kind,
                                        .step = step->row.key,
                                        .title = step->row.title,
                                        .text = step->gate.text,
                                        .ask = step->gate.ask,
                                        .ask_count = step->gate.ask_count};
    s->o.gates->ask(s->o.gates_self, &s->question, on_answer, s);
}

static void enqueue(struct rbk_step *step)
{
    struct rbk_session *s = step->run->session;
    struct rbk_step **at = &s->questions;
    while (*at)
        at = &(*at)->gate.next;
    *at = step;
    step->gate.next = NULL;
    step->row.state = strcmp(step->gate.kind, "doubt") == 0 ? RBK_STEP_IN_DOUBT : RBK_STEP_WAITING;
    rbk_observe_step(step);
    rbk_record_step(step, RBK_RECORD_SOON);
    show_next(s);
}

static bool settle_recorded(struct rbk_step *step)
{
    struct rbk_gate_row *g = find_decision(step->run, step->row.key, step->gate.kind, step->gate.text);
    if (!g)
        return false;
    bool yes = strcmp(g->decision, "approved") == 0;
    note_approval(step, g->by, g->answered_ms, g->why, g->answers);
    if (yes)
        take_answers(step, g->answers);
    consume(g);
    settle(step, yes ? RBK_DECIDED_YES : RBK_DECIDED_NO);
    return true;
}

static void put_question(struct rbk_step *step)
{
    struct rbk_session *s = step->run->session;
    if (settle_recorded(step))
        return;
    if (s->o.yes && strcmp(step->gate.kind, "confirm") == 0)
        decide(step, true, NULL, s->by, "-y");
    else if (s->o.gates)
        enqueue(step);
    else
        decide_later(step);
}

void rbk_gate_open(struct rbk_step *step, const char *kind, const char *text, const struct rbk_param *ask,
                   size_t ask_count, rbk_gate_fn *fn)
{
    char *filled = NULL;
    if (rbk_subst_text(text, rbk_fact_lookup, step, &filled, NULL) < 0)
        filled = rbk_strdup(text);
    step->gate.kind = kind;
    step->gate.text = rbk_step_output_redacted(step->run->session, filled);
    free(filled);
    step->gate.ask = ask;
    step->gate.ask_count = ask_count;
    step->gate.fn = fn;
    put_question(step);
}

/* needed for "rate < 5%", "used < 2GB". Heap. */
static char *needed_text(const struct rbk_strv *needed_for)
{
    struct rbk_buf text = {0};
    for (size_t i = 0; i < needed_for->count; i++)
        if (i == 0 || strcmp(needed_for->items[i], needed_for->items[i - 1]) != 0)
            rbk_buf_printf(&text, "%s\"%s\"", i > 0 ? ", " : "needed for ", needed_for->items[i]);
    return rbk_buf_take(&text);
}

/* Asks for facts that no step has set; `needed_for` says for each which expression reads it. */
void rbk_gate_open_facts(struct rbk_step *step, const struct rbk_strv *names, const struct rbk_strv *needed_for,
                         rbk_gate_fn *fn)
{
    struct rbk_param *ask = rbk_alloc((names->count + 1) * sizeof *ask);
    for (size_t i = 0; i < names->count; i++) {
        ask[i].name = rbk_strdup(names->items[i]);
        ask[i].type = RBK_PARAM_STRING;
        ask[i].required = true;
        rbk_strv_add(&step->gate.needed_for, needed_for->items[i]);
    }
    step->gate.kind = "fact";
    step->gate.text = needed_text(needed_for);
    step->gate.own = ask;
    step->gate.ask = ask;
    step->gate.ask_count = names->count;
    step->gate.fn = fn;
    put_question(step);
}

/* The question is moot. */
void rbk_gate_withdraw(struct rbk_step *step)
{
    struct rbk_session *s = step->run->session;
    bool on_screen = s->asking == step;
    rbk_gate_close(step);
    if (on_screen) {
        s->o.gates->withdraw(s->o.gates_self);
        show_next(s);
    }
}
