/* One question stands at a time: the next is asked when it is answered, often from within the answer. */
#include <cli/gate_terminal.h>

#include <base/mem.h>
#include <cli/step_view.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct rbk_gate_terminal {
    struct rbk_cli *cli;
    struct rbk_run_view *view;
    struct rbk_watch *watch;
    const struct rbk_question *question; /* borrowed until it is answered; NULL = none stands */
    rbk_answer_fn *answer;
    void *arg;
    struct rbk_buf typed;
    rbk_value *answers; /* typed so far, for questions with several parts */
    size_t part;
};

static void gate_readable(void *arg);

struct rbk_gate_terminal *rbk_gate_terminal_new(struct rbk_cli *cli, struct rbk_run_view *view)
{
    struct rbk_gate_terminal *g = rbk_alloc(sizeof *g);
    g->cli = cli;
    g->view = view;
    return g;
}

static void say(struct rbk_gate_terminal *g, enum rbk_tint tint, const char *text)
{
    struct rbk_buf out = {0}, safe = {0};
    rbk_escape_terminal(&safe, text, strlen(text));
    rbk_style_put(&g->cli->err, &out, tint, safe.data ? safe.data : "");
    rbk_style_write(&g->cli->err, &out);
    rbk_buf_fini(&out);
    rbk_buf_fini(&safe);
}

static const struct rbk_param *current_part(const struct rbk_gate_terminal *g)
{
    const struct rbk_question *q = g->question;
    return g->part < q->ask_count ? &q->ask[g->part] : NULL;
}

static const char *choices_of(const char *kind)
{
    if (strcmp(kind, "confirm") == 0)
        return "go on? [y/N, Ctrl-D to decide later] ";
    if (strcmp(kind, "manual") == 0)
        return "done? [y = done, n = reject, Ctrl-D to decide later] ";
    if (strcmp(kind, "doubt") == 0)
        return "did it happen? [y = it was done, n = it was not, Ctrl-D to decide later] ";
    return "run this step? [y/N = skip, Ctrl-D to stop here] ";
}

static void prompt_part(struct rbk_gate_terminal *g, const struct rbk_param *p)
{
    char *dflt = p->dflt ? rbk_value_text(p->dflt) : NULL;
    char *choices = p->choices.count ? rbk_shell_join(p->choices.items) : NULL;
    char *line = rbk_asprintf("%s%s%s (%s%s%s)%s%s: ", p->name, p->help ? ": " : "", p->help ? p->help : "",
                              rbk_param_type_name(p->type), choices ? ": " : "", choices ? choices : "",
                              dflt ? " default " : "", dflt ? dflt : "");
    say(g, RBK_BOLD, line);
    free(line);
    free(dflt);
    free(choices);
}

static void prompt(struct rbk_gate_terminal *g)
{
    const struct rbk_param *part = current_part(g);
    if (part)
        prompt_part(g, part);
    else
        say(g, RBK_BOLD, choices_of(g->question->kind));
}

static void settle(struct rbk_gate_terminal *g, int decision);

/* What was typed before the question was seen is no answer to it. */
static void forget_typed(struct rbk_gate_terminal *g)
{
    rbk_buf_clear(&g->typed);
    (void)tcflush(STDIN_FILENO, TCIFLUSH);
}

/* A terminal that cannot be read is like a person who left: the run waits. */
static void stand(struct rbk_gate_terminal *g)
{
    const struct rbk_question *q = g->question;
    struct rbk_error err = {0};
    rbk_run_view_pause(g->view);
    forget_typed(g);
    char *text = rbk_asprintf("\n?  %s\n%s%s", q->title, q->text ? q->text : "", q->text ? "\n" : "");
    say(g, RBK_YELLOW, text);
    free(text);
    g->part = 0;
    g->answers = q->ask_count ? rbk_map_new() : NULL;
    prompt(g);
    if (!g->watch)
        g->watch = rbk_watch_readable(g->cli->loop, STDIN_FILENO, gate_readable, g, &err);
    if (!g->watch) {
        say(g, RBK_RED, err.message);
        say(g, RBK_PLAIN, "\n");
        settle(g, -1);
    }
}

static void gate_ask(void *self, const struct rbk_question *q, rbk_answer_fn *answer, void *arg)
{
    struct rbk_gate_terminal *g = self;
    g->question = q;
    g->answer = answer;
    g->arg = arg;
    stand(g);
}

static void drop_answers(struct rbk_gate_terminal *g)
{
    rbk_value_free(g->answers);
    g->answers = NULL;
}

/* Tells the answer of the standing question. The next one may stand when this returns. */
static void settle(struct rbk_gate_terminal *g, int decision)
{
    rbk_value *answers = g->answers;
    g->answers = NULL;
    g->question = NULL;
    if (decision != 1) {
        rbk_value_free(answers);
        answers = NULL;
    }
    rbk_run_view_continue(g->view);
    g->answer(g->arg, decision, answers, NULL);
    if (!g->question)
        rbk_watch_stop(&g->watch);
}

static void take_part(struct rbk_gate_terminal *g, const struct rbk_param *p, const char *line)
{
    struct rbk_error err = {0};
    rbk_value *v = NULL;
    if (!*line && p->dflt)
        v = rbk_value_dup(p->dflt);
    else if (rbk_param_parse(p, line, &v, &err) < 0) {
        say(g, RBK_RED, err.message);
        say(g, RBK_PLAIN, "\n");
        prompt(g);
        return;
    }
    rbk_map_set(g->answers, p->name, v);
    g->part++;
    if (current_part(g))
        prompt(g);
    else
        settle(g, 1);
}

static void take_line(struct rbk_gate_terminal *g, const char *line)
{
    const struct rbk_param *part = current_part(g);
    bool yes = strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
    bool no = strcmp(line, "n") == 0 || strcmp(line, "no") == 0;
    bool empty_is_no = strcmp(g->question->kind, "confirm") == 0 || strcmp(g->question->kind, "step") == 0;
    if (part)
        take_part(g, part, line);
    else if (yes || no || (!*line && empty_is_no))
        settle(g, yes ? 1 : 0);
    else
        prompt(g);
}

static void gate_readable(void *arg)
{
    struct rbk_gate_terminal *g = arg;
    char chunk[1024];
    ssize_t n = read(0, chunk, sizeof chunk);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        say(g, RBK_PLAIN, "\n");
        settle(g, -1);
        return;
    }
    rbk_buf_append(&g->typed, chunk, (size_t)n);
    char *newline;
    while (g->question && (newline = memchr(g->typed.data, '\n', g->typed.len))) {
        size_t len = (size_t)(newline - g->typed.data);
        char *line = rbk_strndup(g->typed.data, len);
        rbk_buf_consume(&g->typed, len + 1);
        take_line(g, line);
        free(line);
    }
}

static void gate_withdraw(void *self)
{
    struct rbk_gate_terminal *g = self;
    g->question = NULL;
    drop_answers(g);
    rbk_watch_stop(&g->watch);
    say(g, RBK_PLAIN, "\n");
}

void rbk_gate_terminal_free(struct rbk_gate_terminal *g)
{
    if (!g)
        return;
    drop_answers(g);
    if (g->watch)
        rbk_watch_stop(&g->watch);
    rbk_buf_fini(&g->typed);
    free(g);
}

const struct rbk_gate_ops rbk_gate_terminal_ops = {.ask = gate_ask, .withdraw = gate_withdraw};
