/* What to do next depends on the state alone, so that a run says the same while it ends and a week later. */
#include <cli/next_lines.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 16, WHOLE = 65536, STILL_FAILING_SHOWN = 10 };

void rbk_next_label(struct rbk_buf *out, const char *label, const char *text)
{
    rbk_buf_puts(out, label);
    rbk_style_pad(out, strlen(label), LABEL);
    rbk_style_fit(out, text, WHOLE);
    rbk_buf_putc(out, '\n');
}

/* Commands as they are typed; behind some REMARK says when. */
#define REMARK "   # "

static void add_joined(struct rbk_strv *out, const char *const *parts)
{
    struct rbk_buf text = {0};
    for (; *parts; parts++)
        rbk_buf_puts(&text, *parts);
    rbk_strv_take(out, rbk_buf_take(&text));
}

/* A step that fails waits for this: no formats. */
static void add_failed(struct rbk_strv *out, const struct rbk_next *n)
{
    static const char mended[] = REMARK "once it is mended";
    add_joined(out, (const char *const[]){"runbook logs ", n->run, n->step ? " " : NULL, n->step, NULL});
    if (n->step)
        add_joined(out, (const char *const[]){"runbook retry ", n->run, " ", n->step, mended, NULL});
}

/* A cancelled run has ended: it goes on from the step that was stopped, by `retry`. */
static void add_cancelled(struct rbk_strv *out, const struct rbk_next *n)
{
    if (n->step)
        rbk_strv_take(out, rbk_asprintf("runbook retry %s %s" REMARK "goes on from there", n->run, n->step));
    else
        rbk_strv_take(out, rbk_asprintf("runbook status %s", n->run));
}

/* What may be answered: "share: How much? (percent: 10% 50%), default 10%". An unknown fact has nothing to say. */
static void put_wanted(struct rbk_buf *out, const char *name, const rbk_value *wanted)
{
    struct rbk_buf line = {0};
    const char *type = rbk_map_get_string(wanted, "type"), *help = rbk_map_get_string(wanted, "help");
    const rbk_value *choices = rbk_map_get(wanted, "choices"), *usual = rbk_map_get(wanted, "default");
    if (type && strcmp(type, "fact") == 0)
        return;
    rbk_buf_printf(&line, "%s: %s%s(%s", name, help ? help : "", help && *help ? " " : "", type ? type : "string");
    for (size_t i = 0; i < rbk_value_length(choices); i++) {
        char *choice = rbk_value_text(rbk_list_at(choices, i));
        rbk_buf_printf(&line, "%s%s", i ? " " : ": ", choice);
        free(choice);
    }
    rbk_buf_putc(&line, ')');
    if (usual && rbk_value_type(usual) != RBK_NULL) {
        char *text = rbk_value_text(usual);
        rbk_buf_printf(&line, ", default %s", text);
        free(text);
    }
    rbk_next_label(out, "", line.data);
    rbk_buf_fini(&line);
}

static void put_questions(struct rbk_buf *out, const rbk_value *waiting)
{
    for (size_t i = 0; i < rbk_value_length(waiting); i++) {
        const rbk_value *w = rbk_list_at(waiting, i);
        const char *step = rbk_map_get_string(w, "step"), *question = rbk_map_get_string(w, "question");
        char *text = rbk_asprintf("%s: %s", step ? step : "?", question ? question : "?");
        rbk_next_label(out, i ? "" : "waiting for", text);
        free(text);
        const rbk_value *answers = rbk_map_get(w, "answers");
        for (size_t a = 0; a < rbk_value_length(answers); a++)
            put_wanted(out, rbk_map_key_at(answers, a), rbk_map_value_at(answers, a));
    }
}

/* How one question is answered: what it wants to know stands there to be filled in. */
static char *approve_command(const char *run, const rbk_value *w, bool alone)
{
    struct rbk_buf line = {0};
    const char *step = rbk_map_get_string(w, "step");
    const rbk_value *answers = rbk_map_get(w, "answers");
    rbk_buf_printf(&line, "runbook approve %s", run);
    if (!alone && step)
        rbk_buf_printf(&line, " %s", step);
    for (size_t i = 0; i < rbk_value_length(answers); i++)
        rbk_buf_printf(&line, " --answer %s=VALUE", rbk_map_key_at(answers, i));
    char *out = rbk_strdup(line.data);
    rbk_buf_fini(&line);
    return out;
}

static void add_waiting(struct rbk_strv *out, const struct rbk_next *n)
{
    size_t count = rbk_value_length(n->waiting);
    for (size_t i = 0; i < count; i++)
        rbk_strv_take(out, approve_command(n->run, rbk_list_at(n->waiting, i), count == 1));
    rbk_strv_take(out, rbk_asprintf("runbook resume %s", n->run));
}

const char *rbk_next_still_failing(struct rbk_buf *out, const rbk_value *facts)
{
    const rbk_value *failing = rbk_map_get(facts, "failing");
    size_t count = rbk_value_type(failing) == RBK_LIST ? rbk_value_length(failing) : 0;
    for (size_t i = 0; i < count && i < STILL_FAILING_SHOWN; i++) {
        const char *name = rbk_value_string(rbk_list_at(failing, i));
        rbk_next_label(out, i ? "" : "still failing", name ? name : "?");
    }
    if (count > STILL_FAILING_SHOWN) {
        char *more = rbk_asprintf("and %zu more: runbook tests failing", count - STILL_FAILING_SHOWN);
        rbk_next_label(out, "", more);
        free(more);
    }
    return count ? rbk_value_string(rbk_list_at(failing, 0)) : NULL;
}

static void add_commands(struct rbk_strv *out, const struct rbk_next *n)
{
    if (n->failing_case) {
        struct rbk_buf quoted = {0};
        rbk_shell_quote(&quoted, n->failing_case);
        rbk_strv_take(out, rbk_asprintf("runbook tests show %s", quoted.data));
        rbk_buf_fini(&quoted);
    }
    switch (n->state) {
    case RBK_RUN_WAITING:
        add_waiting(out, n);
        break;
    case RBK_RUN_FAILED:
    case RBK_RUN_TIMED_OUT:
        add_failed(out, n);
        break;
    case RBK_RUN_CANCELLED:
        add_cancelled(out, n);
        break;
    case RBK_RUN_INTERRUPTED:
        rbk_strv_take(out, rbk_asprintf("runbook resume %s", n->run));
        break;
    case RBK_RUN_RUNNING:
    case RBK_RUN_SUCCEEDED:
        break;
    }
}

void rbk_next_lines(struct rbk_buf *out, const struct rbk_next *n)
{
    struct rbk_strv commands = {0};
    put_questions(out, n->waiting);
    add_commands(&commands, n);
    for (size_t i = 0; i < commands.count; i++)
        rbk_next_label(out, i ? "" : "next", commands.items[i]);
    rbk_strv_fini(&commands);
}

void rbk_next_commands(struct rbk_strv *out, const struct rbk_next *n)
{
    add_commands(out, n);
    for (size_t i = 0; i < out->count; i++) {
        char *remark = strstr(out->items[i], REMARK);
        if (remark)
            *remark = '\0';
    }
}
