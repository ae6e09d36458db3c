/* `schedule preview`: all that is due in the next week, day by day, or in the next year, in short. */
#include <cli/schedule_commands.h>
#include <cli/schedule_year.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEEK = 7, YEAR = 366, TIMES_SHOWN = 6, DUE_MAX = 2000000 };
#define DAY_MS INT64_C(86400000)

struct preview {
    struct rbk_cli *cli;
    struct rbk_schedules schedules;
    struct rbk_due *items;
    size_t count, cap;
    int64_t from, until;
};

static int compare_due(const void *a, const void *b)
{
    const struct rbk_due *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return strcmp(x->entry->runbook, y->entry->runbook);
}

static void collect(struct preview *p, const struct rbk_entry *e)
{
    for (int64_t at = rbk_entry_next(e, p->from); at <= p->until && p->count < DUE_MAX; at = rbk_entry_next(e, at)) {
        RBK_GROW(p->items, p->count, p->cap);
        p->items[p->count++] = (struct rbk_due){.at_ms = at, .entry = e};
    }
}

/* Those that are named; else those that are on; when none is, all of them. */
static int collect_wanted(struct preview *p, const struct rbk_args *args, struct rbk_error *err)
{
    const struct rbk_entries *all = &p->schedules.entries;
    size_t on = 0;
    bool *wanted = rbk_alloc(all->count + 1);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        struct rbk_schedule_state state;
        rc = rbk_schedules_state(p->cli, all->items[i].runbook, &state, err);
        wanted[i] = args->rest.count > 1 ? rbk_schedules_named(args, 1, all->items[i].runbook) : state.enabled;
        on += wanted[i];
        free(state.expression);
    }
    if (rc == 0 && on == 0)
        fprintf(stderr, "no schedule is enabled: this is what would be due\n");
    for (size_t i = 0; rc == 0 && i < all->count; i++)
        if (wanted[i] || on == 0)
            collect(p, &all->items[i]);
    free(wanted);
    return rc;
}

/* One line for one runbook on one day; returns how many due times it shows. */
static size_t put_day(const struct preview *p, size_t at, struct rbk_buf *out)
{
    char day[RBK_ZONED_SIZE], when[RBK_ZONED_SIZE];
    const struct rbk_entry *e = p->items[at].entry;
    size_t shown = 0;
    rbk_schedules_time(e->zone, p->items[at].at_ms, day);
    rbk_buf_printf(out, "%.14s ", day);
    for (size_t i = at; i < p->count; i++) {
        if (p->items[i].entry != e)
            continue;
        rbk_schedules_time(e->zone, p->items[i].at_ms, when);
        if (strncmp(when, day, 14) != 0)
            break;
        if (shown++ < TIMES_SHOWN)
            rbk_buf_printf(out, " %.5s", when + 15);
    }
    if (shown > TIMES_SHOWN)
        rbk_buf_printf(out, " and %zu more", shown - TIMES_SHOWN);
    rbk_buf_puts(out, "  ");
    rbk_style_fit(out, e->runbook, 100);
    rbk_buf_puts(out, e->paused ? "  (paused)\n" : "\n");
    return shown;
}

/* Whether a line above has shown this due time: the runbook was due on the same day before. */
static bool is_shown(const struct preview *p, size_t at)
{
    char day[RBK_ZONED_SIZE], earlier[RBK_ZONED_SIZE];
    rbk_schedules_time(p->items[at].entry->zone, p->items[at].at_ms, day);
    for (size_t i = at; i-- > 0 && p->items[at].at_ms - p->items[i].at_ms <= 2 * DAY_MS;)
        if (p->items[i].entry == p->items[at].entry) {
            rbk_schedules_time(p->items[i].entry->zone, p->items[i].at_ms, earlier);
            return strncmp(day, earlier, 14) == 0;
        }
    return false;
}

/* A year has first what comes again and again, then the other days, with a space between months. */
static int print_lines(const struct preview *p, bool year)
{
    struct rbk_buf text = {0};
    char time[RBK_ZONED_SIZE], month[8] = "";
    if (year)
        rbk_year_sum(p->items, p->count, &text);
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].told || is_shown(p, i))
            continue;
        rbk_schedules_time(p->items[i].entry->zone, p->items[i].at_ms, time);
        if (year && strncmp(month, time + 4, 7) != 0 && text.len)
            rbk_buf_putc(&text, '\n');
        snprintf(month, sizeof month, "%.7s", time + 4);
        put_day(p, i, &text);
    }
    if (p->count == 0)
        rbk_buf_puts(&text, "nothing is due\n");
    rbk_style_write(&p->cli->out, &text);
    rbk_buf_fini(&text);
    return 0;
}

static int print_json(const struct preview *p)
{
    char time[RBK_TIME_SIZE];
    rbk_value *document = rbk_map_new(), *list = rbk_list_new();
    rbk_map_set_string(document, "schema", "runbook.schedule.preview/1");
    rbk_time_rfc3339(p->from, time);
    rbk_map_set_string(document, "from", time);
    rbk_time_rfc3339(p->until, time);
    rbk_map_set_string(document, "until", time);
    for (size_t i = 0; i < p->count; i++) {
        rbk_value *due = rbk_map_new();
        rbk_map_set_string(due, "runbook", p->items[i].entry->runbook);
        rbk_map_set(due, "at", rbk_schedules_time_value(p->items[i].entry->zone, p->items[i].at_ms));
        rbk_list_append(list, due);
    }
    rbk_map_set(document, "due", list);
    return rbk_cli_print_json(document);
}

/* A time without an offset is one of the project's zone. */
static int read_range(struct preview *p, const struct rbk_args *args, struct rbk_error *err)
{
    const char *from = rbk_args_get(args, "from");
    const char *name = rbk_value_string(rbk_config_get(p->cli->config, "timezone"));
    const rbk_zone *zone = NULL;
    int rc = 0;
    if (from)
        rc = name ? rbk_zones_get(p->schedules.zones, name, &zone, err)
                  : rbk_zones_local(p->schedules.zones, &zone, err);
    if (from && rc == 0)
        rc = rbk_schedules_time_parse(from, zone, p->from, &p->from, err);
    p->until = p->from + (rbk_args_has(args, "year") ? YEAR : WEEK) * DAY_MS;
    return rc;
}

int rbk_schedule_cmd_preview(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct preview p = {.cli = cli, .from = rbk_clock_wall_ms()};
    int rc = rbk_schedules_load(cli, &p.schedules, err);
    if (rc == 0)
        rc = read_range(&p, args, err);
    if (rc == 0)
        rc = rbk_schedules_check_names(&p.schedules, args, 1, err);
    if (rc == 0)
        rc = collect_wanted(&p, args, err);
    if (rc == 0) {
        if (p.count)
            qsort(p.items, p.count, sizeof *p.items, compare_due);
        rc = cli->json ? print_json(&p) : print_lines(&p, rbk_args_has(args, "year"));
    }
    free(p.items);
    rbk_schedules_fini(&p.schedules);
    return rc;
}
