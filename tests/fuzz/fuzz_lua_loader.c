/* The loader on arbitrary text, under small bounds: it loads or says why, within its time and memory, and what it loads
 * can be shown and hashed. The string functions that no hook can stop are taken away: ending the process is what the
 * watchdog is there for, but a fuzzer would call it a crash. */
#include <lua/host.h>
#include <lua/state.h>
#include <run/plan.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int remove_patterns(lua_State *L)
{
    static const char *const names[] = {"find", "gmatch", "gsub", "match", "rep"};
    lua_getglobal(L, "string");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, names[i]);
    }
    return 0;
}

static struct rbk_config *default_config(void)
{
    static const char yaml[] = "project: fuzz\n";
    struct rbk_config *config = NULL;
    if (rbk_config_parse("runbook.yaml", yaml, sizeof yaml - 1, &config, NULL) != 0)
        abort();
    return config;
}

static void use_plan(struct rbk_plan *plan)
{
    char hash[17];
    rbk_value *shown = rbk_plan_to_value(plan);
    rbk_value_free(shown);
    for (size_t i = 0; i < plan->node_count; i++)
        rbk_node_hash(plan->nodes[i], hash);
    rbk_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const no_dirs[] = {NULL};
    struct rbk_config *config = default_config();
    struct rbk_lua_options options = {
        .config = config, .runbook_dirs = no_dirs, .memory_max = 8 << 20, .load_ms = 50, .stress_gc = size % 4 == 0};
    struct rbk_lua *lua = NULL;
    struct rbk_plan *plan = NULL;
    struct rbk_error err = {0};
    if (rbk_lua_new(&options, &lua, &err) != 0 || rbk_lua_protected(lua, remove_patterns, NULL, &err) != 0)
        abort();
    if (rbk_lua_load_text(lua, "fuzz/case", "case.lua", (const char *)data, size, &plan, &err) == 0)
        use_plan(plan);
    else if (err.code == 0 || err.message[0] == '\0')
        abort();
    rbk_lua_free(lua);
    rbk_config_free(config);
    return 0;
}
