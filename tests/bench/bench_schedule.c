/* bench_schedule change|sort: 10,000 schedules, and one of them changes.
 *
 *   change  its next due time is found anew, and with it the first of all
 *   sort    the floor: the due times of all are sorted
 *
 * Prints the microseconds of one change, the least of some rounds. */
#include <base/clock.h>
#include <base/mem.h>
#include <schedule/due.h>
#include <schedule/entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 10000, ROUNDS = 30, CHANGES = 1000 };
#define BEGIN INT64_C(1795335600000) /* 2026-11-22 */

static struct rbk_entry *make_entries(const rbk_zone *zone)
{
    struct rbk_entry *entries = rbk_alloc(COUNT * sizeof *entries);
    struct rbk_error err;
    for (int i = 0; i < COUNT; i++) {
        char text[40];
        snprintf(text, sizeof text, "%d %d * * %s", i % 60, i / 60 % 24, i % 3 ? "*" : "mon-fri");
        entries[i] = (struct rbk_entry){.zone = zone};
        if (rbk_calendar_parse(text, &entries[i].calendar, &err) < 0) {
            fprintf(stderr, "bench_schedule: %s\n", err.message);
            exit(1);
        }
    }
    return entries;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double sort_all(const struct rbk_entry *entries)
{
    int64_t *at = rbk_alloc(COUNT * sizeof *at), *copy = rbk_alloc(COUNT * sizeof *copy);
    double least = 1e18;
    for (int i = 0; i < COUNT; i++)
        at[i] = rbk_entry_next(&entries[i], BEGIN);
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(copy, at, COUNT * sizeof *at);
        int64_t begin = rbk_clock_mono_us();
        qsort(copy, COUNT, sizeof *copy, compare);
        double took = (double)(rbk_clock_mono_us() - begin);
        least = took < least ? took : least;
    }
    free(copy);
    free(at);
    return least;
}

/* As the daemon does it: whatever is due first gets its next due time. */
static double change_some(const struct rbk_entry *entries)
{
    struct rbk_due due;
    double least = 1e18;
    size_t which = 0;
    rbk_due_init(&due, COUNT);
    for (int i = 0; i < COUNT; i++)
        rbk_due_set(&due, (size_t)i, rbk_entry_next(&entries[i], BEGIN));
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin = rbk_clock_mono_us();
        for (int i = 0; i < CHANGES; i++) {
            int64_t at = rbk_due_first(&due, &which);
            rbk_due_set(&due, which, rbk_entry_next(&entries[which], at));
        }
        double took = (double)(rbk_clock_mono_us() - begin) / CHANGES;
        least = took < least ? took : least;
    }
    rbk_due_fini(&due);
    return least;
}

int main(int argc, char **argv)
{
    const rbk_zone *zone = NULL;
    rbk_zones *zones = rbk_zones_new(NULL);
    if (argc != 2 || rbk_zones_get(zones, "Europe/Berlin", &zone, NULL) != 0) {
        fprintf(stderr, "bench_schedule change|sort (and the package tzdata)\n");
        return 2;
    }
    struct rbk_entry *entries = make_entries(zone);
    printf("%.3f\n", strcmp(argv[1], "sort") == 0 ? sort_all(entries) : change_some(entries));
    for (int i = 0; i < COUNT; i++)
        rbk_calendar_free(entries[i].calendar);
    free(entries);
    rbk_zones_free(zones);
    return 0;
}
