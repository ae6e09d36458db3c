/* Telling whoever watches. The view of a step is made here, from the row that the journal also gets. */
#include <run/machine.h>

static struct rbk_step_view view_of(const struct rbk_step *step)
{
    const struct rbk_step_row *row = &step->row;
    int64_t running = row->state == RBK_STEP_RUNNING && step->began_ms ? rbk_clock_mono_ms() - step->began_ms : 0;
    return (struct rbk_step_view){
        .node = step->node,
        .key = row->key,
        .number = step->number,
        .parent = row->parent,
        .item = row->item,
        .depth = step->depth,
        .state = row->state,
        .attempt = row->attempts,
        .duration_ms = running > 0 ? running : row->duration_ms,
        .usual_ms = step->usual_ms,
        .detail = row->detail,
        .checks = row->checks,
        .error = row->error,
        .command = step->command,
        .log = step->log_path,
        .child_run = row->child_run,
        .exit_code = row->exit_code,
    };
}

/* A step's usual duration costs a query: it is made when the step begins and only if somebody watches. */
static void look_up_usual(struct rbk_step *step)
{
    if (!step->looked_up && step->row.state == RBK_STEP_RUNNING) {
        step->looked_up = true;
        step->usual_ms = rbk_journal_usual_ms(step->run->session->o.store, step->run->plan->id, step->row.id, 10);
    }
}

void rbk_observe_step(struct rbk_step *step)
{
    const struct rbk_run_options *o = &step->run->session->o;
    if (o->observer && o->observer->step) {
        look_up_usual(step);
        struct rbk_step_view view = view_of(step);
        o->observer->step(o->observer_self, step->run, &view);
    }
}

void rbk_observe_output(struct rbk_step *step, int stream, const char *data, size_t len)
{
    const struct rbk_run_options *o = &step->run->session->o;
    if (o->observer && o->observer->output) {
        struct rbk_step_view view = view_of(step);
        o->observer->output(o->observer_self, step->run, &view, stream, data, len);
    }
}

void rbk_observe_note(struct rbk_run *run, struct rbk_step *step, const char *text)
{
    const struct rbk_run_options *o = &run->session->o;
    if (o->observer && o->observer->note) {
        struct rbk_step_view view = {0};
        if (step)
            view = view_of(step);
        o->observer->note(o->observer_self, run, step ? &view : NULL, text);
    }
}
