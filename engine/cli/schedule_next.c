/* `schedule next EXPR`: when an expression is due. Needs no project and touches no store. */
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <runbook/schedule.h>
#include <stdlib.h>

enum { COUNT_MAX = 100000 };

struct question {
    rbk_zones *zones;
    rbk_calendar *calendar;
    const rbk_zone *zone;
    int64_t from; /* seconds */
    long count;
};

static int read_count(const struct rbk_args *args, long *out, struct rbk_error *err)
{
    const char *text = rbk_args_get(args, "count");
    char *end = NULL;
    *out = text ? strtol(text, &end, 10) : 1;
    if (text && (*end || end == text || *out < 1 || *out > COUNT_MAX))
        return rbk_error_set(err, RBK_EINVAL, "--count takes a number from 1 to %d, not \"%s\"", COUNT_MAX, text);
    return 0;
}

/* A time without an offset is one of the zone that is asked about. */
static int read_from(struct question *q, const struct rbk_args *args, struct rbk_error *err)
{
    int64_t now = rbk_clock_wall_ms(), ms = now;
    const char *text = rbk_args_get(args, "from");
    int rc = text ? rbk_schedules_time_parse(text, q->zone, now, &ms, err) : 0;
    q->from = ms / 1000 - (ms % 1000 < 0);
    return rc;
}

/* The zone that is asked for, else the one that the expression names, else the local one. */
static int choose_zone(struct question *q, const struct rbk_args *args, struct rbk_error *err)
{
    const char *name = rbk_args_get(args, "tz");
    if (!name)
        name = rbk_calendar_zone(q->calendar);
    return name ? rbk_zones_get(q->zones, name, &q->zone, err) : rbk_zones_local(q->zones, &q->zone, err);
}

static int read_question(struct question *q, const struct rbk_args *args, struct rbk_error *err)
{
    int rc = rbk_calendar_parse(args->rest.items[1], &q->calendar, err);
    if (rc == 0)
        rc = choose_zone(q, args, err);
    if (rc == 0)
        rc = read_count(args, &q->count, err);
    return rc == 0 ? read_from(q, args, err) : rc;
}

static int collect(const struct question *q, rbk_value *times, struct rbk_error *err)
{
    int64_t at = q->from;
    for (long i = 0; i < q->count; i++) {
        char text[RBK_ZONED_SIZE];
        int rc = rbk_calendar_next(q->calendar, q->zone, NULL, at, &at, err);
        if (rc == RBK_ENOENT)
            break;
        if (rc < 0)
            return rc;
        rbk_zone_format(q->zone, at, text);
        rbk_list_append(times, rbk_string_new(text));
    }
    return 0;
}

static void put_lines(struct rbk_cli *cli, const rbk_value *times)
{
    struct rbk_buf text = {0};
    for (size_t i = 0; i < rbk_value_length(times); i++)
        rbk_buf_printf(&text, "%s\n", rbk_value_string(rbk_list_at(times, i)));
    rbk_style_write(&cli->out, &text);
    rbk_buf_fini(&text);
}

static int print_times(struct rbk_cli *cli, const struct question *q, rbk_value *times)
{
    if (!cli->json) {
        put_lines(cli, times);
        rbk_value_free(times);
        return 0;
    }
    char *normal = rbk_calendar_text(q->calendar);
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.schedule.next/1");
    rbk_map_set_string(document, "expression", normal);
    rbk_map_set_string(document, "zone", rbk_zone_name(q->zone));
    rbk_map_set(document, "times", times);
    free(normal);
    return rbk_cli_print_json(document);
}

int rbk_schedule_cmd_next(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct question q = {.zones = rbk_zones_new(NULL)};
    rbk_value *times = rbk_list_new();
    int rc = read_question(&q, args, err);
    if (rc == 0)
        rc = collect(&q, times, err);
    if (rc == 0)
        rc = print_times(cli, &q, times);
    else
        rbk_value_free(times);
    rbk_calendar_free(q.calendar);
    rbk_zones_free(q.zones);
    return rc;
}
