/* The module is looked for beside the program only, never along a search path: in the build folder when the program is
 * run from there, else where it was installed, found from the place of the program so that an installation can be
 * moved. */
#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <dlfcn.h>
#include <net/load.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE_NAME "librunbook-net.so"

/* "../lib/runbook" from the folder of the program: each step up takes a name off its path. */
static char *installed_path(char *exe)
{
    const char *rest = RUNBOOK_MODULES_FROM_BIN;
    char *slash = strrchr(exe, '/');
    while (slash && rbk_starts_with(rest, "../")) {
        *slash = '\0';
        slash = strrchr(exe, '/');
        rest += strlen("../");
    }
    if (!slash)
        return NULL;
    *slash = '\0';
    return rbk_asprintf("%s/%s/" MODULE_NAME, exe, rest);
}

static char *module_path(void)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    if (rbk_starts_with(exe, RUNBOOK_BINARY_DIR "/"))
        return rbk_strdup(RUNBOOK_BINARY_DIR "/" MODULE_NAME);
    char *path = installed_path(exe);
    if (path && rbk_path_exists(path))
        return path;
    free(path);
    return rbk_strdup(RUNBOOK_MODULES_DIR "/" MODULE_NAME);
}

static int load_failed(const char *path, struct rbk_error *err)
{
    const char *why = dlerror();
    if (!rbk_path_exists(path)) {
        rbk_error_set(err, RBK_ENOENT, "nothing can be sent: the module %s is not installed", path);
        return rbk_error_hint(err, "install it with `cmake --install`, or the package that the program came from");
    }
    rbk_error_set(err, RBK_ENOENT, "nothing can be sent: the module does not load: %s", why ? why : "no reason given");
    return rbk_error_hint(err, "it needs libcurl with GnuTLS: apt install libcurl3-gnutls");
}

int rbk_net_load(const struct rbk_net_module **out, struct rbk_error *err)
{
    char *path = module_path();
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    /* POSIX has dlsym give a function as an object pointer; the union says so without a cast. */
    union {
        void *object;
        rbk_net_module_fn *fn;
    } entry = {.object = handle ? dlsym(handle, RBK_NET_SYMBOL) : NULL};
    int rc = 0;
    if (!entry.object) {
        rc = load_failed(path, err);
    } else if (entry.fn()->abi != RBK_NET_ABI) {
        rbk_error_set(err, RBK_ENOENT, "nothing can be sent: %s belongs to another version of the program", path);
        rc = rbk_error_hint(err, "install the program and its module together");
    } else {
        *out = entry.fn();
    }
    free(path);
    return rc;
}
