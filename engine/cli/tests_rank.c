/* `tests flaky` and `tests slowest`: the cases that stand out over a while. Both read only. */
#include <cli/tests_commands.h>

#include <base/clock.h>
#include <stdio.h>
#include <stdlib.h>

enum { COUNT_DEFAULT = 20, COUNT_MAX = 100000 };

struct ranked {
    struct rbk_cli *cli;
    enum rbk_rank rank;
    struct rbk_buf text;
    rbk_value *cases;
};

static void put_time(struct rbk_buf *out, int64_t us)
{
    char text[64] = "";
    int64_t ms = (us + 500) / 1000; /* finer than that nobody wants it */
    rbk_quantity_format((struct rbk_quantity){(double)ms / 1000, RBK_UNIT_SECONDS}, text, sizeof text);
    rbk_buf_printf(out, "%8s", text);
}

static void put_line(struct ranked *r, const struct rbk_case_row *c, const struct rbk_case_stats *stats)
{
    char *id = rbk_case_id(c->suite, c->name, c->file);
    if (r->rank == RBK_RANK_FLAKY) {
        rbk_buf_printf(&r->text, "%5.1f%%  failed %lld of %lld  ",
                       100.0 * (double)stats->failed / (double)stats->executed, (long long)stats->failed,
                       (long long)stats->executed);
    } else {
        put_time(&r->text, stats->mean_us);
        rbk_buf_puts(&r->text, "  longest ");
        put_time(&r->text, stats->longest_us);
        rbk_buf_puts(&r->text, "  ");
    }
    rbk_style_fit(&r->text, id, 400);
    rbk_buf_putc(&r->text, '\n');
    if (r->rank == RBK_RANK_FLAKY)
        rbk_tests_put_message(&r->text, &r->cli->out, "        ", c->message, 1);
    free(id);
}

static void set_seconds(rbk_value *map, const char *name, int64_t us)
{
    rbk_map_set(map, name, us < 0 ? rbk_null_new() : rbk_number_new((double)us / 1e6, RBK_UNIT_SECONDS));
}

static int add_case(void *arg, const struct rbk_case_row *c, const struct rbk_case_stats *stats)
{
    struct ranked *r = arg;
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "level", c->level);
    rbk_map_set_string(v, "suite", c->suite);
    rbk_map_set_string(v, "name", c->name);
    rbk_map_set_string(v, "file", c->file);
    rbk_map_set_int(v, "executed", stats->executed);
    rbk_map_set_int(v, "failed", stats->failed);
    rbk_map_set_int(v, "changes", stats->changes);
    set_seconds(v, "mean", stats->mean_us);
    set_seconds(v, "longest", stats->longest_us);
    rbk_map_set_string(v, "message", c->message);
    rbk_list_append(r->cases, v);
    put_line(r, c, stats);
    return 0;
}

static int print_ranked(struct ranked *r, const struct rbk_rank_totals *totals)
{
    if (r->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.tests.rank/1");
        rbk_map_set_string(document, "by", r->rank == RBK_RANK_FLAKY ? "flaky" : "slowest");
        rbk_map_set_int(document, "cases_executed", totals->cases);
        rbk_map_set_int(document, "cases_flaky", totals->flaky);
        rbk_map_set(document, "cases", r->cases);
        r->cases = NULL;
        return rbk_cli_print_json(document);
    }
    if (r->rank == RBK_RANK_FLAKY)
        rbk_buf_printf(&r->text, "%lld of %lld that ran are flaky\n", (long long)totals->flaky,
                       (long long)totals->cases);
    else if (rbk_value_length(r->cases) == 0)
        rbk_buf_puts(&r->text, "no case with a time ran\n");
    rbk_style_write(&r->cli->out, &r->text);
    return 0;
}

static int read_count(const struct rbk_args *args, int *out, struct rbk_error *err)
{
    const char *text = rbk_args_get(args, "count");
    char *end = NULL;
    long count = text ? strtol(text, &end, 10) : COUNT_DEFAULT;
    if (text && (end == text || *end || count < 1 || count > COUNT_MAX))
        return rbk_error_set(err, RBK_EINVAL, "--count takes a number from 1 to %d, not \"%s\"", COUNT_MAX, text);
    *out = (int)count;
    return 0;
}

static int list_ranked(struct rbk_cli *cli, const struct rbk_args *args, enum rbk_rank rank, const char *since,
                       struct rbk_error *err)
{
    struct ranked r = {.cli = cli, .rank = rank, .cases = rbk_list_new()};
    struct rbk_rank_totals totals = {0};
    struct rbk_rank_query q = {.rank = rank};
    q.level = args->rest.count > 1 ? args->rest.items[1] : rbk_args_get(args, "level");
    since = rbk_args_get(args, "since") ? rbk_args_get(args, "since") : since;
    int rc = rbk_time_parse(since, rbk_clock_wall_ms(), &q.since_ms, err);
    if (rc == 0)
        rc = read_count(args, &q.limit, err);
    if (rc == 0)
        rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_results_rank(cli->store, &q, add_case, &r, &totals, err);
    if (rc == 0 || rc == RBK_ENOENT)
        rc = print_ranked(&r, &totals);
    rbk_value_free(r.cases);
    rbk_buf_fini(&r.text);
    return rc;
}

int rbk_tests_flaky(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return list_ranked(cli, args, RBK_RANK_FLAKY, "14d", err);
}

int rbk_tests_slowest(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return list_ranked(cli, args, RBK_RANK_SLOWEST, "7d", err);
}
