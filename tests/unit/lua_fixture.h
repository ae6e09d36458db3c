/* A host for tests: default configuration, small bounds. `stress` runs the collector at every allocation. */
#ifndef LUA_FIXTURE_H
#define LUA_FIXTURE_H

#include <base/buf.h>
#include <base/fs.h>
#include <lua/host.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct host {
    struct rbk_config *config;
    struct rbk_lua *lua;
    const char *dirs[3];
};

static inline void host_open(struct host *h, bool stress, const char *dir, const char *second_dir)
{
    struct rbk_error err = {0};
    *h = (struct host){.dirs = {dir, second_dir, NULL}};
    if (rbk_config_parse("runbook.yaml", "project: test\n", strlen("project: test\n"), &h->config, &err) != 0)
        fail_msg("%s", err.message);
    struct rbk_lua_options options = {.config = h->config,
                                      .runbook_dirs = h->dirs,
                                      .memory_max = 64 << 20,
                                      .load_ms = 1000,
                                      .call_ms = 200,
                                      .stress_gc = stress};
    if (rbk_lua_new(&options, &h->lua, &err) != 0)
        fail_msg("%s", err.message);
}

static inline void host_close(struct host *h)
{
    rbk_lua_free(h->lua);
    rbk_config_free(h->config);
}

/* Loads a text that must load. */
static inline struct rbk_plan *host_load(struct host *h, const char *text)
{
    struct rbk_error err = {0};
    struct rbk_plan *plan = NULL;
    char message[sizeof err];
    if (rbk_lua_load_text(h->lua, "test/case", "case.lua", text, strlen(text), &plan, &err) != 0) {
        rbk_error_format(&err, message, sizeof message);
        fail_msg("%s", message);
    }
    return plan;
}

/* Loads a text that must not load, and checks the whole message. */
static inline void host_refuses(struct host *h, const char *text, const char *expected)
{
    struct rbk_error err = {0};
    struct rbk_plan *plan = NULL;
    char message[sizeof err] = "it was loaded";
    if (rbk_lua_load_text(h->lua, "test/case", "case.lua", text, strlen(text), &plan, &err) != 0)
        rbk_error_format(&err, message, sizeof message);
    rbk_plan_free(plan);
    assert_string_equal(message, expected);
}

#endif
