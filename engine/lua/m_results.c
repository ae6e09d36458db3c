/* runbook.results: reports into the history, and the verdicts drawn from it (results/history.h). */
#include <lua/modules.h>

#include <base/mem.h>
#include <lua/call.h>
#include <lua/fail.h>
#include <lua/quantity.h>
#include <lua/types.h>
#include <lua/value.h>
#include <results/history.h>
#include <stdlib.h>
#include <string.h>

static struct rbk_store *current_store(lua_State *L)
{
    return rbk_perform_store(rbk_call_current(L, "the test history")->perform);
}

static int push_facts(lua_State *L, int rc, rbk_value *const *facts, const struct rbk_error *err)
{
    if (rc)
        return rbk_lua_push_failure(L, err);
    rbk_lua_push_value(L, *facts);
    return 1;
}

/* results.facts(test_run). [-1, +1|3, v] */
static int results_facts(lua_State *L)
{
    struct rbk_error err;
    lua_Integer test_run = luaL_checkinteger(L, 1);
    rbk_value **facts = rbk_lua_push_box(L);
    int rc = rbk_results_facts(current_store(L), test_run, facts, &err);
    return push_facts(L, rc, facts, &err);
}

/* results.state([level]): how things stand; ENOENT without any history. [-1, +1|3, v] */
static int results_state(lua_State *L)
{
    struct rbk_error err;
    const char *level = luaL_optstring(L, 1, NULL);
    rbk_value **facts = rbk_lua_push_box(L);
    int rc = rbk_results_state(current_store(L), level, facts, &err);
    return push_facts(L, rc, facts, &err);
}

/* ---- failing cases, history of a case ------------------------------------------------------------------------------
 */

static rbk_value *case_value(const struct rbk_case_row *c)
{
    rbk_value *map = rbk_map_new();
    char *id = rbk_case_id(c->suite, c->name, c->file);
    rbk_map_set_string(map, "id", id);
    free(id);
    rbk_map_set_string(map, "level", c->level);
    rbk_map_set_string(map, "suite", c->suite);
    rbk_map_set_string(map, "name", c->name);
    rbk_map_set_string(map, "file", c->file);
    rbk_map_set_string(map, "message", c->message);
    rbk_map_set_string(map, "outcome", rbk_outcome_name(c->outcome));
    rbk_map_set_int(map, "consecutive_failures", c->consecutive_failures);
    rbk_map_set_int(map, "last_ms", c->last_ms);
    return map;
}

static int add_case(void *list, const struct rbk_case_row *c)
{
    rbk_list_append(list, case_value(c));
    return 0;
}

/* results.failing([level]): a list of cases. [-1, +1|3, v] */
static int results_failing(lua_State *L)
{
    struct rbk_error err;
    const char *level = luaL_optstring(L, 1, NULL);
    rbk_value **list = rbk_lua_push_box(L);
    *list = rbk_list_new();
    int rc = rbk_results_failing(current_store(L), level, add_case, *list, &err);
    return push_facts(L, rc, list, &err);
}

static rbk_value *time_value(int64_t us)
{
    return us < 0 ? rbk_no_data_new() : rbk_number_new((double)us / 1e6, RBK_UNIT_SECONDS);
}

static int add_execution(void *list, const struct rbk_case_row *c, const struct rbk_execution_row *e)
{
    rbk_value *map = case_value(c);
    rbk_map_set_int(map, "at_ms", e->at_ms);
    rbk_map_set(map, "time", time_value(e->time_us));
    rbk_map_set_string(map, "outcome", rbk_outcome_name(e->outcome));
    rbk_map_set_bool(map, "flaky", e->flaky);
    rbk_map_set_string(map, "message", e->message);
    rbk_map_set_string(map, "run", e->run);
    rbk_map_set_string(map, "variant", e->variant);
    rbk_list_append(list, map);
    return 0;
}

/* results.case(id [, limit]): its executions, newest first. [-2, +1|3, v] */
static int results_case(lua_State *L)
{
    enum { LIMIT_DEFAULT = 50 };
    struct rbk_error err;
    const char *id = luaL_checkstring(L, 1);
    int limit = (int)luaL_optinteger(L, 2, LIMIT_DEFAULT);
    rbk_value **list = rbk_lua_push_box(L);
    *list = rbk_list_new();
    int rc = rbk_results_case(current_store(L), id, limit, add_execution, *list, &err);
    return push_facts(L, rc, list, &err);
}

static int add_stats(void *list, const struct rbk_case_row *c, const struct rbk_case_stats *stats)
{
    rbk_value *map = case_value(c);
    rbk_map_set_int(map, "executed", stats->executed);
    rbk_map_set_int(map, "failures", stats->failed);
    rbk_map_set_int(map, "changes", stats->changes);
    rbk_map_set(map, "rate", rbk_number_new((double)stats->failed / (double)stats->executed, RBK_UNIT_RATIO));
    rbk_map_set(map, "time", time_value(stats->mean_us));
    rbk_map_set(map, "longest", time_value(stats->longest_us));
    rbk_list_append(list, map);
    return 0;
}

/* results.rank(what, level, since_ms, limit): the "flaky" or "slowest" cases, how many cases ran, how many are flaky.
 * [-4, +3, v] */
static int results_rank(lua_State *L)
{
    static const char *const ranks[] = {"flaky", "slowest", NULL};
    struct rbk_error err;
    struct rbk_rank_totals totals = {0};
    struct rbk_rank_query q = {.rank = (enum rbk_rank)luaL_checkoption(L, 1, NULL, ranks),
                               .level = luaL_optstring(L, 2, NULL),
                               .since_ms = (int64_t)luaL_checknumber(L, 3),
                               .limit = (int)luaL_checkinteger(L, 4)};
    rbk_value **list = rbk_lua_push_box(L);
    *list = rbk_list_new();
    int rc = rbk_results_rank(current_store(L), &q, add_stats, *list, &totals, &err);
    if (rc)
        return rbk_lua_push_failure(L, &err);
    rbk_lua_push_value(L, *list);
    lua_pushinteger(L, totals.cases);
    lua_pushinteger(L, totals.flaky);
    return 3;
}

/* ---- import --------------------------------------------------------------------------------------------------------
 */

struct importing {
    struct rbk_import import;
    struct rbk_strv files, sources;
    struct rbk_import_file *reports;
};

static int importing_gc(lua_State *L)
{
    struct importing *i = lua_touserdata(L, 1);
    for (size_t n = 0; i->reports && n < i->files.count; n++)
        free(i->reports[n].path);
    free(i->reports);
    rbk_strv_fini(&i->files);
    rbk_strv_fini(&i->sources);
    i->reports = NULL;
    return 0;
}

/* Strings of options stay in the table at index 1, which keeps them. */
static const char *option_text(lua_State *L, const char *name)
{
    int type = lua_getfield(L, 1, name);
    const char *s = lua_tostring(L, -1);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "results.import: `%s` must be a string", name);
    lua_pop(L, 1);
    return s;
}

static int64_t option_ms(lua_State *L, const char *name, int64_t absent)
{
    struct rbk_quantity q;
    int64_t ms = absent;
    if (lua_getfield(L, 1, name) == LUA_TNUMBER)
        ms = (int64_t)lua_tonumber(L, -1);
    else if (rbk_lua_get_quantity(L, -1, &q, NULL))
        ms = (int64_t)(q.value * 1000);
    lua_pop(L, 1);
    return ms;
}

/* The list of strings at `name` of the table at index 1. */
static void option_list(lua_State *L, const char *name, struct rbk_strv *out)
{
    lua_getfield(L, 1, name);
    luaL_checktype(L, -1, LUA_TTABLE);
    for (int n = 1; lua_rawgeti(L, -1, n) == LUA_TSTRING; n++, lua_pop(L, 1))
        rbk_strv_add(out, lua_tostring(L, -1));
    lua_pop(L, 2);
}

/* sources[n] is the file that the cases of files[n] are from, where the report does not say. */
static void read_sources(lua_State *L, struct importing *i)
{
    bool given = lua_getfield(L, 1, "sources") != LUA_TNIL;
    lua_pop(L, 1);
    if (!given)
        return;
    option_list(L, "sources", &i->sources);
    if (i->sources.count != i->files.count)
        luaL_error(L, "results.import: `sources` must have one entry for each of `files`");
    i->import.sources = (const char *const *)i->sources.items;
}

static void read_import(lua_State *L, struct importing *i)
{
    i->import.level = option_text(L, "level");
    i->import.variant = option_text(L, "variant");
    i->import.run = rbk_perform_run_id(rbk_call_current(L, "the test history")->perform);
    i->import.started_ms = option_ms(L, "started_ms", 0);
    i->import.duration_ms = option_ms(L, "duration", -1);
    lua_getfield(L, 1, "complete");
    i->import.complete = lua_toboolean(L, -1);
    lua_pop(L, 1);
    option_list(L, "files", &i->files);
    read_sources(L, i);
    i->import.files = (const char *const *)i->files.items;
    i->import.file_count = i->files.count;
    i->reports = rbk_alloc((i->files.count + 1) * sizeof *i->reports);
}

static void push_report(lua_State *L, const struct rbk_import_file *f)
{
    char text[sizeof f->error];
    lua_createtable(L, 0, 9);
    lua_pushstring(L, f->path);
    lua_setfield(L, -2, "path");
    lua_pushstring(L, f->format);
    lua_setfield(L, -2, "format");
    lua_pushboolean(L, f->malformed);
    lua_setfield(L, -2, "malformed");
    if (f->malformed) {
        rbk_error_format(&f->error, text, sizeof text);
        lua_pushstring(L, text);
        lua_setfield(L, -2, "error");
    }
    const struct {
        const char *name;
        int64_t n;
    } totals[] = {{"cases", f->totals.cases},   {"passed", f->totals.passed},   {"failed", f->totals.failed},
                  {"errors", f->totals.errors}, {"skipped", f->totals.skipped}, {"flaky", f->totals.flaky}};
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        lua_pushinteger(L, totals[i].n);
        lua_setfield(L, -2, totals[i].name);
    }
}

/* results.import { files, sources, level, variant, complete, started_ms, duration } -> test_run, reports; the message
 * and code follow when a report was malformed (the others are in). [-1, +2|4, v] */
static int results_import(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", importing_gc}, {NULL, NULL}};
    static const struct rbk_lua_type importing_type = {"import", meta};
    struct rbk_error err;
    int64_t test_run = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    struct rbk_store *store = current_store(L);
    struct importing *i = rbk_lua_new_typed(L, &importing_type, sizeof *i, 0);
    read_import(L, i);
    int rc = rbk_results_import(store, &i->import, i->reports, &test_run, &err);
    if (rc && rc != RBK_EMALFORMED)
        return rbk_lua_push_failure(L, &err);
    lua_pushinteger(L, test_run);
    lua_createtable(L, (int)i->files.count, 0);
    for (size_t n = 0; n < i->files.count; n++) {
        push_report(L, &i->reports[n]);
        lua_rawseti(L, -2, (lua_Integer)n + 1);
    }
    if (rc == 0)
        return 2;
    rbk_lua_push_failure(L, &err);
    lua_remove(L, -3);
    return 4;
}

/* results.check(path): how many cases a report that is whole holds, and how many of them fail; nothing is recorded.
 * [-1, +2|3, v] */
static int results_check(lua_State *L)
{
    struct rbk_error err;
    struct rbk_report_totals totals;
    if (rbk_junit_read_file(luaL_checkstring(L, 1), NULL, NULL, &totals, &err))
        return rbk_lua_push_failure(L, &err);
    lua_pushinteger(L, totals.cases);
    lua_pushinteger(L, totals.failed + totals.errors);
    return 2;
}

int rbk_open_results(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"import", results_import}, {"facts", results_facts}, {"state", results_state}, {"failing", results_failing},
        {"history", results_case},  {"rank", results_rank},   {"check", results_check}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
