/* One pass over the arguments; the tables say what takes a value. */
#include <cli/args.h>

#include <base/mem.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct rbk_option rbk_global_options[] = {
    {"project", 0, "DIR", "the project (default: the nearest runbook.yaml)"},
    {"state", 0, "DIR", "where runs are recorded (default: .runbook)"},
    {"json", 0, NULL, "print JSON on stdout; never ask"},
    {"no-input", 0, NULL, "never ask: what needs a person waits"},
    {"quiet", 'q', NULL, "only what went wrong, and the end"},
    {"verbose", 'v', NULL, "show the output of the steps"},
    {"color", 0, "WHEN", "auto, always or never"},
    {"help", 'h', NULL, "this text"},
    {0},
};

static const struct rbk_option *option_by_name(const struct rbk_option *list, const char *name, size_t len)
{
    for (; list && list->name; list++)
        if (strlen(list->name) == len && memcmp(list->name, name, len) == 0)
            return list;
    return NULL;
}

static const struct rbk_option *option_by_letter(const struct rbk_option *list, char letter)
{
    for (; list && list->name; list++)
        if (list->letter == letter)
            return list;
    return NULL;
}

/* The option that `--name` or `--name=value` names, in either table; *value is what stands behind `=`. */
static const struct rbk_option *option_of(const struct rbk_option *options, const char *arg, const char **value)
{
    const char *name = arg + 2, *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    *value = eq ? eq + 1 : NULL;
    const struct rbk_option *o = option_by_name(options, name, len);
    return o ? o : option_by_name(rbk_global_options, name, len);
}

static const struct rbk_option *option_of_letter(const struct rbk_option *options, char letter)
{
    const struct rbk_option *o = option_by_letter(options, letter);
    return o ? o : option_by_letter(rbk_global_options, letter);
}

/* No option is a digit: -5 is a number. */
static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0' && !isdigit((unsigned char)arg[1]) && arg[1] != '.';
}

static bool is_long(const char *arg)
{
    return arg[0] == '-' && arg[1] == '-';
}

/* Whether an option takes the argument behind it as its value. */
static bool takes_next(const struct rbk_option *options, const char *arg)
{
    const char *value = NULL;
    const struct rbk_option *o = NULL;
    if (is_long(arg)) {
        o = option_of(options, arg, &value);
        return o && o->value && !value;
    }
    for (const char *c = arg + 1; *c; c++) {
        o = option_of_letter(options, *c);
        if (!o || o->value)
            return o && !c[1];
    }
    return false;
}

int rbk_args_first_word(const struct rbk_option *options, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!is_option(argv[i]))
            return i;
        i += takes_next(options, argv[i]);
    }
    return argc;
}

static int set_color(struct rbk_cli *cli, const char *when, struct rbk_error *err)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(when, words[i]) == 0) {
            cli->color = (enum rbk_color_mode)i;
            return 0;
        }
    return rbk_error_set(err, RBK_EINVAL, "--color takes auto, always or never, not \"%s\"", when);
}

static int set_global(struct rbk_cli *cli, const struct rbk_option *o, const char *value, struct rbk_error *err)
{
    if (strcmp(o->name, "project") == 0)
        cli->project = value;
    else if (strcmp(o->name, "state") == 0)
        cli->state = value;
    else if (strcmp(o->name, "json") == 0)
        cli->json = cli->no_input = true;
    else if (strcmp(o->name, "no-input") == 0)
        cli->no_input = true;
    else if (strcmp(o->name, "quiet") == 0)
        cli->quiet = true;
    else if (strcmp(o->name, "verbose") == 0)
        cli->verbose++;
    else if (strcmp(o->name, "color") == 0)
        return set_color(cli, value ? value : "", err);
    return 0;
}

static bool is_global(const struct rbk_option *o)
{
    const struct rbk_option *end = rbk_global_options;
    while (end->name)
        end++;
    return o >= rbk_global_options && o < end;
}

static void args_add(struct rbk_args *out, const struct rbk_option *o, const char *value)
{
    RBK_GROW(out->given, out->count, out->cap);
    out->given[out->count++] = (struct rbk_given){o, value};
}

static int refuse_unknown(const struct rbk_option *options, const char *arg, struct rbk_error *err)
{
    const char *names[64];
    size_t count = 0;
    for (const struct rbk_option *o = options; o && o->name && count < 48; o++)
        names[count++] = o->name;
    for (const struct rbk_option *o = rbk_global_options; o->name; o++)
        names[count++] = o->name;
    char *word = rbk_strndup(arg, strcspn(arg, "="));
    const char *near = is_long(arg) ? rbk_did_you_mean(word + 2, names, count) : NULL;
    rbk_error_set(err, RBK_EINVAL, "unknown option %s", word);
    if (near)
        rbk_error_hint(err, "did you mean --%s?", near);
    else
        rbk_error_hint(err, "--help lists the options");
    free(word);
    return RBK_EINVAL;
}

int rbk_args_refuse(const struct rbk_option *options, const char *name, struct rbk_error *err)
{
    char *word = rbk_asprintf("--%s", name);
    int rc = refuse_unknown(options, word, err);
    free(word);
    return rc;
}

/* What the words at argv[i] are read into and by. */
struct reading {
    struct rbk_cli *cli;
    const struct rbk_option *options;
    struct rbk_args *out;
    rbk_unknown_option_fn *unknown;
    void *arg;
};

/* Takes one option; `value` is what is attached to it. Returns how many further arguments it used, or a negative code.
 */
static int take_option(struct reading *r, const struct rbk_option *o, const char *value, const char *next,
                       struct rbk_error *err)
{
    int used = 0;
    if (o->value && !value) {
        if (!next)
            return rbk_error_set(err, RBK_EINVAL, "--%s needs a value: --%s %s", o->name, o->name, o->value);
        value = next;
        used = 1;
    } else if (!o->value && value) {
        return rbk_error_set(err, RBK_EINVAL, "--%s takes no value", o->name);
    }
    args_add(r->out, o, value);
    int rc = is_global(o) ? set_global(r->cli, o, value, err) : 0;
    return rc < 0 ? rc : used;
}

static int take_long(struct reading *r, const char *arg, const char *next, struct rbk_error *err)
{
    const char *value;
    const struct rbk_option *o = option_of(r->options, arg, &value);
    if (o)
        return take_option(r, o, value, next, err);
    if (!r->unknown)
        return refuse_unknown(r->options, arg, err);
    char *name = rbk_strndup(arg + 2, strcspn(arg + 2, "="));
    int rc = r->unknown(r->arg, name, value, next, err);
    free(name);
    return rc;
}

/* `-nv` is `-n -v`; a letter that takes a value takes the rest of the word, or the next one. */
static int take_letters(struct reading *r, const char *arg, const char *next, struct rbk_error *err)
{
    for (const char *c = arg + 1; *c; c++) {
        char letter[3] = {'-', *c, '\0'};
        const struct rbk_option *o = option_of_letter(r->options, *c);
        if (!o)
            return refuse_unknown(r->options, letter, err);
        if (o->value)
            return take_option(r, o, c[1] ? c + 1 : NULL, next, err);
        int rc = take_option(r, o, NULL, NULL, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int rbk_args_parse(struct rbk_cli *cli, const struct rbk_option *options, int argc, char **argv, struct rbk_args *out,
                   rbk_unknown_option_fn *unknown, void *arg, struct rbk_error *err)
{
    struct reading r = {cli, options, out, unknown, arg};
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            while (++i < argc)
                rbk_strv_add(&out->rest, argv[i]);
            break;
        }
        if (!is_option(argv[i])) {
            rbk_strv_add(&out->rest, argv[i]);
            continue;
        }
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        int used = is_long(argv[i]) ? take_long(&r, argv[i], next, err) : take_letters(&r, argv[i], next, err);
        if (used < 0)
            return used;
        i += used;
    }
    rbk_style_init(&cli->out, 1, cli->color);
    rbk_style_init(&cli->err, 2, cli->color);
    return 0;
}

const char *rbk_args_get(const struct rbk_args *a, const char *name)
{
    for (size_t i = a->count; i-- > 0;)
        if (strcmp(a->given[i].option->name, name) == 0)
            return a->given[i].value;
    return NULL;
}

bool rbk_args_has(const struct rbk_args *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->given[i].option->name, name) == 0)
            return true;
    return false;
}

void rbk_args_fini(struct rbk_args *a)
{
    free(a->given);
    rbk_strv_fini(&a->rest);
    rbk_value_free(a->params);
    *a = (struct rbk_args){0};
}

int rbk_args_expect(const struct rbk_args *a, const struct rbk_command_desc *desc, size_t min, size_t max,
                    struct rbk_error *err)
{
    if (a->rest.count >= min && a->rest.count <= max)
        return 0;
    if (a->rest.count < min)
        rbk_error_set(err, RBK_EINVAL, "`%s` needs %s", desc->name, desc->arguments);
    else
        rbk_error_set(err, RBK_EINVAL, "`%s` does not take \"%s\"", desc->name, a->rest.items[max]);
    rbk_error_hint(err, "usage: runbook %s%s%s; more with `runbook help %s`", desc->name, desc->arguments[0] ? " " : "",
                   desc->arguments, desc->name);
    return RBK_EINVAL;
}
