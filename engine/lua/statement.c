/* A statement takes its table: read by kind, and for `parallel` its children attached by identity. The values that
 * scripts hold are only numbers; the statements themselves belong to the load, so a script can neither lose one nor use
 * it after its file. */
#include <lua/statement.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/read.h>
#include <lua/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct handle {
    unsigned long serial; /* of the load; another one's statements are gone */
    size_t index;
    size_t next; /* the statement declared after it, for `parallel` */
};

static int statement_tostring(lua_State *L);
static const luaL_Reg statement_meta[] = {
    {"__call", rbk_statement_take}, {"__tostring", statement_tostring}, {NULL, NULL}};
static const struct rbk_lua_type statement_type = {"step", statement_meta};

const char *rbk_statement_word(enum rbk_statement_kind kind)
{
    static const char *const words[] = {"runbook", "param", "step", "parallel"};
    return words[kind];
}

const char *rbk_statement_name(const struct rbk_statement *s, char *out, size_t size)
{
    snprintf(out, size, "%s \"%.120s\"", rbk_statement_word(s->kind), s->title);
    return out;
}

struct rbk_load *rbk_statement_load(lua_State *L, const char *word)
{
    struct rbk_lua *lua = rbk_lua_of(L);
    if (!lua->load || lua->task)
        rbk_lua_fail_hint(L, "steps are known before the run: move it out of the function",
                          "`%s` cannot be used while a step runs", word);
    return lua->load;
}

void rbk_statement_push(lua_State *L, const struct rbk_load *load)
{
    struct handle *handle = rbk_lua_new_typed(L, &statement_type, sizeof *handle, 0);
    *handle = (struct handle){load->serial, load->count - 1, load->count};
}

static int take_header(struct rbk_reader *r, struct rbk_statement *s)
{
    struct rbk_plan *plan = r->load->plan;
    free(plan->title);
    plan->title = rbk_strdup(s->title);
    return rbk_read_header(r, plan);
}

static int take_param(struct rbk_reader *r, struct rbk_statement *s)
{
    struct rbk_plan *plan = r->load->plan;
    if (!rbk_name_ok(s->title)) {
        r->key_line = r->line;
        rbk_read_error(r, "\"%s\" is no name of a parameter", s->title);
        char *slug = rbk_slug(s->title);
        rbk_error_hint(r->err, "lower-case letters, digits and _: \"%s\"", slug);
        free(slug);
        return RBK_EINVAL;
    }
    plan->params = rbk_realloc(plan->params, plan->param_count + 1, sizeof *plan->params);
    struct rbk_param *p = &plan->params[plan->param_count++];
    *p = (struct rbk_param){.name = rbk_strdup(s->title), .line = s->line};
    return rbk_read_param(r, p);
}

static int child_error(struct rbk_reader *r, int i, const char *what)
{
    char got[80];
    r->key_line = r->line;
    rbk_lua_describe(r->L, -1, got, sizeof got);
    return rbk_read_error(r, "item %d of %s is %s%s", i, r->where, got, what);
}

/* The statement on top of the stack, as a child of the parallel `s`. */
static int attach(struct rbk_reader *r, struct rbk_statement *s, int i)
{
    const struct handle *handle = rbk_lua_test(r->L, -1, &statement_type);
    struct rbk_load *load = r->load;
    if (!handle || handle->serial != load->serial)
        return child_error(r, i, ", not a step");
    struct rbk_statement *child = &load->statements[handle->index];
    char name[160];
    rbk_statement_name(child, name, sizeof name);
    r->key_line = child->line;
    if (!child->node || child == s)
        return rbk_read_error(r, "%s cannot stand in %s", name, r->where);
    if (child->attached)
        return rbk_read_error(r, "%s stands in a parallel twice", name);
    if (!child->complete) {
        rbk_read_error(r, "%s has no { } after its title", name);
        return rbk_error_hint(r->err, "missing comma, or write %s { run = [[..]] }", name);
    }
    child->attached = true;
    rbk_node_add(s->node, child->node);
    return 0;
}

/* Steps written between the braces of this parallel, but not among its items. */
static int check_strays(struct rbk_reader *r, const struct handle *handle)
{
    for (size_t i = handle->next; i < r->load->count; i++) {
        const struct rbk_statement *s = &r->load->statements[i];
        char name[160];
        if (s->attached || !s->node)
            continue;
        r->key_line = s->line;
        rbk_read_error(r, "%s is written in %s but is not one of its items", rbk_statement_name(s, name, sizeof name),
                       r->where);
        return rbk_error_hint(r->err, "an `and`, an `or` or a function around it?");
    }
    return 0;
}

static int take_children(struct rbk_reader *r, struct rbk_statement *s)
{
    lua_Integer last = 0;
    for (lua_pushnil(r->L); lua_next(r->L, -2); lua_pop(r->L, 1)) {
        if (lua_isinteger(r->L, -2) && lua_tointeger(r->L, -2) > last)
            last = lua_tointeger(r->L, -2);
    }
    r->key_line = r->line;
    for (lua_Integer i = 1; i <= last; i++) {
        if (lua_rawgeti(r->L, -1, i) == LUA_TNIL)
            return rbk_read_error(r, "item %d of %s is nil", (int)i, r->where);
        int rc = attach(r, s, (int)i);
        lua_pop(r->L, 1);
        if (rc)
            return rc;
    }
    return 0;
}

static int take_parallel(struct rbk_reader *r, struct rbk_statement *s, const struct handle *handle)
{
    int keys = rbk_read_parallel(r, s->node);
    if (keys && !rbk_load_note(r->load, r->err))
        return keys;
    int rc = take_children(r, s);
    if (rc == 0)
        rc = check_strays(r, handle);
    return rc ? rc : keys;
}

static int take_table(struct rbk_reader *r, struct rbk_statement *s, const struct handle *handle)
{
    switch (s->kind) {
    case RBK_STATEMENT_RUNBOOK:
        return take_header(r, s);
    case RBK_STATEMENT_PARAM:
        return take_param(r, s);
    case RBK_STATEMENT_STEP:
        return rbk_read_step(r, s->node);
    case RBK_STATEMENT_PARALLEL:
        return take_parallel(r, s, handle);
    }
    return 0;
}

int rbk_statement_take(lua_State *L)
{
    struct handle *handle = rbk_lua_test(L, 1, &statement_type);
    struct rbk_load *load = rbk_statement_load(L, "step");
    char where[160], got[80];
    struct rbk_error err;
    if (!handle || handle->serial != load->serial)
        return rbk_lua_fail(L, "this statement belongs to another runbook");
    struct rbk_statement *s = &load->statements[handle->index];
    rbk_statement_name(s, where, sizeof where);
    if (s->complete)
        return rbk_lua_fail_hint(L, "missing comma on the line above?", "%s already has its { }", where);
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TTABLE)
        return rbk_lua_fail(L, "%s takes a table { }, not %s", where, rbk_lua_describe(L, 2, got, sizeof got));
    struct rbk_reader r = {
        .lua = load->lua, .L = L, .load = load, .file = s->file, .line = s->line, .where = where, .err = &err};
    bool broken = take_table(&r, s, handle) != 0;
    if (broken && !rbk_load_note(load, &err))
        return rbk_lua_raise(L, &err);
    if (broken && s->node)
        s->node->broken = true;
    load->statements[handle->index].complete = true;
    lua_pushvalue(L, 1);
    return 1;
}

static int statement_tostring(lua_State *L)
{
    const struct handle *handle = rbk_lua_test(L, 1, &statement_type);
    const struct rbk_load *load = rbk_lua_of(L)->load;
    char name[160] = "step";
    if (handle && load && handle->serial == load->serial)
        rbk_statement_name(&load->statements[handle->index], name, sizeof name);
    lua_pushstring(L, name);
    return 1;
}
