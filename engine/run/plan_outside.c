/* What a plan needs from the machine and the configuration: programs, secrets, a row of the escalation matrix. Of a
 * shell string only the first word is looked at, and only when it is plain: more would need a shell. */
#include <base/fs.h>
#include <base/mem.h>
#include <run/plan_report.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct outside {
    struct plan_report *r;
    const struct rbk_config *config;
    rbk_plan_wanted_fn *wanted; /* for a run that is to start */
    void *wanted_arg;
};

/* ---- programs -------------------------------------------------------------------------------------------------- */

static bool shell_knows(const char *word)
{
    static const char *const known[] = {
        "!",      ".",       ":",        "[",        "[[",      "alias", "bg",   "break",    "builtin", "case",
        "cd",     "command", "continue", "declare",  "do",      "echo",  "eval", "exec",     "exit",    "export",
        "false",  "fg",      "for",      "function", "getopts", "hash",  "if",   "jobs",     "kill",    "let",
        "local",  "mapfile", "popd",     "printf",   "pushd",   "pwd",   "read", "readonly", "return",  "set",
        "shift",  "shopt",   "source",   "test",     "time",    "times", "trap", "true",     "type",    "typeset",
        "ulimit", "umask",   "unalias",  "unset",    "until",   "wait",  "while"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], word) == 0)
            return true;
    return false;
}

static const char *skip_blank_lines(const char *text)
{
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (*text != '#')
            return text;
        text += strcspn(text, "\n");
    }
}

/* The program that a shell text starts with, heap; NULL when it starts with anything but a plain word. */
static char *first_program(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
    text = skip_blank_lines(text);
    size_t len = strspn(text, plain);
    if (len == 0 || (text[len] && !strchr(" \t\n;|&<>", text[len])))
        return NULL;
    char *word = rbk_strndup(text, len);
    if (!shell_knows(word))
        return word;
    free(word);
    return NULL;
}

static bool program_there(const struct outside *o, const struct rbk_node *n, const char *program)
{
    if (!strchr(program, '/')) {
        char *found = rbk_find_program(program, NULL);
        bool there = found != NULL;
        free(found);
        return there;
    }
    char *folder = rbk_path_join(o->config->root, n->cwd ? n->cwd : ".");
    char *path = rbk_path_join(folder, program);
    bool there = access(path, X_OK) == 0;
    free(path);
    free(folder);
    return there;
}

static bool program_unsure(const struct rbk_node *n, const char *program)
{
    return strchr(program, '$') || (n->cwd && strchr(n->cwd, '$')) || rbk_map_get(n->env, "PATH");
}

static void program_rule(struct outside *o, const struct rbk_node *n, int line, const char *program)
{
    if (program_unsure(n, program) || program_there(o, n, program))
        return;
    if (strchr(program, '/'))
        plan_warning(o->r, line, "paths start at the project's root, or at the step's `cwd`",
                     "step \"%s\": there is no executable file `%.200s`", n->title, program);
    else
        plan_warning(o->r, line, "install it, or mend the name", "step \"%s\": the program `%.200s` is not installed",
                     n->title, program);
}

static void body_program(struct outside *o, const struct rbk_node *n, const struct rbk_body *b)
{
    int line = b->line ? b->line : n->line;
    if (b->kind == RBK_BODY_ARGV && b->argv.count)
        program_rule(o, n, line, b->argv.items[0]);
    char *program = b->kind == RBK_BODY_SHELL ? first_program(b->text) : NULL;
    if (program)
        program_rule(o, n, line, program);
    free(program);
}

/* ---- configuration --------------------------------------------------------------------------------------------- */

static void secret_rules(struct outside *o, const struct rbk_node *n)
{
    struct rbk_strv names = {0};
    for (size_t i = 0; i < rbk_value_length(o->config->secrets); i++)
        rbk_strv_add(&names, rbk_map_key_at(o->config->secrets, i));
    for (size_t i = 0; i < n->secret.count; i++) {
        const char *wanted = n->secret.items[i];
        const char *near = rbk_did_you_mean(wanted, (const char *const *)names.items, names.count);
        char *hint = near ? rbk_asprintf("did you mean \"%s\"?", near)
                          : rbk_asprintf("add it to runbook.yaml: secrets: { %s: { env: NAME } }", wanted);
        if (!rbk_strv_has(&names, wanted))
            plan_error(o->r, n->line, hint, "step \"%s\": the configuration has no secret \"%s\"", n->title, wanted);
        free(hint);
    }
    rbk_strv_fini(&names);
}

static void priority_rule(struct outside *o)
{
    const char *priority = o->r->plan->priority;
    struct rbk_buf rows = {0};
    bool found = !priority || o->config->escalation_count == 0;
    for (size_t i = 0; i < o->config->escalation_count; i++) {
        found = found || strcasecmp(o->config->escalation[i].priority, priority) == 0;
        rbk_buf_printf(&rows, "%s%s", i ? " " : "the rows are: ", o->config->escalation[i].priority);
    }
    if (!found)
        plan_error(o->r, 1, rows.data, "the escalation matrix has no row \"%s\"", priority);
    rbk_buf_fini(&rows);
}

static void node_rules(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct outside *o = arg;
    (void)group;
    body_program(o, n, &n->run);
    body_program(o, n, &n->undo);
    body_program(o, n, &n->verify);
    secret_rules(o, n);
}

/* ---- a run that is to start ------------------------------------------------------------------------------------- */

/* A file of the project may be made by an earlier step; what stands behind a condition may not be needed. */
static void needed_program(struct outside *o, const struct rbk_node *n)
{
    const struct rbk_body *b = &n->run;
    const char *program = b->kind == RBK_BODY_ARGV && b->argv.count ? b->argv.items[0] : NULL;
    if (!program || strchr(program, '/') || program_unsure(n, program) || program_there(o, n, program))
        return;
    plan_error(o->r, b->line ? b->line : n->line,
               "install it, or mend the name; one that an earlier step installs is run as a shell text",
               "step \"%s\": the program `%.200s` is not installed", n->title, program);
}

static void needs_rules(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct outside *o = arg;
    bool sure = !n->when && !(group && group->when) && n->on_fail != RBK_ON_FAIL_CONTINUE;
    if (!o->wanted(o->wanted_arg, n))
        return;
    secret_rules(o, n);
    if (sure)
        needed_program(o, n);
}

void plan_rules_needs(struct plan_report *r, const struct rbk_config *config, rbk_plan_wanted_fn *wanted, void *arg)
{
    struct outside outside = {r, config, wanted, arg};
    if (config)
        plan_each_node(r->plan, needs_rules, &outside);
}

void plan_rules_outside(struct plan_report *r, const struct rbk_check_options *o)
{
    struct outside outside = {.r = r, .config = o->config};
    if (!o->config)
        return;
    priority_rule(&outside);
    plan_each_node(r->plan, node_rules, &outside);
}
