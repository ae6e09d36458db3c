/* The words behind `runbook metrics`: one function each, in metrics_<word>.c, and what they share. */
#ifndef RBK_CLI_METRICS_COMMANDS_H
#define RBK_CLI_METRICS_COMMANDS_H

#include <cli/args.h>
#include <metrics/metrics.h>

int rbk_metrics_word_record(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_query(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_trend(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_export(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_import(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_prune(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_metrics_word_sla(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);

/* ---- metrics_args.c: what was asked for */

struct rbk_metrics_asked {
    struct rbk_metrics_query query;   /* borrows from args and from labels */
    struct rbk_label *labels;         /* owned, with their names */
    struct rbk_metrics_damage damage; /* what the query had to pass over */
};
/* Reads [NAME] [label=value ...] from rest[1] on, --since (default `since`; NULL = everything), --until, --agg, --step
 * and --by. */
int rbk_metrics_ask(const struct rbk_args *args, const char *since, struct rbk_metrics_asked *out,
                    struct rbk_error *err);
void rbk_metrics_asked_fini(struct rbk_metrics_asked *a);
/* The labels rest[first..] alone. */
int rbk_metrics_read_labels(const struct rbk_args *args, size_t first, struct rbk_label **out, size_t *count,
                            struct rbk_error *err);
/* A time option, or `absent`; and one that is a duration. */
int rbk_metrics_time(const struct rbk_args *args, const char *option, const char *absent, int64_t *out,
                     struct rbk_error *err);
/* A --limit as a value of that series, whose unit it must have; zero needs none. */
int rbk_metrics_read_limit(const char *text, const struct rbk_metrics_series *s, double *out, struct rbk_error *err);
/* Says on stderr what could not be read, if anything: what became of it is `so`. */
void rbk_metrics_tell_damage(const struct rbk_metrics_damage *d, const char *so);
/* Says on stderr why nothing was found; it is no error: what was not measured is no data. */
int rbk_metrics_tell_nothing(struct rbk_cli *cli, const struct rbk_metrics_query *q, struct rbk_error *err);
/* A value as a person reads it: "1.5%", "4m 10s", "2GB", "0.25". */
void rbk_metrics_value_text(double value, enum rbk_unit unit, char out[64]);

#endif
