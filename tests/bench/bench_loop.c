/* What processes cost through rbk_proc, to be put into relation with the floors beside this file:
 *
 *   bench_loop spawn COUNT IN_FLIGHT [PROGRAM]       against  floor_spawn COUNT IN_FLIGHT [PROGRAM]
 *   bench_loop capture FILE PROGRAM [ARGUMENT...]    against  floor_capture FILE PROGRAM [ARGUMENT...]
 *
 * where PROGRAM of capture is `produce zero 1073741824` or `produce lines 10000000`. Prints the same line as the floor,
 * the seconds last. */
#include <base/clock.h>
#include <fcntl.h>
#include <loop/proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    struct rbk_loop *loop;
    struct rbk_proc_options options;
    int left; /* processes still to be started */
    int file; /* where captured output goes */
    int64_t bytes;
};

static void start_one(struct bench *bench)
{
    struct rbk_error err = {0};
    bench->left--;
    if (rbk_proc_spawn(bench->loop, &bench->options, NULL, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static void on_output(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms)
{
    struct bench *bench = arg;
    (void)stream;
    (void)wall_ms;
    bench->bytes += (int64_t)len;
    if (bench->file >= 0 && write(bench->file, data, len) != (ssize_t)len)
        abort();
}

static void on_exit_start_next(void *arg, const struct rbk_proc_result *result)
{
    struct bench *bench = arg;
    if (result->end != RBK_END_EXIT || result->exit_code != 0 || result->leftovers)
        abort();
    if (bench->left > 0)
        start_one(bench);
}

static double run(struct bench *bench, int in_flight)
{
    int64_t start = rbk_clock_mono_us();
    for (int i = 0; i < in_flight && bench->left > 0; i++)
        start_one(bench);
    if (rbk_loop_run(bench->loop, NULL) < 0)
        abort();
    return (double)(rbk_clock_mono_us() - start) / 1e6;
}

static void bench_spawn(struct bench *bench, char **argv)
{
    char *program[] = {argv[2] ? argv[2] : "/bin/true", NULL};
    int count = atoi(argv[0]);
    bench->left = count;
    bench->options.argv = program;
    printf("spawn %d %.3f\n", count, run(bench, atoi(argv[1])));
}

static void bench_capture(struct bench *bench, char **argv)
{
    bench->left = 1;
    bench->file = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bench->options.argv = argv + 1;
    double seconds = run(bench, 1);
    printf("capture %lld %.3f\n", (long long)bench->bytes, seconds);
    close(bench->file);
}

int main(int argc, char **argv)
{
    struct bench bench = {.file = -1};
    if (argc < 4)
        return fprintf(stderr, "usage: see the top of bench_loop.c\n"), 2;
    if (rbk_loop_new(&bench.loop, NULL) < 0 || rbk_proc_become_subreaper(NULL) < 0)
        return 1;
    bench.options.on_output = on_output;
    bench.options.on_exit = on_exit_start_next;
    bench.options.arg = &bench;
    bench.options.marker = "RUNBOOK_MARK=bench/step";
    if (strcmp(argv[1], "spawn") == 0)
        bench_spawn(&bench, argv + 2);
    else
        bench_capture(&bench, argv + 2);
    rbk_loop_free(bench.loop);
    return 0;
}
