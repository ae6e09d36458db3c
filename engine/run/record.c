/* The recorder: see record.h. Nothing here decides; a row that could not be written ends the session. */
#include <run/machine.h>

#include <string.h>

enum { SOON_MS = 200 };

struct rbk_record {
    int (*write)(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err);
    struct rbk_run *run;
    struct rbk_step *step;
    char *key, *name; /* owned */
    rbk_value *value; /* owned */
    struct rbk_command_row command;
    struct rbk_gate_row gate;
};

static void record_fini(struct rbk_record *r)
{
    free(r->key);
    free(r->name);
    rbk_value_free(r->value);
    free(r->command.argv);
    free(r->command.end);
    rbk_gate_row_fini(&r->gate);
}

static int write_run(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    struct rbk_run *run = r->run;
    if (!run->dirty)
        return 0;
    int rc = run->recorded ? rbk_journal_run_update(store, &run->row, err) : rbk_journal_run_add(store, &run->row, err);
    if (rc == 0) {
        run->recorded = true;
        run->dirty = false;
    }
    return rc;
}

static int write_step(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    if (!r->step->dirty)
        return 0;
    r->step->dirty = false;
    return rbk_journal_step_put(store, r->run->row.id, &r->step->row, err);
}

static int write_fact(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    return rbk_journal_fact_put(store, r->run->row.id, r->key, r->name, r->value, err);
}

static int write_command(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    const struct rbk_run_options *o = &r->run->session->o;
    if (o->meter)
        o->meter->command(o->meter_self, &r->run->row, &r->step->row, &r->command);
    return rbk_journal_command_add(store, r->run->row.id, r->key, &r->command, err);
}

static int write_measured(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    const struct rbk_run_options *o = &r->run->session->o;
    (void)store;
    (void)err;
    if (r->step)
        o->meter->step(o->meter_self, &r->run->row, &r->step->row);
    else if (r->run->row.ended_ms)
        o->meter->run(o->meter_self, &r->run->row);
    else if (!r->run->parent && o->meter->parked)
        o->meter->parked(o->meter_self, &r->run->row);
    return 0;
}

static int write_told(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    const struct rbk_run_options *o = &r->run->session->o;
    (void)store;
    (void)err;
    if (o->meter && o->meter->aside)
        o->meter->aside(o->meter_self, &r->run->row, r->step ? &r->step->row : NULL, r->name, r->value);
    return 0;
}

static int write_gate(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    int rc = rbk_journal_gate_ask(store, r->run->row.id, &r->gate, err);
    if (rc == 0 && r->gate.decision)
        rc = rbk_journal_gate_answer(store, r->run->row.id, &r->gate, err);
    return rc;
}

static int write_event(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    const struct rbk_run_options *o = &r->run->session->o;
    if (o->meter)
        o->meter->event(o->meter_self, &r->run->row, r->key, r->name, r->value);
    return rbk_journal_event_add(store, r->run->row.id, r->key, r->name, r->value, err);
}

static int write_gates_forgotten(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    return rbk_journal_gates_forget(store, r->run->row.id, r->step->row.key, err);
}

static int write_cancel_forgotten(struct rbk_store *store, const struct rbk_record *r, struct rbk_error *err)
{
    return rbk_journal_cancel_clear(store, r->run->row.id, err);
}

static int write_all(struct rbk_session *s, struct rbk_error *err)
{
    struct rbk_recorder *rec = &s->recorder;
    int rc = rbk_store_begin(s->o.store, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < rec->count && rc == 0; i++)
        rc = rec->items[i].write(s->o.store, &rec->items[i], err);
    if (rc == 0 && s->o.meter)
        rc = s->o.meter->write(s->o.meter_self, s->o.store, err);
    if (rc < 0) {
        rbk_store_rollback(s->o.store);
        return rc;
    }
    return rbk_store_commit(s->o.store, err);
}

static void drop_items(struct rbk_recorder *rec)
{
    for (size_t i = 0; i < rec->count; i++)
        record_fini(&rec->items[i]);
    rec->count = 0;
}

int rbk_record_flush(struct rbk_session *s, struct rbk_error *err)
{
    struct rbk_recorder *rec = &s->recorder;
    rbk_timer_cancel(&rec->soon);
    if (rec->failed)
        return rbk_error_set(err, RBK_ESTORE, "%s", rec->failure.message);
    if (rec->count > 0 && write_all(s, &rec->failure) < 0) {
        rec->failed = true;
        if (err)
            *err = rec->failure;
        rbk_session_fail(s);
        return RBK_ESTORE;
    }
    drop_items(rec);
    return 0;
}

/* The end of an iteration: commits, then starts what was waiting for it. */
static void on_before_block(void *arg)
{
    struct rbk_session *s = arg;
    struct rbk_recorder *rec = &s->recorder;
    rec->armed = false;
    if (rbk_record_flush(s, NULL) < 0)
        return;
    struct rbk_record_wake *wakes = rec->wakes;
    size_t count = rec->wake_count;
    rec->wakes = NULL;
    rec->wake_count = rec->wake_cap = 0;
    for (size_t i = 0; i < count; i++)
        wakes[i].fn(wakes[i].arg);
    free(wakes);
}

static void arm(struct rbk_session *s)
{
    if (!s->recorder.armed && !s->recorder.failed) {
        s->recorder.armed = true;
        rbk_loop_before_block(s->o.loop, on_before_block, s);
    }
}

static void on_soon(void *arg)
{
    struct rbk_session *s = arg;
    s->recorder.soon = NULL;
    arm(s);
}

static struct rbk_record *record_add(struct rbk_run *run, enum rbk_urgency urgency)
{
    struct rbk_recorder *rec = &run->session->recorder;
    if (urgency == RBK_RECORD_NOW)
        arm(run->session);
    else if (!rec->armed && !rec->soon && !rec->failed)
        rec->soon = rbk_timer_start(run->session->o.loop, SOON_MS, 0, on_soon, run->session);
    RBK_GROW(rec->items, rec->count, rec->cap);
    struct rbk_record *r = &rec->items[rec->count++];
    memset(r, 0, sizeof *r);
    r->run = run;
    return r;
}

void rbk_record_run(struct rbk_run *run)
{
    run->dirty = true;
    record_add(run, RBK_RECORD_NOW)->write = write_run;
}

void rbk_record_step(struct rbk_step *step, enum rbk_urgency urgency)
{
    step->dirty = true;
    struct rbk_record *r = record_add(step->run, urgency);
    r->step = step;
    r->write = write_step;
}

void rbk_record_measured(struct rbk_run *run, struct rbk_step *step)
{
    if (!run->session->o.meter)
        return;
    struct rbk_record *r = record_add(run, RBK_RECORD_NOW);
    r->step = step;
    r->write = write_measured;
}

void rbk_record_fact(struct rbk_step *step, const char *name, const rbk_value *v)
{
    struct rbk_record *r = record_add(step->run, RBK_RECORD_NOW);
    r->write = write_fact;
    r->key = rbk_strdup(step->row.key);
    r->name = rbk_strdup(name);
    r->value = rbk_value_dup(v);
}

void rbk_record_command(struct rbk_step *step, const struct rbk_command_row *row)
{
    struct rbk_record *r = record_add(step->run, RBK_RECORD_SOON);
    r->write = write_command;
    r->step = step;
    r->key = rbk_strdup(step->row.key);
    r->command = *row;
    r->command.argv = rbk_strdup(row->argv);
    r->command.end = rbk_strdup(row->end);
}

void rbk_record_gate(struct rbk_step *step, const struct rbk_gate_row *row)
{
    struct rbk_record *r = record_add(step->run, RBK_RECORD_NOW);
    r->write = write_gate;
    r->gate = *row;
    r->gate.step = rbk_strdup(row->step);
    r->gate.kind = rbk_strdup(row->kind);
    r->gate.question = rbk_strdup(row->question);
    r->gate.spec = row->spec ? rbk_value_dup(row->spec) : NULL;
    r->gate.decision = rbk_strdup(row->decision);
    r->gate.answers = row->answers ? rbk_value_dup(row->answers) : NULL;
    r->gate.by = rbk_strdup(row->by);
    r->gate.why = rbk_strdup(row->why);
}

void rbk_record_gates_forgotten(struct rbk_step *step)
{
    struct rbk_record *r = record_add(step->run, RBK_RECORD_NOW);
    r->write = write_gates_forgotten;
    r->step = step;
}

void rbk_record_cancel_forgotten(struct rbk_run *run)
{
    record_add(run, RBK_RECORD_NOW)->write = write_cancel_forgotten;
}

void rbk_record_event(struct rbk_run *run, const char *step, const char *kind, rbk_value *data)
{
    struct rbk_record *r = record_add(run, RBK_RECORD_NOW);
    r->write = write_event;
    r->key = rbk_strdup(step);
    r->name = rbk_strdup(kind);
    r->value = data;
}

void rbk_record_told(struct rbk_run *run, struct rbk_step *step, const char *kind, rbk_value *data)
{
    const struct rbk_run_meter *meter = run->session->o.meter;
    if (!meter || !meter->aside) {
        rbk_value_free(data);
        return;
    }
    struct rbk_record *r = record_add(run, RBK_RECORD_NOW);
    r->write = write_told;
    r->step = step;
    r->name = rbk_strdup(kind);
    r->value = data;
}

void rbk_record_then(struct rbk_session *s, rbk_loop_fn *fn, void *arg)
{
    struct rbk_recorder *rec = &s->recorder;
    RBK_GROW(rec->wakes, rec->wake_count, rec->wake_cap);
    rec->wakes[rec->wake_count++] = (struct rbk_record_wake){fn, arg};
    arm(s);
}

bool rbk_record_due(const struct rbk_session *s)
{
    return s->recorder.armed;
}

void rbk_record_fini(struct rbk_recorder *r)
{
    rbk_timer_cancel(&r->soon);
    drop_items(r);
    free(r->items);
    free(r->wakes);
    memset(r, 0, sizeof *r);
}
