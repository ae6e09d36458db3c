/* How a case is named to people and on the command line. */
#include <base/mem.h>
#include <base/str.h>
#include <results/history.h>
#include <string.h>

/* What `suite` says beyond the module of `file`: "tests.test_cart.TestCart" of "tests/test_cart.py" is "TestCart";
 * NULL when the suite is not of that module. */
static const char *class_in_module(const char *suite, const char *file)
{
    size_t module = strlen(file) - strlen(".py");
    if (strlen(suite) < module)
        return NULL;
    for (size_t i = 0; i < module; i++)
        if (suite[i] != file[i] && !(suite[i] == '.' && file[i] == '/'))
            return NULL;
    if (!suite[module])
        return suite + module;
    return suite[module] == '.' ? suite + module + 1 : NULL;
}

/* pytest's node id: tests/test_cart.py::TestCart::test_total[3] (https://docs.pytest.org/en/stable/how-to/usage.html)
 */
static char *node_id(const char *file, const char *classes, const char *name)
{
    struct rbk_buf id = {0};
    rbk_buf_puts(&id, file);
    rbk_buf_puts(&id, "::");
    for (const char *p = classes; *p; p++) {
        if (*p == '.')
            rbk_buf_puts(&id, "::");
        else
            rbk_buf_putc(&id, *p);
    }
    if (*classes)
        rbk_buf_puts(&id, "::");
    rbk_buf_puts(&id, name);
    return rbk_buf_take(&id);
}

char *rbk_case_id(const char *suite, const char *name, const char *file)
{
    const char *classes = rbk_ends_with(file, ".py") ? class_in_module(suite, file) : NULL;
    if (classes)
        return node_id(file, classes, name);
    return rbk_asprintf("%s%s%s%s%s", file, *file ? " > " : "", suite, *suite ? " > " : "", name);
}
