/* Metrics: what was measured, kept. A series is a name with labels; a sample is a time and a number. The names and
 * labels are those of Prometheus: names [a-zA-Z_:][a-zA-Z0-9_:]*, labels [a-zA-Z_][a-zA-Z0-9_]* with any UTF-8 text as
 * value. Kind and unit belong to the name: whoever writes it first decides, and RBK_EINVAL is for who comes with
 * another unit. Zero fits every unit; a plain number fits the unit that the name ends in (wait_seconds,
 * sent_bytes_total, hit_ratio).
 *
 * The store is the one of a project's state folder (<runbook/store.h>). Writers must be inside a transaction of it;
 * readers need none. Values are finite: RBK_EINVAL otherwise. */
#ifndef RUNBOOK_METRICS_H
#define RUNBOOK_METRICS_H

#include <runbook/error.h>
#include <runbook/store.h>
#include <runbook/units.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rbk_metric_kind { RBK_METRIC_GAUGE, RBK_METRIC_COUNTER, RBK_METRIC_DURATION };
RBK_API const char *rbk_metric_kind_name(enum rbk_metric_kind kind); /* gauge counter duration */
RBK_API int rbk_metric_kind_parse(const char *name, enum rbk_metric_kind *out);

struct rbk_label {
    const char *name, *value;
};

struct rbk_metric { /* borrowed */
    const char *name;
    enum rbk_metric_kind kind;
    enum rbk_unit unit;
    const char *help;               /* or NULL */
    const struct rbk_label *labels; /* in any order */
    size_t label_count;             /* at most RBK_METRIC_LABELS_MAX */
};

enum { RBK_METRIC_LABELS_MAX = 32, RBK_METRIC_NAME_MAX = 200, RBK_METRIC_VALUE_MAX = 1024 };

/* Names and labels are as they must be: RBK_EINVAL says what is wrong and what would do. */
RBK_API int rbk_metric_check(const struct rbk_metric *m, struct rbk_error *err);

struct rbk_sample {
    int64_t at_ms; /* wall clock, since 1970-01-01 UTC */
    double value;
};
#define RBK_METRIC_TIME_MAX INT64_C(9000000000000000) /* either way: 285,000 years */

/* Writes one sample. It waits in an inbox of rows, and is moved into a compressed chunk with others later: that never
 * changes what a query gives. */
RBK_API int rbk_metrics_record(struct rbk_store *s, const struct rbk_metric *m, struct rbk_sample sample,
                               struct rbk_error *err);
/* Writes many samples of one series, in any order, straight into chunks. */
RBK_API int rbk_metrics_record_many(struct rbk_store *s, const struct rbk_metric *m, const struct rbk_sample *samples,
                                    size_t count, struct rbk_error *err);
/* Moves the inbox into chunks now. */
RBK_API int rbk_metrics_compact(struct rbk_store *s, struct rbk_error *err);
/* Forgets samples before a time: of `name`, or of all when NULL. `*removed` (may be NULL) counts them. */
RBK_API int rbk_metrics_prune(struct rbk_store *s, const char *name, int64_t before_ms, int64_t *removed,
                              struct rbk_error *err);

/* How long samples are kept, and from which age on a summary of each window takes their place: last, avg, min, max,
 * sum, count, increase and the percentiles of the window. Windows begin at multiples of `step_ms`; each rollup has a
 * longer step than the one before it, a multiple of that, and a greater age. */
enum { RBK_METRICS_ROLLUPS_MAX = 8 };
struct rbk_metrics_rollup {
    int64_t step_ms, after_ms;
};
struct rbk_metrics_keep {
    int64_t retention_ms; /* 0 = forever */
    struct rbk_metrics_rollup rollups[RBK_METRICS_ROLLUPS_MAX];
    size_t rollup_count;
};
/* What cannot be read any more because the bytes of its chunk are damaged. Everything else goes on without it. */
struct rbk_metrics_damage {
    int64_t chunks, samples;
    int64_t first_ms, last_ms; /* where it lies; unset without chunks */
};
struct rbk_metrics_tidied {
    int64_t removed, rolled_up;       /* samples */
    bool more;                        /* the time was up */
    struct rbk_metrics_damage damage; /* what was set aside: it is told here once, and by doctor from then on */
};
/* Applies that in transactions of its own, each of a few chunks and whole or not at all, so there must be none open.
 * With a `budget_ms` it ends when that is over, and takes the time for no more than a week later than the last time, so
 * that a wrong clock does not cost everything; with 0 it ends when nothing is left to do. `done` may be NULL. */
RBK_API int rbk_metrics_tidy(struct rbk_store *s, const struct rbk_metrics_keep *keep, int64_t now_ms,
                             int64_t budget_ms, struct rbk_metrics_tidied *done, struct rbk_error *err);
/* Whether it was not done for a day, not to its end, or not with this configuration. */
RBK_API bool rbk_metrics_tidy_due(struct rbk_store *s, const struct rbk_metrics_keep *keep, int64_t now_ms);

/* What is made of the samples of a window. Percentiles interpolate between the two nearest ranks (type 7 of Hyndman and
 * Fan, "Sample Quantiles in Statistical Packages", 1996). `increase` and `rate` (per second) are for counters: a value
 * below the one before it is a restart from zero. */
enum rbk_aggregate {
    RBK_AGG_RAW,
    RBK_AGG_LAST,
    RBK_AGG_AVG,
    RBK_AGG_MIN,
    RBK_AGG_MAX,
    RBK_AGG_SUM,
    RBK_AGG_COUNT,
    RBK_AGG_RATE,
    RBK_AGG_INCREASE,
    RBK_AGG_P50,
    RBK_AGG_P90,
    RBK_AGG_P95,
    RBK_AGG_P99
};
RBK_API int rbk_aggregate_parse(const char *name, enum rbk_aggregate *out, struct rbk_error *err);
RBK_API const char *rbk_aggregate_name(enum rbk_aggregate a);

struct rbk_metrics_query {
    const char *name;               /* NULL = every name */
    const struct rbk_label *labels; /* all must fit */
    size_t label_count;
    int64_t since_ms, until_ms; /* since <= t < until */
    enum rbk_aggregate aggregate;
    int64_t step_ms;                   /* width of a window, windows begin at multiples of it; 0 = one window */
    const char *by;                    /* series are put together by the value of this label; NULL = each for itself */
    bool newest_only;                  /* RAW: only the last sample of each series in the range, which is quick */
    struct rbk_metrics_damage *damage; /* grows by what had to be passed over; or NULL */
};

struct rbk_metrics_series { /* borrowed */
    const char *name, *help;
    enum rbk_metric_kind kind;
    enum rbk_unit unit; /* of the values */
    const struct rbk_label *labels;
    size_t label_count;
    const char *text;     /* its labels as in OpenMetrics: a="x",b="y" */
    const int64_t *at_ms; /* the beginning of each window, or of each sample */
    const double *value;
    size_t count;
    int64_t stored; /* newest_only: how many samples the series has in all */
};
/* Non-zero stops and is returned. It must not write to the store. */
typedef int rbk_metrics_series_fn(void *arg, const struct rbk_metrics_series *series);

/* Gives each series that fits and has something in the range, ordered by name and labels: all of one state of the
 * store. What was rolled up counts where the last sample of its window stands; RAW gives one value for each window. */
RBK_API int rbk_metrics_query(struct rbk_store *s, const struct rbk_metrics_query *q, rbk_metrics_series_fn *fn,
                              void *arg, struct rbk_error *err);

/* The straight line through samples by least squares, with the 95 % confidence interval of its slope (Student's t).
 * Slopes are per second. `found` is false for fewer than three points or when all have one time. */
struct rbk_trend {
    bool found;
    double slope, slope_low, slope_high; /* a trend is clear when both ends have one sign */
    double at_end;                       /* the line's value at the last sample */
    int64_t end_ms;
};
RBK_API void rbk_metrics_trend(const int64_t *at_ms, const double *value, size_t count, struct rbk_trend *out);
/* When the line reaches `limit`, after its end; false when it does not within ten years. */
RBK_API bool rbk_metrics_forecast(const struct rbk_trend *trend, double limit, int64_t *at_ms);

/* Change points by E-divisive means: Matteson and James, "A Nonparametric Approach for Multiple Change Point Analysis
 * of Multivariate Data" (JASA 2014), with Student's t-test in place of permutations as in Hunter (Fleming et al., ICPE
 * 2023; Apache Otava), so that the answer does not depend on chance. Fills `out` with the indices at which something
 * new begins, ascending, at most `max`; returns how many there are. `p_max` is the significance: 0.001 is Hunter's. */
RBK_API size_t rbk_metrics_changes(const double *value, size_t count, double p_max, size_t *out, size_t max);

#ifdef __cplusplus
}
#endif
#endif
