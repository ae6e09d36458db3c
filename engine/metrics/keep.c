/* What runbook.yaml says about keeping metrics, as numbers. The configuration has been checked by now. */
#include <metrics/metrics.h>

#include <string.h>

static int64_t ms_of(const rbk_value *v)
{
    return (int64_t)(rbk_value_number(v) * 1e3);
}

/* Into its place: shorter steps first. */
static void add(struct rbk_metrics_keep *keep, struct rbk_metrics_rollup one)
{
    size_t at = keep->rollup_count++;
    for (; at > 0 && keep->rollups[at - 1].step_ms > one.step_ms; at--)
        keep->rollups[at] = keep->rollups[at - 1];
    keep->rollups[at] = one;
}

void rbk_metrics_keep_read(const rbk_value *metrics, struct rbk_metrics_keep *out)
{
    const rbk_value *rollups = rbk_map_get(metrics, "rollup");
    *out = (struct rbk_metrics_keep){.retention_ms = ms_of(rbk_map_get(metrics, "retention"))};
    for (size_t i = 0; i < rbk_value_length(rollups) && out->rollup_count < RBK_METRICS_ROLLUPS_MAX; i++) {
        struct rbk_quantity step;
        const char *text = rbk_map_key_at(rollups, i);
        if (rbk_quantity_parse(text, strlen(text), &step, NULL) == 0 && step.value >= 1)
            add(out, (struct rbk_metrics_rollup){(int64_t)(step.value * 1e3), ms_of(rbk_map_value_at(rollups, i))});
    }
}
