/* The words of a runbook. `step "title" { .. }` is two calls in Lua: the word with its title gives a statement, and the
 * statement takes the table. `step("title", { .. })` does both at once. A statement whose table never came is found at
 * the end of the file. */
#include <lua/vocabulary.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/statement.h>
#include <lua/types.h>
#include <stdlib.h>
#include <string.h>

/* ---- declaring ------------------------------------------------------------------------------------------------------
 */

static void check_title(lua_State *L, const char *word)
{
    char got[80];
    size_t len = 0;
    const char *title = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (!title)
        rbk_lua_fail_hint(L, "write the title first", "`%s` needs a title in quotes, not %s", word,
                          rbk_lua_describe(L, 1, got, sizeof got));
    if (len == 0 || strlen(title) != len || strchr(title, '\n'))
        rbk_lua_fail(L, "the title of a `%s` must be one line and not empty", word);
}

static void add_statement(lua_State *L, struct rbk_load *load, enum rbk_statement_kind kind)
{
    struct rbk_error place = {0};
    rbk_lua_place(L, &place);
    RBK_GROW(load->statements, load->count, load->cap);
    struct rbk_statement *s = &load->statements[load->count++];
    *s = (struct rbk_statement){
        .kind = kind, .title = rbk_strdup(lua_tostring(L, 1)), .file = rbk_strdup(place.file), .line = place.line};
    if (kind == RBK_STATEMENT_STEP || kind == RBK_STATEMENT_PARALLEL) {
        s->node = rbk_node_new(s->title, s->line);
        s->node->is_parallel = kind == RBK_STATEMENT_PARALLEL;
    }
}

static void check_unique(lua_State *L, const struct rbk_load *load)
{
    if (load->statements[load->count - 1].kind != RBK_STATEMENT_RUNBOOK)
        return;
    for (size_t i = 0; i + 1 < load->count; i++)
        if (load->statements[i].kind == RBK_STATEMENT_RUNBOOK)
            rbk_lua_fail(L, "a second `runbook` in one file; the first is at line %d", load->statements[i].line);
}

/* [-n, +1, v] */
static int declare(lua_State *L, enum rbk_statement_kind kind)
{
    enum { STATEMENTS_MAX = 10000 };
    struct rbk_load *load = rbk_statement_load(L, rbk_statement_word(kind));
    check_title(L, rbk_statement_word(kind));
    lua_settop(L, 2);
    if (load->count == STATEMENTS_MAX)
        rbk_lua_fail(L, "more than %d steps in one runbook", STATEMENTS_MAX);
    add_statement(L, load, kind);
    check_unique(L, load);
    rbk_statement_push(L, load);
    if (lua_isnil(L, 2))
        return 1;
    lua_pushcfunction(L, rbk_statement_take);
    lua_pushvalue(L, 3);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return 1;
}

static int declare_runbook(lua_State *L)
{
    return declare(L, RBK_STATEMENT_RUNBOOK);
}

static int declare_param(lua_State *L)
{
    return declare(L, RBK_STATEMENT_PARAM);
}

static int declare_step(lua_State *L)
{
    return declare(L, RBK_STATEMENT_STEP);
}

static int declare_parallel(lua_State *L)
{
    return declare(L, RBK_STATEMENT_PARALLEL);
}

/* ---- the end of the file --------------------------------------------------------------------------------------------
 */

static int incomplete(struct rbk_load *load, const struct rbk_statement *s, struct rbk_error *err)
{
    char name[160];
    rbk_statement_name(s, name, sizeof name);
    rbk_error_set(err, RBK_EINVAL, "%s has no { } after its title", name);
    if (s->kind == RBK_STATEMENT_STEP)
        rbk_error_hint(err, "write %s { run = [[..]] }", name);
    else
        rbk_error_hint(err, "write %s { }", name);
    rbk_error_at(err, s->file, s->line, 0);
    if (!rbk_load_note(load, err))
        return RBK_EINVAL;
    if (s->node)
        s->node->broken = true;
    return 0;
}

static int check_header(const struct rbk_load *load, struct rbk_error *err)
{
    for (size_t i = 0; i < load->count; i++)
        if (load->statements[i].kind == RBK_STATEMENT_RUNBOOK)
            return 0;
    rbk_error_set(err, RBK_EINVAL, "the file declares no runbook");
    rbk_error_hint(err, "start it with: runbook \"Title\" { }");
    return rbk_error_at(err, load->path, 1, 0);
}

int rbk_vocabulary_finish(struct rbk_load *load, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < load->count; i++)
        if (!load->statements[i].complete)
            rc = incomplete(load, &load->statements[i], err);
    if (rc == 0)
        rc = check_header(load, err);
    for (size_t i = 0; rc == 0 && i < load->count; i++) {
        struct rbk_statement *s = &load->statements[i];
        if (s->node && !s->attached)
            rbk_plan_add(load->plan, s->node);
        s->node = NULL;
    }
    return rc;
}

void rbk_vocabulary_fini(struct rbk_load *load)
{
    for (size_t i = 0; i < load->count; i++) {
        struct rbk_statement *s = &load->statements[i];
        if (!s->attached)
            rbk_node_free(s->node);
        free(s->title);
        free(s->file);
    }
    free(load->statements);
    load->statements = NULL;
    load->count = load->cap = 0;
}

void rbk_vocabulary_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"runbook", declare_runbook},
                                         {"param", declare_param},
                                         {"step", declare_step},
                                         {"parallel", declare_parallel},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
