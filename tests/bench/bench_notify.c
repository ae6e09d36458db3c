/* Queueing messages: bench_notify STATE_DIR MODE COUNT
 *
 *   fill     COUNT messages of the size that a failed run has, for channel hook, in one commit
 *   compare  COUNT commits, each with the result of a step, in turn with as many in which it is told of, by the calls
 *            that a run makes; prints the medians in microseconds. What was recorded becomes messages afterwards.
 */
#include <base/clock.h>
#include <cli/telling.h>
#include <metrics/metrics.h>
#include <notify/notify.h>
#include <state/state.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>
#include <sys/stat.h>

static void must(int rc, const struct rbk_error *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "%s\n%s\n", err->message, err->hint);
    exit(1);
}

static rbk_value *event_new(long i)
{
    static const char output[] = "FAILED tests/test_cart.py::test_total[3] - assert 3 == 4\n"
                                 "FAILED tests/test_cart.py::test_total[5] - assert 5 == 6\n"
                                 "2 failed, 410 passed in 4.12s";
    rbk_value *event = rbk_map_new(), *next = rbk_list_new();
    char key[64];
    snprintf(key, sizeof key, "run:bench/%ld", i);
    rbk_map_set_string(event, "event", "run.failed");
    rbk_map_set_string(event, "status", "firing");
    rbk_map_set_string(event, "key", key);
    rbk_map_set_string(event, "runbook", key + 4);
    rbk_map_set_string(event, "run", "01kd4f7c8m2xexample0000000");
    rbk_map_set_string(event, "priority", "high");
    rbk_map_set_string(event, "title", "daily/morning-health-check failed");
    rbk_map_set_string(event, "step", "Run smoke tests");
    rbk_map_set_string(event, "error", "check not met: failure_rate 5.1% is not < 2%");
    rbk_map_set_string(event, "output", output);
    rbk_list_append(next, rbk_string_new("runbook retry 01kd4f7c8m2x run_smoke_tests"));
    rbk_map_set(event, "next", next);
    return event;
}

static void publish(struct rbk_store *s, const struct rbk_config *config, long i, struct rbk_error *err)
{
    rbk_value *event = event_new(i);
    int queued = 0;
    must(rbk_notify_publish(s, config, event, rbk_clock_wall_ms(), &queued, err), err);
    if (queued != 1)
        exit(1);
    rbk_value_free(event);
}

static void fill(struct rbk_store *s, const struct rbk_config *config, long count, struct rbk_error *err)
{
    must(rbk_store_begin(s, err), err);
    for (long i = 0; i < count; i++)
        publish(s, config, i, err);
    must(rbk_store_commit(s, err), err);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What a run commits when a step has ended: its result, its command, what was measured, the intent of the next one. */
static void record(struct rbk_store *s, const char *run, struct rbk_step_row *step, struct rbk_error *err)
{
    const struct rbk_command_row command = {
        .argv = "pytest -m smoke", .end = "exit", .exit_code = 1, .duration_ms = 4120};
    const struct rbk_label labels[] = {{"runbook", "bench/notify"}, {"step", step->id}};
    const struct rbk_metric metric = {
        .name = "runbook_step_duration_seconds", .kind = RBK_METRIC_DURATION, .labels = labels, .label_count = 2};
    char next[40];
    must(rbk_journal_step_put(s, run, step, err), err);
    must(rbk_journal_command_add(s, run, step->key, &command, err), err);
    must(rbk_metrics_record(s, &metric, (struct rbk_sample){rbk_clock_wall_ms(), 4.12}, err), err);
    snprintf(next, sizeof next, "%s/next", step->key);
    step->key = next;
    step->state = RBK_STEP_RUNNING;
    must(rbk_journal_step_put(s, run, step, err), err);
}

/* Microseconds of one such commit, with a message when somebody is told. */
static int64_t commit(struct rbk_store *s, const struct rbk_run_row *run, struct rbk_telling *telling, long i,
                      struct rbk_error *err)
{
    char key[32], log[64];
    snprintf(key, sizeof key, "step[%ld]", i);
    snprintf(log, sizeof log, "%s/step.log", run->id);
    const struct rbk_command_row command = {.argv = "pytest -m smoke"};
    struct rbk_step_row step = {.key = key,
                                .id = key,
                                .title = "Run smoke tests",
                                .kind = "shell",
                                .attempts = 1,
                                .state = RBK_STEP_FAILED,
                                .exit_code = 1,
                                .hash = "0011223344556677",
                                .log = log,
                                .error = "exit status 1"};
    int64_t began = rbk_clock_mono_us();
    if (telling) {
        rbk_telling_command(telling, &step, &command);
        rbk_telling_step(telling, run, &step);
    }
    must(rbk_store_begin(s, err), err);
    record(s, run->id, &step, err);
    if (telling)
        must(rbk_telling_write(telling, err), err);
    must(rbk_store_commit(s, err), err);
    return rbk_clock_mono_us() - began;
}

static void write_log(const char *dir, const char *run)
{
    char path[512];
    snprintf(path, sizeof path, "%s/logs", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/logs/%s", dir, run);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/logs/%s/step.log", dir, run);
    FILE *f = fopen(path, "w");
    if (!f || fputs("FAILED tests/test_cart.py::test_total[3] - assert 3 == 4\n1 failed, 410 passed in 4.12s\n", f) < 0)
        exit(1);
    fclose(f);
}

/* What was recorded must have become as many messages. */
static void settle(struct rbk_store *s, const struct rbk_config *config, long count, struct rbk_error *err)
{
    struct rbk_notify_settled settled;
    int64_t began = rbk_clock_mono_us();
    must(rbk_notify_settle(s, config, &settled, err), err);
    if (settled.queued != count)
        exit(1);
    fprintf(stderr, "%.1f us to ask the rules about one\n", (double)(rbk_clock_mono_us() - began) / (double)count);
}

/* In turn, so that both see the same disk. */
static void compare(struct rbk_store *s, const char *dir, const struct rbk_config *config, long count,
                    struct rbk_error *err)
{
    struct rbk_run_row run = {
        .runbook = "bench/notify", .title = "Bench", .path = "/p", .by = "bench", .host = "bench"};
    int64_t *without = calloc((size_t)count, sizeof *without), *with = calloc((size_t)count, sizeof *with);
    must(rbk_ulid_new(run.id, err), err);
    run.exit = -1;
    run.params = rbk_map_new();
    write_log(dir, run.id);
    struct rbk_telling *telling = rbk_telling_new(config, s, "high");
    must(rbk_store_begin(s, err), err);
    must(rbk_journal_run_add(s, &run, err), err);
    must(rbk_store_commit(s, err), err);
    for (long i = 0; i < count; i++) {
        without[i] = commit(s, &run, NULL, 2 * i, err);
        with[i] = commit(s, &run, telling, 2 * i + 1, err);
    }
    settle(s, config, count, err);
    qsort(without, (size_t)count, sizeof *without, by_value);
    qsort(with, (size_t)count, sizeof *with, by_value);
    printf("%lld %lld\n", (long long)without[count / 2], (long long)with[count / 2]);
    rbk_telling_free(telling);
    rbk_value_free(run.params);
    free(without);
    free(with);
}

int main(int argc, char **argv)
{
    static const char text[] = "channels: { hook: { type: webhook } }\nnotify: { rules: [{ to: hook, repeat: 4h }] }\n";
    if (argc < 4)
        return 2;
    struct rbk_store *s = NULL;
    struct rbk_config *config = NULL;
    struct rbk_error err = {0};
    must(rbk_config_parse("bench", text, sizeof text - 1, &config, &err), &err);
    must(rbk_state_open(argv[1], &s, &err), &err);
    if (strcmp(argv[2], "fill") == 0)
        fill(s, config, atol(argv[3]), &err);
    else
        compare(s, argv[1], config, atol(argv[3]), &err);
    rbk_store_close(s);
    rbk_config_free(config);
    return 0;
}
