/* Only what is secret may be given: all else is on record, and a resumed run goes on with what it began with. */
#include <cli/secret_params.h>

#include <base/mem.h>
#include <cli/args.h>
#include <run/param.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const struct rbk_param *param_of_flag(const struct rbk_plan *plan, const char *flag)
{
    const struct rbk_param *found = NULL;
    char *name = rbk_strdup(flag);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    for (size_t i = 0; i < plan->param_count && !found; i++)
        if (strcmp(plan->params[i].name, name) == 0)
            found = &plan->params[i];
    free(name);
    return found;
}

static int refuse_plain(const struct rbk_plan *plan, const char *flag, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "--%s cannot be given again: the run goes on with what it began with", flag);
    return rbk_error_hint(err, "only secret parameters are given again; start anew: runbook %s", plan->id);
}

static int bind_one(const struct rbk_param *p, const char *flag, const rbk_value *v, rbk_value *bound,
                    struct rbk_error *err)
{
    struct rbk_error why = {0};
    rbk_value *typed = NULL;
    if (p->type != RBK_PARAM_BOOLEAN && rbk_value_type(v) == RBK_BOOL)
        return rbk_error_set(err, RBK_EINVAL, "--%s needs a value (%s)", flag, rbk_param_type_name(p->type));
    int rc = rbk_param_from_value(p, v, &typed, &why);
    if (rc < 0)
        return rbk_error_set(err, rc, "--%s: %s", flag, why.message);
    rbk_map_set(bound, p->name, typed);
    return 0;
}

/* A line that is not shown while it is typed; heap, NULL when the person left. Ctrl-C is no signal meanwhile: it would
 * leave the terminal silent. */
static char *read_hidden(const struct rbk_param *p)
{
    struct termios shown, hidden;
    char *line = NULL;
    size_t size = 0;
    bool known = tcgetattr(STDIN_FILENO, &shown) == 0;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    if (!known || tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) < 0)
        return NULL;
    fprintf(stderr, "%s (%s; secret, so it was not stored; Ctrl-D to leave): ", p->name, rbk_param_type_name(p->type));
    ssize_t got = getline(&line, &size, stdin);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    if (got < 0 || strchr(line, '\x03')) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* Who leaves is told by the resume itself what is missing. */
static int ask_for(const struct rbk_param *p, rbk_value *bound, struct rbk_error *err)
{
    char *line = read_hidden(p);
    rbk_value *text = line ? rbk_string_new(line) : NULL;
    int rc = text ? bind_one(p, p->name, text, bound, err) : 0;
    rbk_value_free(text);
    free(line);
    return rc;
}

static int ask_for_missing(const struct rbk_plan *plan, const rbk_value *stored, rbk_value *bound,
                           struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < plan->param_count && rc == 0; i++) {
        const struct rbk_param *p = &plan->params[i];
        if (p->secret && rbk_map_get(stored, p->name) && !rbk_map_get(bound, p->name))
            rc = ask_for(p, bound, err);
    }
    return rc;
}

int rbk_secret_params_bind(const struct rbk_cli *cli, const struct rbk_plan *plan, const rbk_value *stored,
                           const struct rbk_option *options, const rbk_value *given, rbk_value **out,
                           struct rbk_error *err)
{
    rbk_value *bound = rbk_map_new();
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(given) && rc == 0; i++) {
        const char *flag = rbk_map_key_at(given, i);
        const struct rbk_param *p = param_of_flag(plan, flag);
        if (!p)
            rc = rbk_args_refuse(options, flag, err);
        else if (!p->secret)
            rc = refuse_plain(plan, flag, err);
        else
            rc = bind_one(p, flag, rbk_map_value_at(given, i), bound, err);
    }
    if (rc == 0 && rbk_cli_interactive(cli))
        rc = ask_for_missing(plan, stored, bound, err);
    if (rc == 0)
        *out = bound;
    else
        rbk_value_free(bound);
    return rc;
}
