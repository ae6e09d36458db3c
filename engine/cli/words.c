/* One lookup and its errors, for every command that has words. */
#include <cli/words.h>

#include <string.h>

/* "list, next and run" */
static void put_names(struct rbk_buf *out, const struct rbk_word *words)
{
    for (const struct rbk_word *w = words; w->name; w++)
        rbk_buf_printf(out, "%s%s", w == words ? "" : w[1].name ? ", " : " and ", w->name);
}

static int no_word(const char *command, const struct rbk_word *words, struct rbk_error *err)
{
    struct rbk_buf known = {0};
    put_names(&known, words);
    rbk_error_set(err, RBK_EINVAL, "`%s` needs a word that says what: %s", command, known.data);
    rbk_buf_fini(&known);
    return rbk_error_hint(err, "`runbook help %s` says what each does", command);
}

static int unknown_word(const char *given, const char *command, const struct rbk_word *words, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    struct rbk_buf known = {0};
    put_names(&known, words);
    for (const struct rbk_word *w = words; w->name; w++)
        rbk_strv_add(&names, w->name);
    const char *near = rbk_did_you_mean(given, (const char *const *)names.items, names.count);
    rbk_error_set(err, RBK_EINVAL, "`%s` does not know \"%s\"", command, given);
    if (near)
        rbk_error_hint(err, "did you mean `runbook %s %s`?", command, near);
    else
        rbk_error_hint(err, "it knows %s", known.data);
    rbk_buf_fini(&known);
    rbk_strv_fini(&names);
    return RBK_EINVAL;
}

int rbk_word_do(struct rbk_cli *cli, const struct rbk_args *args, const char *command, const struct rbk_word *words,
                struct rbk_error *err)
{
    const struct rbk_word *w = words;
    if (!args->rest.count)
        return no_word(command, words, err);
    size_t given = args->rest.count - 1;
    while (w->name && strcmp(w->name, args->rest.items[0]) != 0)
        w++;
    if (!w->name)
        return unknown_word(args->rest.items[0], command, words, err);
    if (given >= w->min && given <= w->max)
        return w->work(cli, args, err);
    if (given < w->min)
        rbk_error_set(err, RBK_EINVAL, "`%s %s` needs %s", command, w->name, w->usage + strlen(w->name) + 1);
    else
        rbk_error_set(err, RBK_EINVAL, "`%s %s` does not take \"%s\"", command, w->name, args->rest.items[w->max + 1]);
    return rbk_error_hint(err, "usage: runbook %s %s; more with `runbook help %s`", command, w->usage, command);
}
