/* Steps: the table of `step "title" { .. }` into a node of the plan. One row per key; which keys go
 * together is the plan's business (rbk_plan_validate). Fields point into the node from the start, so
 * nothing is lost when a reader raises. */
#include <lua/read.h>

#include <base/mem.h>
#include <lua/match.h>
#include <lua/value.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys that are more than one value -----------------------------------------------------------------------------
 */

static int add_check(struct rbk_reader *r, struct rbk_node *n)
{
    struct rbk_expr *e = NULL;
    int rc = rbk_read_expression(r, &e);
    if (rc)
        return rc;
    n->checks = rbk_realloc(n->checks, n->check_count + 1, sizeof *n->checks);
    n->checks[n->check_count++] = e;
    return 0;
}

static int read_check(struct rbk_reader *r, void *at)
{
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return add_check(r, at);
    int count = rbk_lua_list_length(r->L, -1), rc = 0;
    if (count < 0)
        return rbk_read_expected(r, "an expression or a list of expressions");
    for (int i = 1; rc == 0 && i <= count; i++) {
        lua_rawgeti(r->L, -1, i);
        rc = add_check(r, at);
        lua_pop(r->L, 1);
    }
    return rc;
}

static int add_capture(struct rbk_reader *r, struct rbk_node *n, const char *name, const char *pattern)
{
    struct rbk_error err;
    char *found = NULL;
    if (!rbk_name_ok(name))
        return rbk_read_error(r, "`%s` in `capture` of %s is no name of a fact: [a-z][a-z0-9_]*", name, r->where);
    if (rbk_lua_match(r->lua, pattern, "", 0, &found, &err) < 0)
        return rbk_read_error(r, "`%s` in `capture` of %s: %s", name, r->where, err.message);
    free(found);
    n->captures = rbk_realloc(n->captures, n->capture_count + 1, sizeof *n->captures);
    n->captures[n->capture_count++] = (struct rbk_capture){rbk_strdup(name), rbk_strdup(pattern)};
    return 0;
}

static int read_capture(struct rbk_reader *r, void *at)
{
    rbk_value *map = NULL;
    int rc = rbk_read_map(r, &map);
    for (size_t i = 0; rc == 0 && i < rbk_value_length(map); i++) {
        const char *name = rbk_map_key_at(map, i), *pattern = rbk_value_string(rbk_map_value_at(map, i));
        if (pattern)
            rc = add_capture(r, at, name, pattern);
        else
            rc = rbk_read_error(r, "`%s` in `capture` of %s must be a Lua pattern in quotes", name, r->where);
    }
    rbk_value_free(map);
    return rc;
}

static int read_each(struct rbk_reader *r, void *at)
{
    struct rbk_node *n = at;
    if (lua_type(r->L, -1) == LUA_TTABLE)
        return rbk_read_list(r, &n->each_list);
    if (lua_type(r->L, -1) == LUA_TSTRING && lua_tostring(r->L, -1)[0] == '$') {
        rbk_read_expected(r, "the name of a list");
        return rbk_error_hint(r->err, "without the dollar: each = \"%s\"", lua_tostring(r->L, -1) + 1);
    }
    if (lua_type(r->L, -1) != LUA_TSTRING)
        return rbk_read_expected(r, "the name of a list fact or parameter, or a list");
    return rbk_read_name(r, &n->each);
}

/* ---- retry, limits -------------------------------------------------------------------------------------------------
 */

static int add_exit_code(struct rbk_reader *r, struct rbk_retry *retry)
{
    lua_Integer code = lua_isinteger(r->L, -1) ? lua_tointeger(r->L, -1) : -1;
    if (code < 1 || code > 255)
        return rbk_read_expected(r, "exit codes from 1 to 255");
    if (retry->on_exit_count == sizeof retry->on_exit / sizeof *retry->on_exit)
        return rbk_read_error(r, "`on_exit` of %s takes at most %d exit codes", r->where, retry->on_exit_count);
    retry->on_exit[retry->on_exit_count++] = (int)code;
    return 0;
}

static int read_on_exit(struct rbk_reader *r, void *at)
{
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return add_exit_code(r, at);
    int count = rbk_lua_list_length(r->L, -1), rc = 0;
    if (count < 1)
        return rbk_read_expected(r, "an exit code or a list of them");
    for (int i = 1; rc == 0 && i <= count; i++) {
        lua_rawgeti(r->L, -1, i);
        rc = add_exit_code(r, at);
        lua_pop(r->L, 1);
    }
    return rc;
}

static const struct rbk_field retry_fields[] = {
    {"times", rbk_read_count, offsetof(struct rbk_retry, times)},
    {"delay", rbk_read_duration, offsetof(struct rbk_retry, delay_ms)},
    {"max_delay", rbk_read_duration, offsetof(struct rbk_retry, max_delay_ms)},
    {"backoff", rbk_read_number, offsetof(struct rbk_retry, backoff)},
    {"jitter", rbk_read_number, offsetof(struct rbk_retry, jitter)},
    {"on_exit", read_on_exit, 0},
    {NULL, NULL, 0},
};

static int read_retry(struct rbk_reader *r, void *at)
{
    struct rbk_retry *retry = at;
    *retry = (struct rbk_retry){.delay_ms = 1000, .max_delay_ms = 60000, .backoff = 2, .jitter = 0.1};
    if (lua_type(r->L, -1) == LUA_TNUMBER)
        return rbk_read_count(r, &retry->times);
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return rbk_read_expected(r, "a number of attempts or a table");
    int rc = rbk_read_subtable(r, rbk_retry_keys, retry_fields, retry);
    if (rc == 0 && retry->times == 0)
        rc = rbk_read_error(r, "`retry` of %s needs `times`", r->where);
    return rc;
}

static const struct rbk_field limits_fields[] = {
    {"cpu", rbk_read_duration, offsetof(struct rbk_limits, cpu_ms)},
    {"memory", rbk_read_size, offsetof(struct rbk_limits, memory_tree)},
    {"memory_process", rbk_read_size, offsetof(struct rbk_limits, memory_process)},
    {"output", rbk_read_size, offsetof(struct rbk_limits, output)},
    {NULL, NULL, 0},
};

static int read_limits(struct rbk_reader *r, void *at)
{
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return rbk_read_expected(r, "a table such as { memory = \"2GB\" }");
    return rbk_read_subtable(r, rbk_limits_keys, limits_fields, at);
}

/* ---- the statements ------------------------------------------------------------------------------------------------
 */

#define AT(field) offsetof(struct rbk_node, field)

static const struct rbk_field step_fields[] = {
    {"id", rbk_read_name, AT(id)},
    {"when", rbk_read_expression, AT(when)},
    {"confirm", rbk_read_string, AT(confirm)},
    {"manual", rbk_read_string, AT(manual)},
    {"ask", rbk_read_ask, 0},
    {"run", rbk_read_body, AT(run)},
    {"call", rbk_read_string, AT(call)},
    {"with", rbk_read_map, AT(with)},
    {"capture", read_capture, 0},
    {"check", read_check, 0},
    {"each", read_each, 0},
    {"max", rbk_read_count, AT(max)},
    {"always", rbk_read_boolean, AT(always)},
    {"on_fail", rbk_read_on_fail, AT(on_fail)},
    {"retry", read_retry, AT(retry)},
    {"timeout", rbk_read_duration, AT(timeout_ms)},
    {"budget", rbk_read_duration, AT(budget_ms)},
    {"undo", rbk_read_body, AT(undo)},
    {"idempotent", rbk_read_boolean, AT(idempotent)},
    {"verify", rbk_read_body, AT(verify)},
    {"env", rbk_read_text_map, AT(env)},
    {"cwd", rbk_read_string, AT(cwd)},
    {"shell", rbk_read_string, AT(shell)},
    {"tty", rbk_read_boolean, AT(tty)},
    {"limits", read_limits, AT(limits)},
    {"remediates", rbk_read_string, AT(remediates)},
    {"lock", rbk_read_string, AT(lock)},
    {"lock_wait", rbk_read_duration, AT(lock_wait_ms)},
    {"secret", rbk_read_strings, AT(secret)},
    {"note", rbk_read_string, AT(note)},
    {"tags", rbk_read_strings, AT(tags)},
    {NULL, NULL, 0},
};

static const struct rbk_field parallel_fields[] = {
    {"id", rbk_read_name, AT(id)},
    {"when", rbk_read_expression, AT(when)},
    {"max", rbk_read_count, AT(max)},
    {"fail_fast", rbk_read_boolean, AT(fail_fast)},
    {"always", rbk_read_boolean, AT(always)},
    {"on_fail", rbk_read_on_fail, AT(on_fail)},
    {"timeout", rbk_read_duration, AT(timeout_ms)},
    {"budget", rbk_read_duration, AT(budget_ms)},
    {"note", rbk_read_string, AT(note)},
    {"tags", rbk_read_strings, AT(tags)},
    {NULL, NULL, 0},
};

int rbk_read_step(struct rbk_reader *r, struct rbk_node *n)
{
    return rbk_read_table(r, rbk_step_keys, step_fields, n, false);
}

int rbk_read_parallel(struct rbk_reader *r, struct rbk_node *n)
{
    return rbk_read_table(r, rbk_parallel_keys, parallel_fields, n, true);
}
