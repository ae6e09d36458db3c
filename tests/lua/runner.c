/* Runs Lua tests inside the real host and the real step machine: every tests/lua/NAME_test.lua is a runbook, each of
 * its steps one test. A step passes when it succeeds; one whose note is "fails: TEXT" passes when it fails with exactly
 * that text. Test files may use what otherwise only stdlib has: `verb` and the native modules.
 *
 *     runner [--stress] FILE          --stress: the collector runs at every allocation */
#include <base/fs.h>
#include <base/mem.h>
#include <incident/incident.h>
#include <lua/ctx.h>
#include <lua/globals.h>
#include <lua/modules.h>
#include <lua/stdlib.h>
#include <metrics/metrics.h>
#include <notify/notify.h>
#include <results/history.h>
#include <run/keys.h>
#include <run/run.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/timing.h>
#include <string.h>
#include <unistd.h>

struct runner {
    char dir[32];
    struct rbk_config *config;
    struct rbk_store *store;
    struct rbk_loop *loop;
    struct rbk_lua *lua;
    struct rbk_plan *plan;
    struct rbk_run *run;
    int passed, failed;
};

static int die(const char *what, const struct rbk_error *err)
{
    char text[sizeof *err];
    rbk_error_format(err, text, sizeof text);
    fprintf(stderr, "%s: %s\n", what, text);
    return 1;
}

/* ---- what became of the steps --------------------------------------------------------------------------------------
 */

static const char *expected_failure(const struct rbk_node *node)
{
    static const char prefix[] = "fails: ";
    return node->note && rbk_starts_with(node->note, prefix) ? node->note + strlen(prefix) : NULL;
}

static void judge(struct runner *r, const struct rbk_step_view *step)
{
    const char *expected = expected_failure(step->node);
    bool fails = step->state == RBK_STEP_FAILED || step->state == RBK_STEP_TIMED_OUT;
    const char *error = step->error ? step->error : "";
    bool good = expected ? fails && strcmp(error, expected) == 0 : step->state == RBK_STEP_SUCCEEDED;
    r->passed += good;
    r->failed += !good;
    printf("%s %s\n", good ? "ok    " : "not ok", step->node->title);
    if (!good)
        printf("       %s%s%s\n       %s\n", rbk_step_state_name(step->state), error[0] ? ": " : "", error,
               expected ? expected : "");
}

static void on_step(void *self, const struct rbk_run *run, const struct rbk_step_view *step)
{
    (void)run;
    if (step->state != RBK_STEP_PENDING && step->state != RBK_STEP_RUNNING && !step->node->is_parallel)
        judge(self, step);
}

static void on_ended(void *self, const struct rbk_run *run)
{
    (void)run;
    rbk_loop_stop(((struct runner *)self)->loop);
}

/* ---- the house -----------------------------------------------------------------------------------------------------
 */

static int open_project(struct runner *r, struct rbk_error *err)
{
    static const char yaml[] = "project: test\n"
                               "levels:\n"
                               "  smoke: { runner: pytest, command: pytest -m smoke, target: 30s }\n"
                               "channels:\n"
                               "  log: { type: file, path: sent.jsonl }\n"
                               "services:\n"
                               "  db: { tcp: \"127.0.0.1:5432\" }\n";
    strcpy(r->dir, "/tmp/rbk-luat-XXXXXX");
    if (!mkdtemp(r->dir))
        return rbk_error_errno(err, RBK_ESTORE, "cannot make a folder");
    char *path = rbk_path_join(r->dir, "runbook.yaml"), *state = rbk_path_join(r->dir, ".runbook");
    const struct rbk_schema *schemas[] = {&rbk_journal_schema,
                                          &rbk_results_schema,
                                          &rbk_metrics_schema,
                                          &rbk_timing_schema,
                                          &rbk_notify_schema,
                                          &rbk_incident_schema,
                                          NULL};
    struct rbk_store_options options = {.dir = state, .schemas = schemas};
    int rc = rbk_file_write_atomic(path, yaml, strlen(yaml), 0600, err);
    if (rc == 0)
        rc = rbk_config_open(r->dir, NULL, &r->config, err);
    if (rc == 0)
        rc = rbk_store_open(&options, &r->store, err);
    free(path);
    free(state);
    return rc;
}

static void set_names(lua_State *L, const char *name, const struct rbk_strv *names)
{
    lua_newtable(L);
    for (size_t i = 0; i < names->count; i++) {
        lua_pushstring(L, names->items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, name);
}

static void set_keys(lua_State *L, const char *name, const struct rbk_key *keys)
{
    lua_newtable(L);
    for (int i = 1; keys->name; keys++, i++) {
        lua_newtable(L);
        lua_pushstring(L, keys->name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, keys->type);
        lua_setfield(L, -2, "type");
        lua_pushstring(L, keys->help);
        lua_setfield(L, -2, "help");
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, -2, name);
}

/* `live`: the words of the engine, for the test that holds the editors' stubs to them. */
static void push_live(lua_State *L)
{
    struct rbk_strv globals = {0}, members = {0}, modules = {0};
    for (const struct rbk_global *g = rbk_lazy_globals; g->name; g++)
        rbk_strv_add(&globals, g->name);
    for (const char *const *m = rbk_ctx_members; *m; m++)
        rbk_strv_add(&members, *m);
    rbk_stdlib_names(&modules);
    lua_newtable(L);
    set_names(L, "globals", &globals);
    set_names(L, "ctx", &members);
    set_names(L, "modules", &modules);
    rbk_strv_fini(&globals);
    rbk_strv_fini(&members);
    rbk_strv_fini(&modules);
    set_keys(L, "runbook", rbk_runbook_keys);
    set_keys(L, "escalate", rbk_escalate_keys);
    set_keys(L, "param", rbk_param_keys);
    set_keys(L, "step", rbk_step_keys);
    set_keys(L, "parallel", rbk_parallel_keys);
    set_keys(L, "retry", rbk_retry_keys);
    set_keys(L, "limits", rbk_limits_keys);
    set_keys(L, "ask", rbk_ask_keys);
    lua_pushstring(L, RBK_SOURCE_DIR);
    lua_setfield(L, -2, "source_dir");
}

/* Gives the test's environment what stdlib has, and `live`. */
static int add_words(lua_State *L)
{
    lua_pushglobaltable(L);
    lua_newtable(L);
    rbk_modules_open(L);
    push_live(L);
    lua_setfield(L, -2, "live");
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -5);
    }
    return 0;
}

/* Messages name the file as it lies in the repository, wherever the test was started. */
static int load_tests(struct runner *r, const char *file, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    const char *slash = strrchr(file, '/');
    char *name = rbk_path_join("tests/lua", slash ? slash + 1 : file);
    int rc = rbk_file_read(file, 1 << 20, &text, err);
    if (rc == 0)
        rc = rbk_lua_load_text(r->lua, "test/lua", name, text.data, text.len, &r->plan, err);
    rbk_buf_fini(&text);
    free(name);
    return rc;
}

static int open_host(struct runner *r, bool stress, const char *file, struct rbk_error *err)
{
    static const char *const no_dirs[] = {NULL};
    struct rbk_lua_options options = {
        .config = r->config, .runbook_dirs = no_dirs, .stress_gc = stress, .call_ms = 1000, .load_ms = 20000};
    int rc = rbk_loop_new(&r->loop, err);
    if (rc == 0)
        rc = rbk_lua_new(&options, &r->lua, err);
    if (rc == 0)
        rc = rbk_lua_protected(r->lua, add_words, NULL, err);
    return rc ? rc : load_tests(r, file, err);
}

static int run_plan(struct runner *r, struct rbk_error *err)
{
    static const struct rbk_run_observer observer = {.step = on_step, .ended = on_ended};
    rbk_value *params = NULL;
    int rc = rbk_params_bind(r->plan->params, r->plan->param_count, NULL, &params, err);
    struct rbk_run_options options = {.loop = r->loop,
                                      .store = r->store,
                                      .config = r->config,
                                      .script = &rbk_lua_script_ops,
                                      .host = r->lua,
                                      .observer = &observer,
                                      .observer_self = r,
                                      .params = params,
                                      .by = "tests"};
    if (rc == 0)
        rc = rbk_run_start(r->plan, &options, &r->run, err);
    if (rc == 0)
        rc = rbk_loop_run(r->loop, err);
    rbk_value_free(params);
    return rc;
}

static void runner_fini(struct runner *r)
{
    char command[64];
    rbk_run_free(r->run);
    rbk_plan_free(r->plan);
    rbk_lua_free(r->lua);
    if (r->loop)
        rbk_loop_free(r->loop);
    rbk_store_close(r->store);
    rbk_config_free(r->config);
    snprintf(command, sizeof command, "rm -rf %s", r->dir);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", r->dir);
}

int main(int argc, char **argv)
{
    bool stress = argc > 1 && strcmp(argv[1], "--stress") == 0;
    struct runner r = {0};
    struct rbk_error err = {0};
    if (argc < 2 + stress) {
        fprintf(stderr, "usage: runner [--stress] FILE\n");
        return 2;
    }
    const char *file = argv[1 + stress];
    setvbuf(stdout, NULL, _IOLBF, 0);
    int rc = open_project(&r, &err);
    if (rc == 0)
        rc = open_host(&r, stress, file, &err);
    if (rc == 0)
        rc = run_plan(&r, &err);
    if (rc)
        die(file, &err);
    else
        printf("%d passed, %d failed\n", r.passed, r.failed);
    bool good = rc == 0 && r.failed == 0 && r.passed > 0;
    runner_fini(&r);
    return good ? 0 : 1;
}
