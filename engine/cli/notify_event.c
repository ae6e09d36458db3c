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

/* What an event may have that one word can say: the texts, then the numbers. `expr` is a check's, for its key. */
static const char *const members[] = {"key",   "status",  "priority", "title",     "text",       "project",
                                      "host",  "runbook", "run",      "run_short", "step",       "state",
                                      "error", "output",  "command",  "log",       "to",         "url",
                                      "expr",  "number",  "attempt",  "attempts",  "duration_ms"};
enum { MEMBERS = sizeof members / sizeof members[0], NUMBERS = 4 };
static const char *const priorities[] = {
#define X(name) name,
    RBK_NOTIFY_PRIORITIES(X)
#undef X
};
static const char *const states[] = {"firing", "resolved", "info"};

static size_t find_in(const char *const *list, size_t count, const char *word)
{
    size_t i = 0;
    while (i < count && strcmp(list[i], word) != 0)
        i++;
    return i;
}

static int refuse_word(const char *what, const char *word, const char *const *list, size_t count, struct rbk_error *err)
{
    const char *meant = rbk_did_you_mean(word, list, count);
    struct rbk_buf all = {0};
    for (size_t i = 0; i < count; i++)
        rbk_buf_printf(&all, " %s", list[i]);
    rbk_error_set(err, RBK_EINVAL, "no %s is called \"%.64s\"", what, word);
    rbk_error_hint(err, meant ? "did you mean %s?" : "there are:%s", meant ? meant : all.data);
    rbk_buf_fini(&all);
    return RBK_EINVAL;
}

/* Takes the value of one member. */
static int put_member(rbk_value *event, const char *name, const char *text, struct rbk_error *err)
{
    size_t at = find_in(members, MEMBERS, name);
    char *end = NULL;
    if (at == MEMBERS)
        return refuse_word("member of an event", name, members, MEMBERS, err);
    if (strcmp(name, "priority") == 0 && find_in(priorities, 4, text) == 4)
        return refuse_word("priority", text, priorities, 4, err);
    if (strcmp(name, "status") == 0 && find_in(states, 3, text) == 3)
        return refuse_word("status", text, states, 3, err);
    if (at < MEMBERS - NUMBERS) {
        rbk_map_set_string(event, name, text);
        return 0;
    }
    rbk_map_set_int(event, name, strtoll(text, &end, 10));
    return *text && !*end ? 0 : rbk_error_set(err, RBK_EINVAL, "%s=%.64s is no number", name, text);
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
        int rc = put_member(event, name, equals + 1, err);
        free(name);
        if (rc < 0)
            return rc;
    }
    const char *priority = rbk_args_get(args, "priority");
    return priority ? put_member(event, "priority", priority, err) : 0;
}

static void set_if_absent(rbk_value *event, const char *name, char *text)
{
    if (!rbk_map_get(event, name))
        rbk_map_set_string(event, name, text);
    free(text);
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
    size_t at = find_in(names, NAMES, name);
    int rc = at == NAMES ? refuse_word("event", name, names, NAMES, err) : 0;
    if (rc == 0)
        rc = read_members(args, first + 1, event, err);
    if (rc < 0 || at == NAMES) {
        rbk_value_free(event);
        return rc;
    }
    const char *runbook = rbk_map_get_string(event, "runbook");
    rbk_map_set_string(event, "event", name);
    set_if_absent(event, "status", rbk_strdup(statuses[at]));
    set_if_absent(event, "key", key_of(name, event));
    set_if_absent(event, "title", runbook ? rbk_asprintf("%s: %s", name, runbook) : rbk_strdup(name));
    *out = event;
    return 0;
}
