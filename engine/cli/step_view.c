/* Layout: number in 2 columns, state in 5, title, time at the right edge; everything else indented by 10. */
#include <cli/step_view.h>

#include <base/mem.h>
#include <base/str.h>
#include <cli/script_text.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/log.h>
#include <string.h>

enum { INDENT = 10, TAIL_LINES = 12, USUAL_MIN_MS = 1000, WHOLE = 65536 };

static const struct {
    const char *word;
    enum rbk_tint tint;
} looks[] = {
    [RBK_STEP_PENDING] = {"", RBK_DIM},       [RBK_STEP_RUNNING] = {"run", RBK_BLUE},
    [RBK_STEP_SUCCEEDED] = {"ok", RBK_GREEN}, [RBK_STEP_FAILED] = {"FAIL", RBK_RED},
    [RBK_STEP_SKIPPED] = {"skip", RBK_DIM},   [RBK_STEP_WAITING] = {"wait", RBK_YELLOW},
    [RBK_STEP_IN_DOUBT] = {"doubt", RBK_RED}, [RBK_STEP_CANCELLED] = {"stop", RBK_YELLOW},
    [RBK_STEP_TIMED_OUT] = {"late", RBK_RED}, [RBK_STEP_UNDONE] = {"undo", RBK_YELLOW},
};

const char *rbk_step_word(enum rbk_step_state state)
{
    return looks[state].word;
}

enum rbk_tint rbk_step_tint(enum rbk_step_state state)
{
    return looks[state].tint;
}

/* What stands at the right edge: the time it took, or why it was skipped. Heap. */
static char *right_text(const struct rbk_step_view *v)
{
    char took[RBK_TIME_SIZE], usual[RBK_TIME_SIZE];
    if (v->state == RBK_STEP_SKIPPED)
        return rbk_strndup(v->detail ? v->detail : "", v->detail ? strcspn(v->detail, "\n") : 0);
    if (v->duration_ms < 0 || v->state == RBK_STEP_WAITING || v->state == RBK_STEP_RUNNING)
        return rbk_strdup("");
    rbk_duration_format(v->duration_ms, took);
    if (v->usual_ms < USUAL_MIN_MS)
        return rbk_strdup(took);
    rbk_duration_format(v->usual_ms, usual);
    return rbk_asprintf("%s  usually %s", took, usual);
}

/* The column at which times end: not so far right on a wide terminal that the eye loses the line. */
static size_t right_edge(const struct rbk_style *style)
{
    size_t columns = (size_t)style->columns;
    if (columns < 80)
        return columns - 1;
    return columns < 120 ? columns - 5 : 115;
}

/* What a title may take before it is cut. A pipe has no edge, and a log is searched for the whole title. */
static size_t title_room(const struct rbk_style *style, size_t used, size_t right)
{
    enum { LEAST = 16 };
    size_t taken = used + right + 2, edge = right_edge(style);
    if (!style->terminal)
        return WHOLE;
    return edge > taken + LEAST ? edge - taken : LEAST;
}

static void put_right(struct rbk_buf *out, const struct rbk_style *style, enum rbk_tint tint, const char *right,
                      size_t used)
{
    struct rbk_buf safe = {0};
    size_t width = rbk_style_fit(&safe, right, WHOLE), edge = right_edge(style);
    rbk_style_pad(out, used, edge > width + used + 1 ? edge - width : used + 2);
    rbk_style_put(style, out, tint, safe.data);
    rbk_buf_fini(&safe);
}

/* A reason is a sentence: where it does not fit beside its title it goes below. */
void rbk_step_view_line(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_step_view *v,
                        const char *number)
{
    char word[8], *right = right_text(v);
    char *title = v->item ? rbk_asprintf("%s: %s", v->node->title, v->item) : rbk_strdup(v->node->title);
    bool skipped = v->state == RBK_STEP_SKIPPED;
    number = number ? number : v->number;
    snprintf(word, sizeof word, "%-5s", looks[v->state].word);
    size_t used = (size_t)(2 * v->depth) + (strlen(number) < 2 ? 2 : strlen(number)) + 2 + 5 + 1;
    size_t width = rbk_display_width(right, strlen(right));
    size_t whole = used + rbk_display_width(title, strlen(title)) + 2 + width;
    bool below = skipped && style->terminal && whole > right_edge(style);
    rbk_buf_printf(out, "%*s%2s  ", 2 * v->depth, "", number);
    rbk_style_put(style, out, looks[v->state].tint, word);
    rbk_buf_putc(out, ' ');
    used += rbk_style_fit(out, title, title_room(style, used, below ? 0 : width));
    if (right[0] && !below)
        put_right(out, style, skipped ? RBK_DIM : RBK_PLAIN, right, used);
    rbk_buf_putc(out, '\n');
    if (below)
        rbk_step_view_text(out, style, RBK_DIM, right);
    free(title);
    free(right);
}

void rbk_step_view_text(struct rbk_buf *out, const struct rbk_style *style, enum rbk_tint tint, const char *text)
{
    struct rbk_buf line = {0};
    rbk_buf_printf(out, "%*s", INDENT, "");
    rbk_style_wrap(style, &line, text, INDENT);
    rbk_style_put(style, out, tint, line.data ? line.data : "");
    rbk_buf_putc(out, '\n');
    rbk_buf_fini(&line);
}

/* Something to be pasted: on a narrow terminal it breaks, it is never cut. */
static void put_whole(struct rbk_buf *out, const char *label, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        char *line = rbk_strndup(text, len);
        rbk_buf_printf(out, "%*s%-8s ", INDENT, "", label);
        rbk_style_fit(out, line, WHOLE);
        rbk_buf_putc(out, '\n');
        free(line);
        label = "";
        text += len + (text[len] == '\n');
    }
}

static void put_lines(struct rbk_buf *out, const struct rbk_style *style, enum rbk_tint tint, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        char *line = rbk_strndup(text, len);
        rbk_step_view_text(out, style, tint, line);
        free(line);
        text += len + (text[len] == '\n');
    }
}

static void put_check(struct rbk_buf *out, const struct rbk_style *style, const rbk_value *check)
{
    const char *result = rbk_map_get_string(check, "result"), *expr = rbk_map_get_string(check, "expr");
    const char *text = rbk_map_get_string(check, "text");
    const char *measured = text ? text : "";
    if (!result || !expr)
        return;
    bool met = strcmp(result, "met") == 0;
    char *word = rbk_asprintf("%-8s", strcmp(result, "not-met") == 0 ? "NOT MET" : result);
    rbk_buf_printf(out, "%*s", INDENT, "");
    rbk_style_put(style, out, met ? RBK_GREEN : strcmp(result, "unknown") == 0 ? RBK_YELLOW : RBK_RED, word);
    rbk_buf_putc(out, ' ');
    size_t used = rbk_style_fit(out, expr, WHOLE);
    rbk_style_pad(out, used, used < 27 ? 27 : used + 2);
    rbk_style_fit(out, measured, WHOLE);
    rbk_buf_putc(out, '\n');
    free(word);
}

struct tail {
    struct rbk_buf *out;
    const struct rbk_style *style;
};

static int put_tail_line(void *arg, int64_t wall_ms, int stream, const char *line, size_t len)
{
    struct tail *t = arg;
    (void)wall_ms, (void)stream;
    char *text = rbk_asprintf("| %.*s", (int)len, line);
    struct rbk_buf cut = {0}; /* the log has all of it */
    rbk_style_fit(&cut, text, t->style->terminal ? (size_t)t->style->columns - INDENT : 4096);
    rbk_buf_printf(t->out, "%*s", INDENT, "");
    rbk_style_put(t->style, t->out, RBK_DIM, cut.data);
    rbk_buf_putc(t->out, '\n');
    rbk_buf_fini(&cut);
    free(text);
    return 0;
}

/* The end of its output, the command to paste, where all of it is. */
static void put_failure(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_step_view *v)
{
    struct tail tail = {out, style};
    if (v->error)
        put_lines(out, style, RBK_RED, v->error);
    if (v->log)
        rbk_log_tail(v->log, TAIL_LINES, put_tail_line, &tail, NULL);
    char *command = v->command ? rbk_script_text(v->command) : NULL;
    put_whole(out, "command", command);
    free(command);
    put_whole(out, "log", v->log);
}

void rbk_step_view_block(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_step_view *v,
                         const char *number)
{
    rbk_step_view_line(out, style, v, number);
    if (v->state != RBK_STEP_SKIPPED)
        put_lines(out, style, RBK_PLAIN, v->detail);
    for (size_t i = 0; i < rbk_value_length(v->checks); i++)
        put_check(out, style, rbk_list_at(v->checks, i));
    if (v->state == RBK_STEP_FAILED || v->state == RBK_STEP_TIMED_OUT)
        put_failure(out, style, v);
    else if (v->error)
        put_lines(out, style, RBK_YELLOW, v->error);
}
