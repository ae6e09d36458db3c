/* The Lua host: one Lua 5.4 state that loads runbooks into plans and performs their functions and actions.
 *
 * Text chunks only; no debug, io.popen, os.execute, os.exit, loadfile or dofile; memory is capped per state and raises;
 * a watchdog stops endless loops by a count hook, and ends the process where a hook cannot (a C function such as
 * string.find; lua/watchdog.h). stdlib modules are embedded and loaded on first use of their name. */
#ifndef RBK_LUA_HOST_H
#define RBK_LUA_HOST_H

#include <config/config.h>
#include <run/script.h>

struct rbk_lua;

struct rbk_lua_options {
    const struct rbk_config *config; /* borrowed; never NULL */
    const char *const *runbook_dirs; /* NULL-terminated, first wins: project, user, installed */
    size_t memory_max;               /* bytes; 0 = 256 MiB */
    int64_t load_ms;                 /* processor time for loading one file; 0 = 5000 */
    int64_t call_ms;                 /* processor time of a function between two waits; 0 = 10000 */
    bool stress_gc;                  /* for tests: the collector runs at every allocation */
};
int rbk_lua_new(const struct rbk_lua_options *options, struct rbk_lua **out, struct rbk_error *err);
void rbk_lua_free(struct rbk_lua *lua);

/* What the step machine calls: pass it with the rbk_lua as host. */
extern const struct rbk_script_ops rbk_lua_script_ops;

/* Loads one runbook by id (searching runbook_dirs) or from a given file. The plan is validated. Errors are file:line.
 */
int rbk_lua_load(struct rbk_lua *lua, const char *id, struct rbk_plan **out, struct rbk_error *err);
/* The same for whoever wants to know all that is wrong, as far as the file can be read: told in its order. 0: nothing,
 * and the rules of the plan, which rbk_lua_load asks too, are still to be asked (rbk_plan_check). */
int rbk_lua_load_all(struct rbk_lua *lua, const char *id, struct rbk_plan **out, rbk_problem_fn *fn, void *arg);
int rbk_lua_load_file(struct rbk_lua *lua, const char *id, const char *path, struct rbk_plan **out,
                      struct rbk_error *err);
/* Loads from memory; for tests and fuzzing. */
int rbk_lua_load_text(struct rbk_lua *lua, const char *id, const char *name, const char *text, size_t len,
                      struct rbk_plan **out, struct rbk_error *err);

/* Runbook files without running them: every *.lua below the dirs whose path is an id, sorted; `shadows` is the path of
 * the next one that this one hides, or NULL. */
typedef int rbk_runbook_file_fn(void *arg, const char *id, const char *path, const char *shadows);
int rbk_runbook_files(const char *const *dirs, rbk_runbook_file_fn *fn, void *arg, struct rbk_error *err);
/* Likewise, the Lua files there that are not found because their path cannot be the id of a runbook. */
int rbk_runbook_files_misnamed(const char *const *dirs, rbk_runbook_file_fn *fn, void *arg, struct rbk_error *err);

#endif
