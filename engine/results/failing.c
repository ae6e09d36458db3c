/* The list of failing cases: each case whose latest execution failed, once per level, with what it said. */
#include <results/history.h>

#include <base/mem.h>
#include <results/current.h>
#include <results/message.h>
#include <stdlib.h>
#include <string.h>

struct failing_case {
    struct current_case at;
    char *suite, *file, *name;
};

struct failing_list {
    struct rbk_store *store;
    struct failing_case *items;
    size_t count, cap;
    struct names_cursor names;
    struct rbk_error *err;
};

static int collect_failing(void *arg, const struct current_case *c)
{
    struct failing_list *l = arg;
    if (!outcome_is_failing(c->state.outcome))
        return 0;
    int rc = names_seek(&l->names, l->store, c->level->id, c->index, l->err);
    if (rc)
        return rc;
    RBK_GROW(l->items, l->count, l->cap);
    l->items[l->count++] = (struct failing_case){*c, rbk_strdup(names_part(&l->names.names, NAMES_SUITE)),
                                                 rbk_strdup(names_part(&l->names.names, NAMES_FILE)),
                                                 rbk_strdup(names_part(&l->names.names, NAMES_NAME))};
    return 0;
}

static int by_level_file_suite_name(const void *a, const void *b)
{
    const struct failing_case *x = a, *y = b;
    int order = strcmp(x->at.level->name, y->at.level->name);
    if (!order)
        order = strcmp(x->file, y->file);
    if (!order)
        order = strcmp(x->suite, y->suite);
    return order ? order : strcmp(x->name, y->name);
}

static int run_started(struct rbk_store *s, int64_t test_run, int64_t *ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT started_ms FROM test_runs WHERE id = ?");
    rbk_bind_int(q, 1, test_run);
    int rc = rbk_stmt_step(q, err);
    *ms = rc == 1 ? rbk_col_int(q, 0) : 0;
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

static int tell_failing(struct rbk_store *s, const struct failing_case *f, rbk_case_row_fn *fn, void *arg,
                        struct rbk_error *err)
{
    const struct case_state *state = &f->at.state;
    struct rbk_case_row row = {.level = f->at.level->name,
                               .suite = f->suite,
                               .name = f->name,
                               .file = f->file,
                               .consecutive_failures = state->streak,
                               .outcome = (enum rbk_outcome)state->outcome};
    char *message = NULL;
    int rc = run_started(s, state->last_run, &row.last_ms, err);
    if (!rc)
        rc = message_of_case(s, state->last_run, f->at.index, &message, err);
    row.message = message ? message : "";
    if (!rc)
        rc = fn(arg, &row);
    free(message);
    return rc;
}

static void failing_fini(struct failing_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].suite);
        free(l->items[i].file);
        free(l->items[i].name);
    }
    free(l->items);
    names_cursor_fini(&l->names);
}

int rbk_results_failing(struct rbk_store *s, const char *level, rbk_case_row_fn *fn, void *arg, struct rbk_error *err)
{
    struct level_list levels;
    struct failing_list list = {.store = s, .err = err};
    names_cursor_init(&list.names);
    int rc = levels_load(&levels, s, level, err);
    if (!rc)
        rc = current_cases(s, &levels, collect_failing, &list, err);
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_level_file_suite_name);
    for (size_t i = 0; i < list.count && !rc; i++)
        rc = tell_failing(s, &list.items[i], fn, arg, err);
    failing_fini(&list);
    levels_fini(&levels);
    return rc;
}
