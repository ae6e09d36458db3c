/* Reading OpenMetrics text and the older format of Prometheus, line by line. A text that ends with "# EOF" is
 * OpenMetrics: its times are seconds; without it they are milliseconds, and fractions there mean that the end is
 * missing. Whatever the bytes are, the answer is samples or file:line:col. */
#include <metrics/metrics.h>

#include <base/str.h>
#include <base/utf8.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 16, NUMBER_MAX = 64, HELP_MAX = 1024 };

struct reader {
    const char *file;
    int line;
    bool seconds; /* times are seconds: OpenMetrics */
    int64_t now_ms;
    struct rbk_buf copy;   /* of the line, with a NUL */
    const char *begin, *p; /* of it; where reading is */
    char base[RBK_METRIC_NAME_MAX + 1], help[HELP_MAX + 1];
    enum rbk_metric_kind kind;
    bool distribution; /* histogram or summary: what it counts are counters */
    enum rbk_unit unit;
    struct rbk_label labels[RBK_METRIC_LABELS_MAX];
    size_t label_count;
    struct rbk_buf text; /* of names and values of labels */
    rbk_metrics_line_fn *fn;
    void *arg;
    struct rbk_error *err;
};

static int refuse(struct reader *r, const char *what)
{
    rbk_error_set(r->err, RBK_EMALFORMED, "%s", what);
    return rbk_error_at(r->err, r->file, r->line, (int)(r->p - r->begin) + 1);
}

static void skip_blanks(struct reader *r)
{
    while (*r->p == ' ' || *r->p == '\t')
        r->p++;
}

static bool word_char(char c, bool first)
{
    return isalpha((unsigned char)c) || c == '_' || c == ':' || (!first && isdigit((unsigned char)c));
}

static size_t word_length(const char *p)
{
    size_t n = 0;
    while (word_char(p[n], n == 0))
        n++;
    return n;
}

/* ---- comments: HELP, TYPE, UNIT ------------------------------------------------------------------------------------
 */

static void begin_family(struct reader *r, const char *name, size_t len)
{
    if (strlen(r->base) == len && memcmp(r->base, name, len) == 0)
        return;
    memcpy(r->base, name, len);
    r->base[len] = r->help[0] = '\0';
    r->kind = RBK_METRIC_GAUGE;
    r->unit = RBK_UNIT_NONE;
    r->distribution = false;
}

static void take_help(struct reader *r)
{
    size_t n = 0;
    for (const char *p = r->p; *p && n < HELP_MAX; p++) {
        bool escaped = *p == '\\' && (p[1] == 'n' || p[1] == '\\' || p[1] == '"');
        p += escaped;
        r->help[n++] = escaped && *p == 'n' ? '\n' : *p;
    }
    r->help[n] = '\0';
}

static void take_type(struct reader *r)
{
    r->kind = strcmp(r->p, "counter") == 0 ? RBK_METRIC_COUNTER : RBK_METRIC_GAUGE;
    r->distribution = strcmp(r->p, "histogram") == 0 || strcmp(r->p, "summary") == 0;
}

static void take_unit(struct reader *r)
{
    for (int unit = RBK_UNIT_SECONDS; unit <= RBK_UNIT_RATIO; unit++)
        if (strcmp(r->p, rbk_unit_name((enum rbk_unit)unit)) == 0)
            r->unit = (enum rbk_unit)unit;
}

static int read_comment(struct reader *r)
{
    static const char *const words[] = {"HELP", "TYPE", "UNIT"};
    static void (*const takes[])(struct reader *) = {take_help, take_type, take_unit};
    r->p++;
    skip_blanks(r);
    for (int i = 0; i < 3; i++) {
        if (strncmp(r->p, words[i], 4) != 0 || (r->p[4] != ' ' && r->p[4] != '\t'))
            continue;
        r->p += 4;
        skip_blanks(r);
        size_t len = word_length(r->p);
        if (len == 0 || len > RBK_METRIC_NAME_MAX)
            return refuse(r, "here the name of a metric is missing, or it is too long");
        begin_family(r, r->p, len);
        r->p += len;
        skip_blanks(r);
        takes[i](r);
    }
    return 0;
}

/* ---- samples -------------------------------------------------------------------------------------------------------
 */

/* The value between quotes, unescaped, with a NUL; r->p is behind the first quote. */
static int take_label_value(struct reader *r)
{
    for (; *r->p != '"'; r->p++) {
        if (!*r->p)
            return refuse(r, "the value of a label has no closing quote");
        bool escaped = *r->p == '\\' && r->p[1];
        r->p += escaped;
        rbk_buf_putc(&r->text, escaped && *r->p == 'n' ? '\n' : *r->p);
    }
    r->p++;
    rbk_buf_putc(&r->text, '\0');
    return 0;
}

static int take_label(struct reader *r)
{
    size_t len = word_length(r->p);
    if (len == 0 || memchr(r->p, ':', len))
        return refuse(r, "here the name of a label is missing");
    if (r->label_count == RBK_METRIC_LABELS_MAX)
        return refuse(r, "too many labels");
    rbk_buf_append(&r->text, r->p, len);
    rbk_buf_putc(&r->text, '\0');
    r->p += len;
    skip_blanks(r);
    if (*r->p++ != '=') {
        r->p--;
        return refuse(r, "here `=` is missing");
    }
    skip_blanks(r);
    if (*r->p++ != '"') {
        r->p--;
        return refuse(r, "the value of a label stands in double quotes");
    }
    r->label_count++;
    return take_label_value(r);
}

/* The text holds name NUL value NUL ...; it does not move any more. */
static void point_labels(struct reader *r)
{
    const char *p = r->text.data;
    for (size_t i = 0; i < r->label_count; i++) {
        r->labels[i].name = p;
        p += strlen(p) + 1;
        r->labels[i].value = p;
        p += strlen(p) + 1;
    }
}

static int take_labels(struct reader *r)
{
    int rc = 0;
    r->label_count = 0;
    rbk_buf_clear(&r->text);
    if (*r->p != '{')
        return 0;
    r->p++;
    skip_blanks(r);
    while (rc == 0 && *r->p != '}') {
        rc = take_label(r);
        skip_blanks(r);
        if (rc == 0 && *r->p == ',')
            r->p++;
        else if (rc == 0 && *r->p != '}')
            rc = refuse(r, "here `,` or `}` is missing");
        skip_blanks(r);
    }
    r->p += rc == 0;
    point_labels(r);
    return rc;
}

static int take_number(struct reader *r, const char *what, double *out)
{
    char text[NUMBER_MAX], *end = NULL;
    size_t len = strcspn(r->p, " \t");
    if (len > 0 && len < sizeof text && !memchr(r->p, 'x', len) && !memchr(r->p, 'X', len)) {
        memcpy(text, r->p, len);
        text[len] = '\0';
        *out = strtod(text, &end);
    }
    if (!end || *end)
        return refuse(r, what);
    r->p += len;
    skip_blanks(r);
    return 0;
}

static int take_time(struct reader *r, int64_t *at_ms)
{
    double time = 0;
    const char *at = r->p;
    *at_ms = r->now_ms;
    if (!*r->p || *r->p == '#')
        return 0;
    int rc = take_number(r, "this is no time", &time);
    if (rc == 0 && r->seconds)
        time *= 1000;
    if (rc == 0 && (!isfinite(time) || fabs(time) > 9e15 || (!r->seconds && time != floor(time)))) {
        r->p = at;
        rc = refuse(r, "this is no time in milliseconds");
        return rbk_error_hint(r->err, "OpenMetrics text has seconds and must end with a line `# EOF`"), rc;
    }
    if (rc == 0)
        *at_ms = (int64_t)llround(time);
    return rc;
}

/* Whether the sample `name` belongs to the family of the last comments; its kind and unit. */
static bool of_family(const struct reader *r, const char *name, enum rbk_metric_kind *kind, enum rbk_unit *unit)
{
    size_t len = strlen(r->base);
    if (len == 0 || strncmp(name, r->base, len) != 0)
        return false;
    const char *suffix = name + len;
    bool numbers = strcmp(suffix, "_bucket") == 0 || strcmp(suffix, "_count") == 0;
    bool counts = numbers || strcmp(suffix, "_sum") == 0;
    *kind = r->distribution && counts ? RBK_METRIC_COUNTER : r->distribution ? RBK_METRIC_GAUGE : r->kind;
    if (strcmp(suffix, "_created") == 0)
        *kind = RBK_METRIC_GAUGE;
    *unit = numbers ? RBK_UNIT_NONE : r->unit;
    return !*suffix || counts || strcmp(suffix, "_total") == 0 || strcmp(suffix, "_created") == 0 ||
           strcmp(suffix, "_info") == 0;
}

static int give(struct reader *r, const char *name, double value, int64_t at_ms)
{
    struct rbk_metrics_line line = {.metric = {.name = name, .labels = r->labels, .label_count = r->label_count},
                                    .sample = {at_ms, value}};
    if (of_family(r, name, &line.metric.kind, &line.metric.unit))
        line.metric.help = r->help;
    int rc = isfinite(value) ? rbk_metric_check(&line.metric, r->err) : 0;
    if (rc < 0) {
        r->err->code = RBK_EMALFORMED;
        return rbk_error_at(r->err, r->file, r->line, 1);
    }
    return isfinite(value) ? r->fn(r->arg, &line) : 0;
}

static int read_sample(struct reader *r)
{
    char name[RBK_METRIC_NAME_MAX + 1];
    size_t len = word_length(r->p);
    double value = 0;
    int64_t at_ms = 0;
    if (len == 0 || len >= sizeof name)
        return refuse(r, "here the name of a metric is missing, or it is too long");
    memcpy(name, r->p, len);
    name[len] = '\0';
    r->p += len;
    skip_blanks(r);
    int rc = take_labels(r);
    skip_blanks(r);
    if (rc == 0)
        rc = take_number(r, "this is no number", &value);
    if (rc == 0)
        rc = take_time(r, &at_ms);
    if (rc == 0 && *r->p && *r->p != '#') /* an exemplar is passed over */
        rc = refuse(r, "the line goes on behind its sample");
    return rc == 0 ? give(r, name, value, at_ms) : rc;
}

/* ---- lines ---------------------------------------------------------------------------------------------------------
 */

static int read_line(struct reader *r, const char *line, size_t len)
{
    rbk_buf_clear(&r->copy);
    rbk_buf_append(&r->copy, line, len <= LINE_MAX_BYTES ? len : 0);
    if (r->copy.len && r->copy.data[r->copy.len - 1] == '\r')
        r->copy.data[--r->copy.len] = '\0';
    r->begin = r->p = r->copy.data;
    if (len > LINE_MAX_BYTES)
        return refuse(r, "the line is too long");
    if (memchr(line, '\0', len))
        return refuse(r, "the line holds a zero byte: this is no text");
    skip_blanks(r);
    return !*r->p ? 0 : *r->p == '#' ? read_comment(r) : read_sample(r);
}

static bool ends_with_eof(const char *text, size_t len)
{
    static const char eof[] = "# EOF";
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    size_t n = sizeof eof - 1;
    return len >= n && memcmp(text + len - n, eof, n) == 0 && (len == n || text[len - n - 1] == '\n');
}

int rbk_metrics_text_read(const char *file, const char *text, size_t len, int64_t now_ms, rbk_metrics_line_fn *fn,
                          void *arg, struct rbk_error *err)
{
    struct rbk_error own;
    struct reader r = {.file = file, .now_ms = now_ms, .fn = fn, .arg = arg, .err = err ? err : &own};
    const char *p = text, *end = text + len;
    int rc = 0;
    r.seconds = len && ends_with_eof(text, len);
    while (rc == 0 && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t length = newline ? (size_t)(newline - p) : (size_t)(end - p);
        r.line++;
        rc = read_line(&r, p, length);
        p += length + 1;
    }
    rbk_buf_fini(&r.text);
    rbk_buf_fini(&r.copy);
    return rc;
}
