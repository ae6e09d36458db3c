/* What the engine measures of itself while it runs: every run, step, command and check, and its queues. The names are
 * listed in docs/metrics.md. */
#include <metrics/metrics.h>

#include <base/clock.h>
#include <string.h>

enum { LABELS_MAX = 4 };

struct measuring {
    struct rbk_metrics_batch *batch;
    struct rbk_label labels[LABELS_MAX];
    size_t label_count;
    int64_t at_ms;
};

static void label(struct measuring *m, const char *name, const char *value)
{
    m->labels[m->label_count++] = (struct rbk_label){name, value ? value : ""};
}

static void measure(struct measuring *m, const char *name, const char *help, enum rbk_metric_kind kind,
                    enum rbk_unit unit, double value)
{
    struct rbk_metric metric = {
        .name = name, .help = help, .kind = kind, .unit = unit, .labels = m->labels, .label_count = m->label_count};
    rbk_metrics_batch_add(m->batch, &metric, (struct rbk_sample){m->at_ms, value});
}

static void measure_ms(struct measuring *m, const char *name, const char *help, int64_t ms)
{
    if (ms >= 0)
        measure(m, name, help, RBK_METRIC_DURATION, RBK_UNIT_SECONDS, (double)ms / 1e3);
}

static void measure_kb(struct measuring *m, const char *name, const char *help, int64_t kb)
{
    if (kb >= 0)
        measure(m, name, help, RBK_METRIC_GAUGE, RBK_UNIT_BYTES, (double)kb * 1024);
}

void rbk_metrics_of_run(struct rbk_metrics_batch *b, const struct rbk_run_row *run)
{
    struct measuring m = {.batch = b, .at_ms = run->ended_ms};
    label(&m, "runbook", run->runbook);
    measure_ms(&m, "runbook_run_duration_seconds", "Time a run spent running.", run->duration_ms);
    measure(&m, "runbook_run_exit_code", "Exit status of a run.", RBK_METRIC_GAUGE, RBK_UNIT_NONE, run->exit);
}

static void measure_checks(struct measuring *m, const rbk_value *checks)
{
    size_t labels = m->label_count;
    for (size_t i = 0; i < rbk_value_length(checks); i++) {
        const rbk_value *check = rbk_list_at(checks, i), *value = rbk_map_get(check, "value");
        const char *expr = rbk_map_get_string(check, "expr");
        enum rbk_type type = rbk_value_type(value);
        if ((type != RBK_INT && type != RBK_NUMBER) || !expr || strlen(expr) > RBK_METRIC_VALUE_MAX)
            continue;
        label(m, "check", expr);
        measure(m, "runbook_check_value", "What a check measured.", RBK_METRIC_GAUGE, RBK_UNIT_NONE,
                rbk_value_number(value));
        m->label_count = labels;
    }
}

/* It came to its end by itself. How long one lasted that was stopped says nothing about how long it takes. */
static bool ended_by_itself(const struct rbk_step_row *step)
{
    return step->state == RBK_STEP_SUCCEEDED || step->state == RBK_STEP_FAILED;
}

void rbk_metrics_of_step(struct rbk_metrics_batch *b, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    struct measuring m = {.batch = b, .at_ms = step->ended_ms};
    label(&m, "runbook", run->runbook);
    label(&m, "step", step->id);
    if (ended_by_itself(step))
        measure_ms(&m, "runbook_step_duration_seconds", "Time a step took.", step->duration_ms);
    measure_ms(&m, "runbook_step_cpu_seconds", "Processor time of a step's commands.", step->cpu_ms);
    measure_kb(&m, "runbook_step_memory_bytes", "Largest process of a step.", step->max_rss_kb);
    if (step->exit_code >= 0)
        measure(&m, "runbook_step_exit_code", "Exit code of a step's command.", RBK_METRIC_GAUGE, RBK_UNIT_NONE,
                step->exit_code);
    measure_checks(&m, step->checks);
}

void rbk_metrics_of_command(struct rbk_metrics_batch *b, const struct rbk_run_row *run, const char *step_id,
                            const struct rbk_command_row *command)
{
    struct measuring m = {.batch = b, .at_ms = command->started_ms + command->duration_ms};
    label(&m, "runbook", run->runbook);
    label(&m, "step", step_id);
    measure_ms(&m, "runbook_command_duration_seconds", "Time a command took.", command->duration_ms);
    measure_ms(&m, "runbook_command_cpu_seconds", "Processor time of a command.", command->cpu_ms);
    measure_kb(&m, "runbook_command_memory_bytes", "Largest process of a command.", command->max_rss_kb);
    measure(&m, "runbook_command_exit_code", "Exit code of a command; -1 when a signal ended it.", RBK_METRIC_GAUGE,
            RBK_UNIT_NONE, command->exit_code);
}

int rbk_metrics_of_queue(struct rbk_store *s, const char *queue, int64_t waiting, struct rbk_error *err)
{
    struct rbk_metrics_batch batch = {0};
    struct measuring m = {.batch = &batch, .at_ms = rbk_clock_wall_ms()};
    label(&m, "queue", queue);
    measure(&m, "runbook_queue_size", "How many wait in a queue.", RBK_METRIC_GAUGE, RBK_UNIT_NONE, (double)waiting);
    int rc = rbk_metrics_batch_write(&batch, s, err);
    rbk_metrics_batch_fini(&batch);
    return rc;
}
