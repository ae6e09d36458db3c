/* An event from the command line: `EVENT member=value ...`, for explain and preview. */
#include <cli/notify_commands.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define X(name, status, what) name,
    RBK_NOTIFY_EVENTS(X)
#undef X
};
static const char *const statuses[] = {
#define X(name, status, what) status,
    RBK_NOTIFY_EVENTS(X)
#undef X
};
enum { NAMES = sizeof names / sizeof names[0] };

static int check_name(const char *name, struct rbk_error *err)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(names[i], name) == 0)
            return 0;
    const char *meant = rbk_did_you_mean(name, names, NAMES);
    rbk_error_set(err, RBK_EINVAL, "no event is called \"%.64s\"", name);
    if (meant)
        return rbk_error_hint(err, "did you mean %s?", meant);
    struct rbk_buf all = {0};
    for (size_t i = 0; i < NAMES; i++)
        rbk_buf_printf(&all, " %s", names[i]);
    rbk_error_hint(err, "there are:%s", all.data);
    rbk_buf_fini(&all);
    return RBK_EINVAL;
}

/* Numbers are numbers: attempt=1. */
static rbk_value *value_of(const char *text)
{
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    return *text && !*end ? rbk_int_new(number) : rbk_string_new(text);
}

static int read_members(const struct rbk_args *args, size_t first, rbk_value *event, struct rbk_error *err)
{
    for (size_t i = first; i < args->rest.count; i++) {
        const char *word = args->rest.items[i], *equals = strchr(word, '=');
        if (!equals || equals == word) {
            rbk_error_set(err, RBK_EINVAL, "\"%.64s\" is no member of an event", word);
            return rbk_error_hint(err, "members are written name=value: runbook=daily/x priority=high");
        }
        char *name = rbk_strndup(word, (size_t)(equals - word));
        rbk_map_set(event, name, value_of(equals + 1));
        free(name);
    }
    return 0;
}

static void set_if_absent(rbk_value *event, const char *name, char *text)
{
    if (!rbk_map_get(event, name))
        rbk_map_set_string(event, name, text);
    free(text);
}

static const char *status_of(const char *name)
{
    size_t i = 0;
    while (strcmp(names[i], name) != 0)
        i++;
    return statuses[i];
}

/* What the event is about, as whoever publishes it says it. */
static char *key_of(const char *name, const rbk_value *event)
{
    const char *runbook = rbk_map_get_string(event, "runbook"), *step = rbk_map_get_string(event, "step");
    const char *expr = rbk_map_get_string(event, "expr");
    if (!runbook)
        return rbk_asprintf("%s:example", name);
    if (rbk_starts_with(name, "check.") && step && expr)
        return rbk_asprintf("check:%s/%s/%s", runbook, step, expr);
    if (rbk_starts_with(name, "step.") && step)
        return rbk_asprintf("step:%s/%s", runbook, step);
    if (rbk_starts_with(name, "budget."))
        return rbk_asprintf("budget:%s%s%s", runbook, step ? "/" : "", step ? step : "");
    return rbk_asprintf("%s:%s", rbk_starts_with(name, "incident.") ? "incident" : "run", runbook);
}

int rbk_notify_event_read(const struct rbk_args *args, size_t first, rbk_value **out, struct rbk_error *err)
{
    const char *name = args->rest.count > first ? args->rest.items[first] : "run.failed";
    rbk_value *event = rbk_map_new();
    int rc = check_name(name, err);
    if (rc == 0)
        rc = read_members(args, first + 1, event, err);
    if (rc < 0) {
        rbk_value_free(event);
        return rc;
    }
    const char *runbook = rbk_map_get_string(event, "runbook");
    rbk_map_set_string(event, "event", name);
    set_if_absent(event, "status", rbk_strdup(status_of(name)));
    set_if_absent(event, "key", key_of(name, event));
    set_if_absent(event, "title", runbook ? rbk_asprintf("%s: %s", name, runbook) : rbk_strdup(name));
    *out = event;
    return 0;
}
