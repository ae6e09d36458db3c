/* Collecting problems instead of stopping at the first, so that `check` can show them all at once. */
#include <base/mem.h>
#include <config/problems.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PROBLEM_MESSAGE_MAX sizeof(((struct rbk_error *)0)->message)

/* Room for one more, NULL when there are enough; warnings never take the room of the first errors. */
static struct config_problem *problem_add(struct config_problems *p, bool warning)
{
    p->errors += !warning;
    if (p->count >= (warning ? CONFIG_PROBLEMS_MAX / 2 : CONFIG_PROBLEMS_MAX)) {
        return NULL;
    }
    RBK_GROW(p->items, p->count, p->cap);
    struct config_problem *problem = &p->items[p->count++];
    *problem = (struct config_problem){.warning = warning};
    return problem;
}

static void problem_put(struct config_problems *p, bool warning, const struct config_node *at, const char *hint,
                        const char *message)
{
    struct config_problem *problem = problem_add(p, warning);
    if (!problem) {
        return;
    }
    rbk_error_set(&problem->error, RBK_EINVAL, "%s", message);
    rbk_error_at(&problem->error, p->file, at ? at->line : 0, at ? at->column : 0);
    if (hint) {
        rbk_error_hint(&problem->error, "%s", hint);
    }
}

void config_problem_error(struct config_problems *p, const struct config_node *at, const char *hint, const char *fmt,
                          ...)
{
    char message[PROBLEM_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    problem_put(p, false, at, hint, message);
}

void config_problem_warning(struct config_problems *p, const struct config_node *at, const char *hint, const char *fmt,
                            ...)
{
    char message[PROBLEM_MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    problem_put(p, true, at, hint, message);
}

void config_problem_take(struct config_problems *p, const struct rbk_error *error)
{
    struct config_problem *problem = problem_add(p, false);
    if (problem) {
        problem->error = *error;
    }
}

static int problem_compare(const void *a, const void *b)
{
    const struct rbk_error *left = &((const struct config_problem *)a)->error;
    const struct rbk_error *right = &((const struct config_problem *)b)->error;
    return left->line != right->line ? left->line - right->line : left->column - right->column;
}

void config_problems_sort(struct config_problems *p)
{
    if (p->count) {
        qsort(p->items, p->count, sizeof *p->items, problem_compare);
    }
}

const struct rbk_error *config_problems_first_error(const struct config_problems *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!p->items[i].warning) {
            return &p->items[i].error;
        }
    }
    return NULL;
}

void config_problems_fini(struct config_problems *p)
{
    free(p->items);
    *p = (struct config_problems){0};
}
