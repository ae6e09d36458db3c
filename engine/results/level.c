/* See level.h. */
#include <results/level.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

void levels_fini(struct level_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->rows[i].name);
    free(l->rows);
    *l = (struct level_list){0};
}

static int no_history(const char *name, struct rbk_error *err)
{
    if (name)
        rbk_error_set(err, RBK_ENOENT, "no test run of level `%s` is recorded yet", name);
    else
        rbk_error_set(err, RBK_ENOENT, "no test run is recorded yet");
    rbk_error_hint(err, "run the tests (runbook tests run %s) or import a report (runbook tests import FILE)",
                   name ? name : "LEVEL");
    return RBK_ENOENT;
}

int levels_load(struct level_list *out, struct rbk_store *s, const char *name, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, name, complete_run FROM test_levels WHERE ?1 IS NULL OR name = ?1"
                                     " ORDER BY name");
    int rc;
    *out = (struct level_list){0};
    if (name && strcmp(name, "all") == 0)
        name = NULL;
    rbk_bind_text(q, 1, name);
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        RBK_GROW(out->rows, out->count, out->cap);
        out->rows[out->count++] = (struct level_row){
            .id = rbk_col_int(q, 0), .name = rbk_strdup(rbk_col_text(q, 1)), .complete_run = rbk_col_int(q, 2)};
    }
    rbk_stmt_end(q);
    if (!rc && !out->count)
        rc = no_history(name, err);
    return rc;
}

int level_ensure(struct rbk_store *s, const char *name, int64_t *id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO test_levels(name) VALUES(?) ON CONFLICT DO NOTHING");
    rbk_bind_text(q, 1, name);
    int rc = rbk_stmt_run(q, err);
    if (rc)
        return rc;
    q = rbk_stmt(s, "SELECT id FROM test_levels WHERE name = ?");
    rbk_bind_text(q, 1, name);
    rc = rbk_stmt_step(q, err);
    if (rc == 1)
        *id = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}
