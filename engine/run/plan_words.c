/* See plan_words.h. A word in a comment counts as well: this decides about warnings, and a missed one costs less than a
 * wrong one. */
#include <ctype.h>
#include <run/plan_report.h>
#include <run/plan_words.h>
#include <string.h>

static void body_words(struct plan_words *w, const struct rbk_body *b)
{
    if (b->kind == RBK_BODY_FUNCTION && b->text)
        rbk_buf_printf(&w->source, "%s\n", b->text);
}

static void node_words(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    (void)group;
    body_words(arg, &n->run);
    body_words(arg, &n->undo);
    body_words(arg, &n->verify);
}

void plan_words_init(struct plan_words *w, const struct rbk_plan *p)
{
    *w = (struct plan_words){0};
    plan_each_node(p, node_words, w);
}

void plan_words_fini(struct plan_words *w)
{
    rbk_buf_fini(&w->source);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The next place where `word` stands as a word; NULL. */
static const char *word_next(const char *text, const char *at, const char *word)
{
    size_t len = strlen(word);
    for (at = strstr(at, word); at; at = strstr(at + 1, word))
        if ((at == text || !is_word(at[-1])) && !is_word(at[len]))
            return at;
    return NULL;
}

bool plan_words_have(const struct plan_words *w, const char *name)
{
    const char *source = w->source.data;
    return source && (word_next(source, source, name) || word_next(source, source, "perform"));
}

static bool follows(const char *text, const char *at, const char *word)
{
    size_t len = strlen(word);
    while (at > text && at[-1] == ' ')
        at--;
    return (size_t)(at - text) >= len && strncmp(at - len, word, len) == 0;
}

bool plan_assigned_in(const char *shell, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = word_next(shell, shell, name); at; at = word_next(shell, at + len, name))
        if (at[len] == '=' || follows(shell, at, "for") || follows(shell, at, "read") || follows(shell, at, "read -r"))
            return true;
    return false;
}
