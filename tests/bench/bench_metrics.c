/* bench_metrics DIR WHAT: a million samples in the store of metrics, or a hundred.
 *
 *   write           100 series of random integers below 100,000, in one transaction
 *   durations FILE  the durations of FILE (milliseconds, one a line) again and again, a sample about every minute
 *   one             one series of random integers below 100,000
 *   many            1,000 series of 100,000 samples, one a minute until now: durations that wander, in milliseconds
 *   inbox           into a store that runbook has used: 1,023 commits of five samples each: the next one compacts
 *   size            prints bytes per sample of the whole database
 *   decode, p95     of the one series, 20 times: reads and decodes its chunks; asks for its p95 */
#include <base/buf.h>
#include <base/clock.h>
#include <base/fs.h>
#include <metrics/chunk.h>
#include <metrics/metrics.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1000000, SERIES = 100, ROUNDS = 20, FILE_MAX = 1 << 24 };

static int die(const struct rbk_error *err)
{
    fprintf(stderr, "bench_metrics: %s\n", err->message);
    exit(1);
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void write_series(struct rbk_store *s, int number, const struct rbk_sample *samples, size_t count)
{
    struct rbk_error err;
    char value[16];
    snprintf(value, sizeof value, "%d", number);
    struct rbk_label label = {"number", value};
    struct rbk_metric m = {.name = "bench", .labels = &label, .label_count = 1};
    if (rbk_metrics_record_many(s, &m, samples, count, &err))
        die(&err);
}

static void write_random(struct rbk_store *s, int series)
{
    size_t each = COUNT / (size_t)series;
    struct rbk_sample *samples = rbk_alloc(each * sizeof *samples);
    uint64_t random = 88172645463325252u;
    for (int n = 0; n < series; n++) {
        for (size_t i = 0; i < each; i++)
            samples[i] =
                (struct rbk_sample){1700000000000 + (int64_t)i * 15000, (double)(random_next(&random) % 100000)};
        write_series(s, n, samples, each);
    }
    free(samples);
}

enum { MANY_SERIES = 1000, MANY_EACH = 100000, SERIES_A_COMMIT = 20 };

/* One commit for a few series: an import is no larger. */
static void write_many(struct rbk_store *s)
{
    struct rbk_sample *samples = rbk_alloc(MANY_EACH * sizeof *samples);
    struct rbk_error err;
    uint64_t random = 88172645463325252u;
    int64_t begin = rbk_clock_wall_ms() / 60000 * 60000 - (int64_t)MANY_EACH * 60000;
    for (int n = 0; n < MANY_SERIES; n++) {
        double ms = 1000;
        for (size_t i = 0; i < MANY_EACH; i++) {
            ms += (double)(random_next(&random) % 41) - 20;
            ms = ms < 50 ? 50 : ms;
            samples[i] =
                (struct rbk_sample){begin + (int64_t)i * 60000 + (int64_t)(random_next(&random) % 16), ms / 1000};
        }
        if (n % SERIES_A_COMMIT == 0 && rbk_store_begin(s, &err))
            die(&err);
        write_series(s, n, samples, MANY_EACH);
        if (n % SERIES_A_COMMIT == SERIES_A_COMMIT - 1 && rbk_store_commit(s, &err))
            die(&err);
    }
    free(samples);
}

static void fill_inbox(struct rbk_store *s)
{
    struct rbk_error err;
    char value[16];
    struct rbk_label label = {"number", value};
    struct rbk_metric m = {.name = "bench", .labels = &label, .label_count = 1};
    for (int i = 0; i < 1023; i++) {
        struct rbk_metrics_batch batch = {0};
        for (int k = 0; k < 5; k++) {
            snprintf(value, sizeof value, "%d", (i * 5 + k) % MANY_SERIES);
            rbk_metrics_batch_add(&batch, &m, (struct rbk_sample){rbk_clock_wall_ms(), i});
        }
        if (rbk_store_begin(s, &err) || rbk_metrics_batch_write(&batch, s, &err) || rbk_store_commit(s, &err))
            die(&err);
        rbk_metrics_batch_fini(&batch);
    }
}

static void write_durations(struct rbk_store *s, const char *path)
{
    struct rbk_buf text = {0};
    struct rbk_error err;
    struct rbk_sample *samples = rbk_alloc(COUNT * sizeof *samples);
    uint64_t random = 88172645463325252u;
    if (rbk_file_read(path, FILE_MAX, &text, &err))
        die(&err);
    const char *p = text.data;
    for (size_t i = 0; i < COUNT; i++) {
        char *end;
        samples[i].value = strtod(p, &end);
        samples[i].at_ms = 1700000000000 + (int64_t)i * 60000 + (int64_t)(random_next(&random) % 16);
        p = end == p || !end[strspn(end, "\n")] ? text.data : end;
    }
    write_series(s, 0, samples, COUNT);
    rbk_buf_fini(&text);
    free(samples);
}

static void write_all(struct rbk_store *s, const char *what, const char *file)
{
    struct rbk_error err;
    if (rbk_store_begin(s, &err))
        die(&err);
    if (file)
        write_durations(s, file);
    else
        write_random(s, strcmp(what, "one") == 0 ? 1 : SERIES);
    if (rbk_store_commit(s, &err))
        die(&err);
}

static void print_size(struct rbk_store *s)
{
    struct rbk_error err;
    struct rbk_store_health health;
    if (rbk_store_health(s, &health, &err))
        die(&err);
    printf("%.3f\n", (double)health.db_bytes / COUNT);
}

static double decode_all(struct rbk_store *s)
{
    struct rbk_error err;
    struct samples samples = {0};
    double sum = 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT data FROM metric_chunks");
    while (rbk_stmt_step(q, &err) > 0) {
        size_t len;
        const void *data = rbk_col_blob(q, 0, &len);
        samples.count = 0;
        if (chunk_decode(data, len, &samples, &err))
            die(&err);
        for (size_t i = 0; i < samples.count; i++)
            sum += samples.value[i];
    }
    rbk_stmt_end(q);
    samples_fini(&samples);
    return sum;
}

static int take(void *arg, const struct rbk_metrics_series *s)
{
    *(double *)arg += s->value[0];
    return 0;
}

static double ask_p95(struct rbk_store *s)
{
    struct rbk_error err;
    double value = 0;
    struct rbk_metrics_query q = {
        .name = "bench", .since_ms = INT64_MIN, .until_ms = INT64_MAX, .aggregate = RBK_AGG_P95};
    if (rbk_metrics_query(s, &q, take, &value, &err))
        die(&err);
    return value;
}

int main(int argc, char **argv)
{
    static const struct rbk_schema *const schemas[] = {&rbk_metrics_schema, NULL};
    struct rbk_store_options options = {.dir = argc > 2 ? argv[1] : NULL, .schemas = schemas};
    struct rbk_store *s = NULL;
    struct rbk_error err;
    const char *what = argc > 2 ? argv[2] : "";
    double result = 0;
    if (!options.dir) {
        fprintf(stderr, "usage: bench_metrics DIR write|durations FILE|one|many|inbox|size|decode|p95\n");
        return 2;
    }
    bool inbox = strcmp(what, "inbox") == 0; /* into a store that runbook has used */
    if (inbox ? rbk_state_open(argv[1], &s, &err) : rbk_store_open(&options, &s, &err))
        die(&err);
    for (int i = 0; i < ROUNDS && (*what == 'd' || *what == 'p') && argc == 3; i++)
        result += *what == 'd' ? decode_all(s) : ask_p95(s);
    if (strcmp(what, "size") == 0)
        print_size(s);
    else if (strcmp(what, "many") == 0)
        write_many(s);
    else if (inbox)
        fill_inbox(s);
    else if (result == 0)
        write_all(s, what, argc > 3 ? argv[3] : NULL);
    rbk_store_close(s);
    return 0;
}
