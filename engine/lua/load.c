/* Loading: finds a runbook by its id, runs its file under the watchdog, and turns what it declared into a validated
 * plan. Lua runs now or never again: what stays are the functions and actions that steps refer to. */
#include <lua/load.h>

#include <base/fs.h>
#include <base/mem.h>
#include <lua/fail.h>
#include <lua/require.h>
#include <lua/vocabulary.h>
#include <run/check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1 << 20 };

/* [-1, +0, v] */
static int run_chunk(lua_State *L)
{
    const struct rbk_load *load = lua_touserdata(L, 1);
    rbk_lua_reserve_stack(L);
    rbk_chunk_load(L, load->path, load->text, load->len);
    lua_call(L, 0, 0);
    return 0;
}

static void describe_to_watchdog(struct rbk_lua *lua, const char *path)
{
    char what[320];
    snprintf(what, sizeof what, "%s: loading this file", path);
    rbk_watchdog_describe(&lua->watchdog, rbk_exit_status(RBK_EINVAL), what, "nothing was run");
}

static int run_under_watch(struct rbk_lua *lua, struct rbk_load *load, struct rbk_error *err)
{
    struct rbk_load *outer = lua->load;
    lua->load = load;
    load->serial = ++lua->loads;
    describe_to_watchdog(lua, load->path);
    rbk_watchdog_start(&lua->watchdog, lua->L, lua->load_ms);
    int rc = rbk_lua_protected(lua, run_chunk, load, err);
    rbk_watchdog_stop(&lua->watchdog);
    lua->load = outer;
    return rc;
}

static void note_problem(void *arg, const char *severity, const struct rbk_error *e)
{
    if (strcmp(severity, "error") == 0)
        rbk_load_note(arg, e);
}

/* A plan that was read. With problems, what its rules say about the rest is told too. */
static int judge(struct rbk_load *load, struct rbk_error *err)
{
    if (!load->problems)
        return rbk_plan_validate(load->plan, err);
    if (load->problems->count)
        rbk_plan_check_read(load->plan, note_problem, load);
    return load->problems->count ? RBK_EINVAL : 0;
}

static int load_text(struct rbk_lua *lua, const char *id, const char *name, const char *text, size_t len,
                     struct rbk_load_problems *problems, struct rbk_plan **out, struct rbk_error *err)
{
    struct rbk_load load = {
        .lua = lua, .problems = problems, .plan = rbk_plan_new(id, name), .path = name, .text = text, .len = len};
    int rc = run_under_watch(lua, &load, err);
    if (rc == 0)
        rc = rbk_vocabulary_finish(&load, err);
    rbk_vocabulary_fini(&load);
    if (rc && !err->file[0])
        rbk_error_at(err, name, err->line, err->column);
    if (rc)
        rbk_load_note(&load, err);
    else
        rc = judge(&load, err);
    if (rc && !err->file[0])
        rbk_error_at(err, name, err->line, err->column);
    if (rc)
        rbk_plan_free(load.plan);
    else
        *out = load.plan;
    return rc;
}

static int load_file(struct rbk_lua *lua, const char *id, const char *path, struct rbk_load_problems *problems,
                     struct rbk_plan **out, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    int rc = rbk_file_read(path, FILE_SIZE_MAX, &text, err);
    if (rc == 0)
        rc = load_text(lua, id, path, text.data ? text.data : "", text.len, problems, out, err);
    rbk_buf_fini(&text);
    return rc;
}

int rbk_lua_load_text(struct rbk_lua *lua, const char *id, const char *name, const char *text, size_t len,
                      struct rbk_plan **out, struct rbk_error *err)
{
    struct rbk_error scratch;
    return load_text(lua, id, name, text, len, NULL, out, err ? err : &scratch);
}

int rbk_lua_load_file(struct rbk_lua *lua, const char *id, const char *path, struct rbk_plan **out,
                      struct rbk_error *err)
{
    struct rbk_error scratch;
    return load_file(lua, id, path, NULL, out, err ? err : &scratch);
}

/* ---- by id ---------------------------------------------------------------------------------------------------------
 */

static int add_id(void *arg, const char *id, const char *path, const char *shadows)
{
    (void)path;
    (void)shadows;
    rbk_strv_add(arg, id);
    return 0;
}

static int not_found(struct rbk_lua *lua, const char *id, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    rbk_runbook_files(lua->dirs, add_id, &ids, NULL);
    const char *near = rbk_did_you_mean(id, (const char *const *)ids.items, ids.count);
    rbk_error_set(err, RBK_ENOENT, "there is no runbook %s", id);
    if (near)
        rbk_error_hint(err, "did you mean %s?", near);
    else
        rbk_error_hint(err, "`runbook list` shows them all");
    rbk_strv_fini(&ids);
    return RBK_ENOENT;
}

static int load_id(struct rbk_lua *lua, const char *id, struct rbk_load_problems *problems, struct rbk_plan **out,
                   struct rbk_error *err)
{
    if (!rbk_runbook_id_ok(id))
        return not_found(lua, id, err);
    for (const char *const *dir = lua->dirs; dir && *dir; dir++) {
        char *path = rbk_asprintf("%s/%s.lua", *dir, id);
        bool found = rbk_path_exists(path);
        int rc = found ? load_file(lua, id, path, problems, out, err) : 0;
        free(path);
        if (found)
            return rc;
    }
    return not_found(lua, id, err);
}

int rbk_lua_load(struct rbk_lua *lua, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    struct rbk_error scratch;
    return load_id(lua, id, NULL, out, err ? err : &scratch);
}

int rbk_lua_load_all(struct rbk_lua *lua, const char *id, struct rbk_plan **out, rbk_problem_fn *fn, void *arg)
{
    struct rbk_load_problems problems = {0};
    struct rbk_error err = {0};
    int rc = load_id(lua, id, &problems, out, &err);
    if (rc && !problems.count) /* there is no such file, or it cannot be read */
        fn(arg, "error", &err);
    rbk_load_problems_tell(&problems, fn, arg);
    return rc;
}
