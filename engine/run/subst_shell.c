/* `$name` in a shell string: the shell replaces it, so its value must be in the environment. The scan knows no quoting,
 * since a nested `sh -c '... $name'` reads it as well; a name too many in the environment does no harm. */
#include <base/mem.h>
#include <run/subst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORT_MAX = 64 * 1024 };

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Adds the name that starts at `at`, if one does; returns the bytes to go on after. */
static size_t name_add(const char *at, struct rbk_strv *out)
{
    size_t len = 0;
    while (is_name(at[len]))
        len++;
    char *name = rbk_strndup(at, len);
    if (rbk_name_ok(name) && !rbk_strv_has(out, name))
        rbk_strv_take(out, name);
    else
        free(name);
    return len;
}

/* $((count + 1)) reads count without a dollar. */
static const char *arithmetic_names(const char *at, struct rbk_strv *out)
{
    int depth = 2;
    while (*at && depth > 0) {
        size_t len = is_name(*at) ? name_add(at, out) : 0;
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        at += len ? len : 1;
    }
    return at;
}

void rbk_subst_shell_names(const char *text, struct rbk_strv *out)
{
    for (const char *at = strchr(text, '$'); at; at = strchr(at, '$')) {
        at++;
        if (strncmp(at, "((", 2) == 0) {
            at = arithmetic_names(at + 2, out);
            continue;
        }
        if (*at == '{')
            at += at[1] == '#' ? 2 : 1;
        at += name_add(at, out);
    }
}

static const char *unit_suffix(enum rbk_unit unit)
{
    static const char *const suffixes[] = {[RBK_UNIT_NONE] = "",
                                           [RBK_UNIT_SECONDS] = "_seconds",
                                           [RBK_UNIT_BYTES] = "_bytes",
                                           [RBK_UNIT_RATIO] = "_ratio"};
    return suffixes[unit];
}

static void env_add(struct rbk_strv *env, const char *name, const char *suffix, const char *text)
{
    char *entry = rbk_asprintf("%s%s=%s", name, suffix, text);
    if (rbk_strv_has(env, entry))
        free(entry);
    else
        rbk_strv_take(env, entry);
}

static int value_export(const char *name, const rbk_value *v, struct rbk_strv *env, struct rbk_error *err)
{
    char *text = rbk_value_text(v);
    if (strlen(text) > EXPORT_MAX) {
        rbk_error_set(err, RBK_EINVAL, "`$%s` is %zu bytes long; a shell string takes 64 KiB at most", name,
                      strlen(text));
        rbk_error_hint(err, "use a function, and write the value to a file: ctx:get(\"%s\")", name);
        free(text);
        return RBK_EINVAL;
    }
    env_add(env, name, "", text);
    free(text);
    if (rbk_value_unit(v) != RBK_UNIT_NONE) {
        char number[40];
        snprintf(number, sizeof number, "%.15g", rbk_value_number(v));
        env_add(env, name, unit_suffix(rbk_value_unit(v)), number);
    }
    return 0;
}

/* `$since_seconds` alone reads `since`. */
static const rbk_value *companion(const char *name, rbk_lookup_fn *lookup, void *arg, char *base, size_t size)
{
    for (enum rbk_unit unit = RBK_UNIT_SECONDS; unit <= RBK_UNIT_RATIO; unit++) {
        const char *suffix = unit_suffix(unit);
        if (!rbk_ends_with(name, suffix) || strlen(name) - strlen(suffix) >= size)
            continue;
        snprintf(base, size, "%.*s", (int)(strlen(name) - strlen(suffix)), name);
        const rbk_value *v = lookup(arg, base);
        return rbk_value_unit(v) == unit ? v : NULL;
    }
    return NULL;
}

int rbk_subst_export(const char *text, rbk_lookup_fn *lookup, void *arg, struct rbk_strv *env, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    int rc = 0;
    rbk_subst_shell_names(text, &names);
    for (size_t i = 0; i < names.count && rc == 0; i++) {
        char base[65];
        const char *name = names.items[i];
        const rbk_value *v = lookup(arg, name);
        if (!v && (v = companion(name, lookup, arg, base, sizeof base)))
            name = base;
        if (rbk_value_type(v) != RBK_NULL && rbk_value_type(v) != RBK_NO_DATA)
            rc = value_export(name, v, env, err);
    }
    rbk_strv_fini(&names);
    return rc;
}
