/* Puts itself before rbk_lua_new (linker option --wrap): in the program of this name the collector runs at every
 * allocation that a script makes, and everything else is as it is. It takes longer, so the watchdog waits longer. */
#include <lua/host.h>

int __real_rbk_lua_new(const struct rbk_lua_options *options, struct rbk_lua **out, struct rbk_error *err);
int __wrap_rbk_lua_new(const struct rbk_lua_options *options, struct rbk_lua **out, struct rbk_error *err);

int __wrap_rbk_lua_new(const struct rbk_lua_options *options, struct rbk_lua **out, struct rbk_error *err)
{
    struct rbk_lua_options stressed = *options;
    stressed.stress_gc = true;
    stressed.load_ms = 60000;
    stressed.call_ms = 60000;
    return __real_rbk_lua_new(&stressed, out, err);
}
