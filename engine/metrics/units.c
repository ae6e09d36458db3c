/* See units.h. The names of a new metric may be in the inbox alone: then its rows are looked through, which costs less
 * than a commit. */
#include <metrics/units.h>

#include <base/str.h>
#include <metrics/inbox.h>
#include <string.h>

static int unit_in_families(struct rbk_store *s, const char *name, enum rbk_unit *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT unit FROM metric_families WHERE name = ?1");
    rbk_bind_text(q, 1, name);
    int rc = rbk_stmt_step(q, err);
    if (rc > 0)
        *out = (enum rbk_unit)rbk_col_int(q, 0);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

static int unit_in_inbox(struct rbk_store *s, const char *name, enum rbk_unit *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT data FROM metric_inbox ORDER BY id");
    int rc;
    while ((rc = rbk_stmt_step(q, err)) > 0) {
        size_t len;
        const void *data = rbk_col_blob(q, 0, &len);
        if (inbox_row_unit(data, len, name, out))
            break;
    }
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

/* 1 = the store knows the name. */
static int find_unit(struct rbk_store *s, const char *name, enum rbk_unit *out, struct rbk_error *err)
{
    int rc = unit_in_families(s, name, out, err);
    return rc == 0 ? unit_in_inbox(s, name, out, err) : rc;
}

int units_of(struct rbk_store *s, const char *name, enum rbk_unit absent, enum rbk_unit *out, struct rbk_error *err)
{
    int rc = find_unit(s, name, out, err);
    if (rc == 0)
        *out = absent;
    return rc < 0 ? rc : 0;
}

static const char *measured_in(enum rbk_unit unit)
{
    static const char *const texts[] = {"has no unit", "is measured in seconds", "is measured in bytes", "is a ratio"};
    return texts[unit];
}

static int refuse(const char *name, enum rbk_unit has, enum rbk_unit comes, struct rbk_error *err)
{
    static const char *const come_with[] = {"no unit", "seconds", "bytes", "a ratio"};
    static const char *const examples[] = {"42", "42s or 250ms", "42B or 2GB", "5%"};
    rbk_error_set(err, RBK_EINVAL, "%s %s, and this value has %s: they cannot be one metric", name, measured_in(has),
                  come_with[comes]);
    return rbk_error_hint(
        err, "write it as %s, or take another name; `runbook metrics prune %s --before now` forgets the old",
        examples[has], name);
}

/* What the program measures itself as a ratio, under names that do not say it: somebody's history of it may be imported
 * from a text without units. */
static bool is_own_ratio(const char *name)
{
    static const char *const own[] = {"sla_pass_rate", "sla_execution_time", "sla_flaky_rate",     "sla_coverage",
                                      "sla_uptime",    "tests_pass_rate",    "tests_failure_rate", "tests_coverage"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i], name) == 0)
            return true;
    return false;
}

enum rbk_unit units_meant(const char *name, enum rbk_unit stated)
{
    if (stated == RBK_UNIT_NONE && is_own_ratio(name))
        return RBK_UNIT_RATIO;
    static const char suffix[] = "_total";
    size_t len = strlen(name) - (rbk_ends_with(name, suffix) ? sizeof suffix - 1 : 0);
    for (int unit = RBK_UNIT_SECONDS; unit <= RBK_UNIT_RATIO && stated == RBK_UNIT_NONE; unit++) {
        const char *word = rbk_unit_name((enum rbk_unit)unit);
        size_t n = strlen(word);
        if (len > n + 1 && name[len - n - 1] == '_' && strncmp(name + len - n, word, n) == 0)
            return (enum rbk_unit)unit;
    }
    return stated;
}

static bool fits(const char *name, enum rbk_unit has, enum rbk_unit comes, double value)
{
    return units_meant(name, has) == units_meant(name, comes) || (comes == RBK_UNIT_NONE && value == 0);
}

int units_check(struct rbk_store *s, const struct rbk_metric *m, const struct rbk_sample *samples, size_t count,
                struct rbk_error *err)
{
    enum rbk_unit has;
    int rc = units_of(s, m->name, m->unit, &has, err);
    if (rc < 0 || fits(m->name, has, m->unit, 1))
        return rc;
    for (size_t i = 0; i < count && rc == 0; i++)
        if (!fits(m->name, has, m->unit, samples[i].value))
            rc = refuse(m->name, has, m->unit, err);
    return rc;
}

int units_check_batch(struct rbk_store *s, const struct rbk_metrics_batch *b, struct rbk_error *err)
{
    struct bytes in = bytes_of(b->data.data, b->data.len);
    const char *known = ""; /* the name of `has`: mostly a batch is of a few */
    enum rbk_unit has = RBK_UNIT_NONE;
    for (struct inbox_entry e = {0}; in.p < in.end && inbox_entry_read(&in, &e);) {
        if (strcmp(known, e.name) != 0) {
            int rc = find_unit(s, e.name, &has, err);
            if (rc < 0)
                return rc;
            if (rc == 0)
                inbox_row_unit(b->data.data, b->data.len, e.name, &has);
            known = e.name;
        }
        if (!fits(e.name, has, e.unit, e.sample.value))
            return refuse(e.name, has, e.unit, err);
    }
    return 0;
}
