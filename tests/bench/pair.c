/* Runs two commands in turn and says how they compare, so that a machine that is slow today is slow for both:
 *
 *   pair ROUNDS PREPARE FLOOR [ARGUMENT...] -- OURS [ARGUMENT...]
 *
 * PREPARE is a shell text run before each command, outside the measured time ("" = nothing). One round more is run
 * first and not counted. Prints "FLOOR_US OURS_US RATIO FLOOR_KB OURS_KB": the medians of the wall times, the median
 * of the rounds' ratios OURS / FLOOR, the largest memory. The output of both is thrown away; one that fails ends it. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ROUNDS = 1000 };

struct side {
    char **argv;
    double us[MOST_ROUNDS];
    long peak_kb;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void prepare(const char *text)
{
    if (!*text || system(text) == 0)
        return;
    fprintf(stderr, "pair: failed: %s\n", text);
    exit(2);
}

static double run(struct side *side, const posix_spawn_file_actions_t *actions)
{
    pid_t pid;
    int status;
    struct rusage usage;
    double start = now_us();
    if (posix_spawnp(&pid, side->argv[0], actions, NULL, side->argv, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "pair: failed: %s\n", side->argv[0]);
        exit(2);
    }
    if (usage.ru_maxrss > side->peak_kb)
        side->peak_kb = usage.ru_maxrss;
    return now_us() - start;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_size);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Cuts argv at "--": what stands before it is the floor. */
static int split(char **argv, struct side *floor, struct side *ours)
{
    floor->argv = argv;
    while (*argv && strcmp(*argv, "--") != 0)
        argv++;
    if (!*argv || !argv[1] || argv == floor->argv)
        return -1;
    *argv = NULL;
    ours->argv = argv + 1;
    return 0;
}

int main(int argc, char **argv)
{
    static struct side floor, ours;
    static double ratios[MOST_ROUNDS];
    int rounds = argc > 3 ? atoi(argv[1]) : 0;
    if (rounds < 1 || rounds > MOST_ROUNDS || split(argv + 3, &floor, &ours) < 0)
        return fprintf(stderr, "usage: see the top of pair.c\n"), 2;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int i = -1; i < rounds; i++) {
        int slot = i < 0 ? 0 : i; /* the first round is overwritten */
        prepare(argv[2]);
        floor.us[slot] = run(&floor, &actions);
        prepare(argv[2]);
        ours.us[slot] = run(&ours, &actions);
        ratios[slot] = ours.us[slot] / floor.us[slot];
    }
    posix_spawn_file_actions_destroy(&actions);
    printf("%.0f %.0f %.3f %ld %ld\n", median(floor.us, rounds), median(ours.us, rounds), median(ratios, rounds),
           floor.peak_kb, ours.peak_kb);
    return 0;
}
