/* See labels.h. */
#include <metrics/labels.h>

#include <ctype.h>
#include <string.h>

static void put_value(struct rbk_buf *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            rbk_buf_putc(out, '\\');
        if (*value == '\n')
            rbk_buf_puts(out, "\\n");
        else
            rbk_buf_putc(out, *value);
    }
}

/* The label that comes next after `last` by name, NULL at the end. Few labels: a search each time is the cheapest. */
static const struct rbk_label *next_label(const struct rbk_label *labels, size_t count, const struct rbk_label *last)
{
    const struct rbk_label *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (last && strcmp(labels[i].name, last->name) <= 0)
            continue;
        if (!best || strcmp(labels[i].name, best->name) < 0)
            best = &labels[i];
    }
    return best;
}

void labels_put(struct rbk_buf *out, const struct rbk_label *labels, size_t count)
{
    bool first = true;
    for (const struct rbk_label *l = next_label(labels, count, NULL); l; l = next_label(labels, count, l)) {
        if (!*l->value)
            continue;
        if (!first)
            rbk_buf_putc(out, ',');
        first = false;
        rbk_buf_puts(out, l->name);
        rbk_buf_puts(out, "=\"");
        put_value(out, l->value);
        rbk_buf_putc(out, '"');
    }
}

/* Takes one label off `*p` in place: the copy becomes its own strings. */
static bool parse_label(char **p, struct rbk_label *out)
{
    char *at = *p, *to;
    out->name = at;
    while (*at && *at != '=')
        at++;
    if (at == out->name || at[0] != '=' || at[1] != '"')
        return false;
    *at = '\0';
    at += 2;
    out->value = to = at;
    for (; *at != '"'; at++) {
        bool escaped = *at == '\\';
        at += escaped;
        if (!*at)
            return false;
        *to++ = escaped && *at == 'n' ? '\n' : *at;
    }
    *to = '\0';
    *p = at + 1;
    return true;
}

bool labels_parse(struct labels *l, const char *text)
{
    rbk_buf_clear(&l->text);
    rbk_buf_puts(&l->text, text);
    l->count = 0;
    for (char *p = l->text.data; *p;) {
        if (l->count == RBK_METRIC_LABELS_MAX || !parse_label(&p, &l->items[l->count]))
            return false;
        l->count++;
        if (*p == ',')
            p++;
        else if (*p)
            return false;
    }
    return true;
}

void labels_fini(struct labels *l)
{
    rbk_buf_fini(&l->text);
    l->count = 0;
}

const char *labels_get(const struct labels *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->items[i].name, name) == 0)
            return l->items[i].value;
    return "";
}

bool labels_fit(const struct labels *l, const struct rbk_label *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(labels_get(l, wanted[i].name), wanted[i].value) != 0)
            return false;
    return true;
}

/* ---- what names may be ---------------------------------------------------------------------------------------------
 */

static bool word_ok(const char *s, bool colon)
{
    size_t len = strlen(s);
    for (size_t i = 0; i < len; i++)
        if (!(isalpha((unsigned char)s[i]) || s[i] == '_' || (colon && s[i] == ':') ||
              (i > 0 && isdigit((unsigned char)s[i]))))
            return false;
    return len > 0 && len <= RBK_METRIC_NAME_MAX;
}

static void suggest(const char *s, struct rbk_error *err)
{
    char mend[RBK_METRIC_NAME_MAX + 2] = "";
    size_t n = 0;
    if (isdigit((unsigned char)*s))
        mend[n++] = '_';
    for (; *s && n < RBK_METRIC_NAME_MAX; s++)
        mend[n++] = isalnum((unsigned char)*s) ? *s : '_';
    rbk_error_hint(err, "letters, digits and _ make a name: %s", n ? mend : "failure_rate");
}

static int check_label(const struct rbk_label *l, struct rbk_error *err)
{
    if (!word_ok(l->name, false)) {
        rbk_error_set(err, RBK_EINVAL, "\"%.100s\" cannot be the name of a label", l->name);
        suggest(l->name, err);
        return RBK_EINVAL;
    }
    if (strncmp(l->name, "__", 2) == 0) { /* https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels */
        rbk_error_set(err, RBK_EINVAL, "the label %.100s is reserved: Prometheus keeps names that begin with __",
                      l->name);
        return rbk_error_hint(err, "take another name");
    }
    if (strlen(l->value) > RBK_METRIC_VALUE_MAX) {
        rbk_error_set(err, RBK_EINVAL, "the value of label %.100s is too long", l->name);
        return rbk_error_hint(err, "%d bytes at most: labels name things, they do not describe them",
                              RBK_METRIC_VALUE_MAX);
    }
    return 0;
}

int rbk_metric_check(const struct rbk_metric *m, struct rbk_error *err)
{
    int rc = 0;
    if (!word_ok(m->name, true)) {
        rbk_error_set(err, RBK_EINVAL, "\"%.100s\" cannot be the name of a metric", m->name);
        suggest(m->name, err);
        return RBK_EINVAL;
    }
    if (m->label_count > RBK_METRIC_LABELS_MAX)
        return rbk_error_set(err, RBK_EINVAL, "%s has more than %d labels", m->name, RBK_METRIC_LABELS_MAX);
    for (size_t i = 0; i < m->label_count && rc == 0; i++) {
        rc = check_label(&m->labels[i], err);
        for (size_t k = 0; k < i && rc == 0; k++)
            if (strcmp(m->labels[i].name, m->labels[k].name) == 0)
                rc = rbk_error_set(err, RBK_EINVAL, "label %s is given twice", m->labels[i].name);
    }
    return rc;
}
