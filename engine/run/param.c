/* Parameters: what a person typed, turned into a typed value or into a message that shows what would have fitted. */
#include <base/mem.h>
#include <errno.h>
#include <run/param_parse.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const type_names[] = {"string", "integer", "number", "boolean", "duration",
                                         "size",   "percent", "choice", "path",    "list"};
enum { TYPE_COUNT = sizeof type_names / sizeof *type_names };

void rbk_param_fini(struct rbk_param *p)
{
    free(p->name);
    free(p->help);
    rbk_value_free(p->dflt);
    rbk_value_free(p->min);
    rbk_value_free(p->max);
    rbk_strv_fini(&p->choices);
    *p = (struct rbk_param){0};
}

const char *rbk_param_type_name(enum rbk_param_type t)
{
    return type_names[t];
}

int rbk_param_type_parse(const char *name, enum rbk_param_type *out, struct rbk_error *err)
{
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(type_names[i], name) == 0) {
            *out = (enum rbk_param_type)i;
            return 0;
        }
    }
    static const struct {
        const char *alien, *ours;
    } aliases[] = {{"bool", "boolean"},  {"int", "integer"},   {"float", "number"}, {"enum", "choice"},
                   {"file", "path"},     {"time", "duration"}, {"bytes", "size"},   {"array", "list"},
                   {"ratio", "percent"}, {"text", "string"}};
    rbk_error_set(err, RBK_EINVAL, "\"%s\" is not a type", name);
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].alien, name) == 0)
            return rbk_error_hint(err, "use \"%s\"", aliases[i].ours);
    const char *near = rbk_did_you_mean(name, type_names, TYPE_COUNT);
    if (near)
        return rbk_error_hint(err, "did you mean \"%s\"?", near);
    return rbk_error_hint(err, "types: string integer number boolean duration size percent choice path list");
}

int param_no_fit(const struct rbk_param *p, const char *text, const char *what, struct rbk_error *err)
{
    if (p->secret)
        return rbk_error_set(err, RBK_EINVAL, "the value is not %s", what);
    return rbk_error_set(err, RBK_EINVAL, "\"%.200s\" is not %s", text, what);
}

static int integer_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool digits = *text && strspn(text, "+-0123456789") == strlen(text);
    if (!digits || *end || end == text || errno == ERANGE)
        return param_no_fit(p, text, "a whole number (try 3)", err);
    *out = rbk_int_new(number);
    return 0;
}

static int boolean_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i], text) == 0) {
            *out = rbk_bool_new(i % 2 == 1);
            return 0;
        }
    }
    return param_no_fit(p, text, "true or false", err);
}

enum rbk_unit param_type_unit(enum rbk_param_type type)
{
    switch (type) {
    case RBK_PARAM_DURATION:
        return RBK_UNIT_SECONDS;
    case RBK_PARAM_SIZE:
        return RBK_UNIT_BYTES;
    case RBK_PARAM_PERCENT:
        return RBK_UNIT_RATIO;
    default:
        return RBK_UNIT_NONE;
    }
}

const char *param_quantity_words(enum rbk_param_type type)
{
    switch (type) {
    case RBK_PARAM_DURATION:
        return "a duration (try 48h; units: ms s m h d w)";
    case RBK_PARAM_SIZE:
        return "a size (try 2GB; units: B KB MB GB TB KiB MiB GiB TiB)";
    case RBK_PARAM_PERCENT:
        return "a percentage (try 5%)";
    default:
        return "a number (try 1.5)";
    }
}

static int quantity_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    struct rbk_quantity q;
    enum rbk_unit unit = param_type_unit(p->type);
    bool read = rbk_quantity_parse(text, strlen(text), &q, NULL) == 0;
    bool bare_zero = read && q.unit == RBK_UNIT_NONE && q.value == 0;
    if (!read || (q.unit != unit && !bare_zero))
        return param_no_fit(p, text, param_quantity_words(p->type), err);
    if ((p->type == RBK_PARAM_DURATION || p->type == RBK_PARAM_SIZE) && q.value < 0)
        return param_no_fit(p, text, "zero or more", err);
    *out = rbk_number_new_spelled(q.value, unit, text);
    return 0;
}

/* "one of red, green". An empty text may be chosen but is not named: it is what stands there unless said. */
static void name_choices(const struct rbk_strv *choices, struct rbk_buf *out)
{
    for (size_t i = 0; i < choices->count; i++)
        if (choices->items[i][0])
            rbk_buf_printf(out, "%s%s", out->len ? ", " : "one of ", choices->items[i]);
    if (out->len == 0)
        rbk_buf_puts(out, "a choice: there are none here");
}

int param_choice_check(const struct rbk_param *p, const char *text, struct rbk_error *err)
{
    if (p->choices.count == 0 || rbk_strv_has(&p->choices, text))
        return 0;
    struct rbk_buf what = {0};
    name_choices(&p->choices, &what);
    param_no_fit(p, text, what.data, err);
    rbk_buf_fini(&what);
    const char *near = rbk_did_you_mean(text, (const char *const *)p->choices.items, p->choices.count);
    if (near && !p->secret)
        rbk_error_hint(err, "did you mean %s?", near);
    return RBK_EINVAL;
}

static int path_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    if (!*text)
        return param_no_fit(p, text, "a path (try reports/today.md)", err);
    *out = rbk_string_new(text);
    return 0;
}

static char *trimmed(const char *text, size_t len)
{
    for (; len > 0 && (*text == ' ' || *text == '\t'); len--)
        text++;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return rbk_strndup(text, len);
}

/* Items split at commas; an empty text is an empty list. */
static int list_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    rbk_value *list = rbk_list_new();
    int rc = 0;
    for (const char *at = text; rc == 0 && *text;) {
        size_t len = strcspn(at, ",");
        char *item = trimmed(at, len);
        rc = *item ? param_choice_check(p, item, err) : param_no_fit(p, text, "a list (try a,b,c)", err);
        rbk_list_append(list, rbk_string_new(item));
        free(item);
        at += len;
        if (*at++ != ',')
            break;
    }
    if (rc == 0)
        *out = list;
    else
        rbk_value_free(list);
    return rc;
}

static int string_parse(const char *text, rbk_value **out)
{
    *out = rbk_string_new(text);
    return 0;
}

static int text_typed(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    if (p->type != RBK_PARAM_LIST && param_choice_check(p, text, err) != 0)
        return RBK_EINVAL;
    switch (p->type) {
    case RBK_PARAM_INTEGER:
        return integer_parse(p, text, out, err);
    case RBK_PARAM_BOOLEAN:
        return boolean_parse(p, text, out, err);
    case RBK_PARAM_NUMBER:
    case RBK_PARAM_DURATION:
    case RBK_PARAM_SIZE:
    case RBK_PARAM_PERCENT:
        return quantity_parse(p, text, out, err);
    case RBK_PARAM_PATH:
        return path_parse(p, text, out, err);
    case RBK_PARAM_LIST:
        return list_parse(p, text, out, err);
    default:
        return string_parse(text, out);
    }
}

int param_text_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    *out = NULL;
    int rc = text_typed(p, text, out, err);
    rc = rc < 0 ? rc : param_range_check(p, *out, err);
    if (rc < 0) {
        rbk_value_free(*out);
        *out = NULL;
    }
    return rc;
}

int rbk_param_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err)
{
    int rc = param_text_parse(p, text, out, err);
    return rc ? param_error_name(p->name, rc, err) : 0;
}
