/* See series.h. */
#include <metrics/series.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

/* Runs a query for one number: 1 = found. */
static int find_id(struct rbk_stmt *q, int64_t *id, struct rbk_error *err)
{
    int rc = rbk_stmt_step(q, err);
    if (rc > 0)
        *id = rbk_col_int(q, 0);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

static int family_make(struct rbk_store *s, const struct rbk_metric *m, int64_t *id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id FROM metric_families WHERE name = ?1");
    rbk_bind_text(q, 1, m->name);
    int rc = find_id(q, id, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    q = rbk_stmt(s, "INSERT INTO metric_families(name, kind, unit, help) VALUES(?1, ?2, ?3, ?4)");
    rbk_bind_text(q, 1, m->name);
    rbk_bind_int(q, 2, m->kind);
    rbk_bind_int(q, 3, m->unit);
    rbk_bind_text(q, 4, m->help && *m->help ? m->help : NULL);
    rc = rbk_stmt_run(q, err);
    *id = rbk_store_last_id(s);
    return rc;
}

int series_make(struct rbk_store *s, const struct rbk_metric *family, const char *labels, int64_t *id,
                struct rbk_error *err)
{
    int64_t family_id = 0;
    int rc = family_make(s, family, &family_id, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id FROM metric_series WHERE family = ?1 AND labels = ?2");
    rbk_bind_int(q, 1, family_id);
    rbk_bind_text(q, 2, labels);
    rc = find_id(q, id, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    q = rbk_stmt(s, "INSERT INTO metric_series(family, labels) VALUES(?1, ?2)");
    rbk_bind_int(q, 1, family_id);
    rbk_bind_text(q, 2, labels);
    rc = rbk_stmt_run(q, err);
    *id = rbk_store_last_id(s);
    return rc;
}

static struct series read_series(struct rbk_stmt *q)
{
    const char *help = rbk_col_text(q, 4);
    return (struct series){.id = rbk_col_int(q, 0),
                           .name = rbk_strdup(rbk_col_text(q, 1)),
                           .kind = (enum rbk_metric_kind)rbk_col_int(q, 2),
                           .unit = (enum rbk_unit)rbk_col_int(q, 3),
                           .help = rbk_strdup(help ? help : ""),
                           .labels = rbk_strdup(rbk_col_text(q, 5))};
}

int series_find(struct rbk_store *s, const char *name, struct series_list *out, struct rbk_error *err)
{
    static const char all[] = "SELECT s.id, f.name, f.kind, f.unit, f.help, s.labels FROM metric_families f"
                              " JOIN metric_series s ON s.family = f.id ORDER BY f.name, s.labels";
    static const char one[] = "SELECT s.id, f.name, f.kind, f.unit, f.help, s.labels FROM metric_families f"
                              " JOIN metric_series s ON s.family = f.id WHERE f.name = ?1 ORDER BY s.labels";
    struct rbk_stmt *q = rbk_stmt(s, name ? one : all);
    int rc;
    if (name)
        rbk_bind_text(q, 1, name);
    while ((rc = rbk_stmt_step(q, err)) > 0)
        series_add(out, read_series(q));
    if (rc == 0)
        rbk_stmt_end(q);
    return rc;
}

void series_add(struct series_list *l, struct series one)
{
    RBK_GROW(l->items, l->count, l->cap);
    l->items[l->count++] = one;
}

void series_list_fini(struct series_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].name);
        free(l->items[i].help);
        free(l->items[i].labels);
    }
    free(l->items);
}
