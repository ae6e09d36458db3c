/* `metrics`: what was measured: recorded, asked for, charted, exported. The second word says what. */
#include <cli/metrics_commands.h>
#include <cli/words.h>

static const struct rbk_option options[] = {
    {"since", 0, "TIME", "from then on: 7d, yesterday, 2026-11-22"},
    {"until", 0, "TIME", "before then"},
    {"agg", 0, "NAME", "last avg min max sum count rate increase p50.."},
    {"step", 0, "TIME", "one point for each such window, e.g. 1h"},
    {"by", 0, "LABEL", "query: series together by this label"},
    {"limit", 0, "VALUE", "query, trend: a line to be held to"},
    {"at", 0, "TIME", "record: when it was measured (default: now)"},
    {"format", 0, "NAME", "export: openmetrics prometheus csv json otlp"},
    {"output", 'o', "FILE", "export: write this file, whole or not at all"},
    {"before", 0, "TIME", "prune: what is older goes"},
    {0},
};

static const struct rbk_word words[] = {
    {"record", "record NAME VALUE [label=value ...] [--at TIME]", 2, 40, rbk_metrics_word_record},
    {"query", "query NAME [label=value ...] [--since TIME] [--agg NAME] [--step TIME]", 1, 40, rbk_metrics_word_query},
    {"trend", "trend NAME [label=value ...] [--since TIME] [--limit VALUE]", 1, 40, rbk_metrics_word_trend},
    {"list", "list [NAME]", 0, 1, rbk_metrics_word_list},
    {"export", "export [NAME] [label=value ...] [--format NAME] [--output FILE]", 0, 40, rbk_metrics_word_export},
    {"import", "import FILE...", 1, 1000, rbk_metrics_word_import},
    {"prune", "prune [NAME] [--before TIME]", 0, 1, rbk_metrics_word_prune},
    {"sla", "sla", 0, 0, rbk_metrics_word_sla},
    {0},
};

static int do_word(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return rbk_word_do(cli, args, rbk_cmd_metrics.name, words, err);
}

static int run_metrics(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_metrics, 0, 1001, argc, argv, do_word);
}

const struct rbk_command_desc rbk_cmd_metrics = {
    .name = "metrics",
    .arguments = "record|query|trend|list|export|import|prune|sla ...",
    .summary = "Record, ask for and export what was measured.",
    .help = "  metrics record NAME VALUE [a=b ...]  one value; units as in 1.5s, 2GB, 95%\n"
            "  metrics query NAME [a=b ...]         a chart; --json gives the points\n"
            "  metrics trend NAME [a=b ...]         where it goes, and when it changed\n"
            "  metrics list [NAME]                  what there is\n"
            "  metrics export [NAME] [a=b ...]      text for Prometheus and others\n"
            "  metrics import FILE...               read OpenMetrics text; - is stdin\n"
            "  metrics prune [NAME]                 remove and roll up what is old, now\n"
            "  metrics sla                          each promise of runbook.yaml\n"
            "\n"
            "a=b is a label and its value.\n",
    .options = options,
    .run = run_metrics};
