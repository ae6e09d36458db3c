/* `$name` in one argument. A text is a row of pieces, literal or name; everything here walks that row. */
#include <base/mem.h>
#include <run/subst.h>
#include <stdlib.h>
#include <string.h>

struct piece {
    const char *at; /* a literal's bytes; NULL for a name */
    size_t len;
    char name[130]; /* "level", or "step.name" within braces */
};

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static size_t name_length(const char *at)
{
    size_t len = 0;
    while (is_lower(at[len]) || (at[len] >= '0' && at[len] <= '9') || at[len] == '_')
        len++;
    return len;
}

static bool name_take(struct piece *out, const char *at, size_t len)
{
    if (len >= sizeof out->name)
        return false;
    out->at = NULL;
    memcpy(out->name, at, len);
    out->name[len] = 0;
    char *dot = strchr(out->name, '.');
    if (!dot)
        return rbk_name_ok(out->name);
    *dot = 0;
    bool ok = rbk_name_ok(out->name) && rbk_name_ok(dot + 1);
    *dot = '.';
    return ok;
}

static int braced_name(const char **at, struct piece *out, struct rbk_error *err)
{
    const char *start = *at + 2, *end = strchr(start, '}');
    if (!end) {
        rbk_error_set(err, RBK_EINVAL, "`${` has no closing `}` in \"%.100s\"", *at);
        return rbk_error_hint(err, "write `$$` for a dollar");
    }
    if (!name_take(out, start, (size_t)(end - start))) {
        rbk_error_set(err, RBK_EINVAL, "`%.*s` does not name a parameter or a fact",
                      (int)(end - *at > 80 ? 80 : end - *at + 1), *at);
        return rbk_error_hint(err, "only ${name} and ${step.name} are replaced here; write `$$` for a dollar");
    }
    *at = end + 1;
    return 0;
}

static int bare_name(const char **at, struct piece *out, struct rbk_error *err)
{
    size_t len = name_length(*at + 1);
    if (!name_take(out, *at + 1, len))
        return rbk_error_set(err, RBK_EINVAL, "`%.80s` is too long for a name", *at);
    *at += 1 + len;
    return 0;
}

/* Takes the next piece off the text: 1, or 0 at its end, or RBK_EINVAL. */
static int piece_next(const char **at, struct piece *out, struct rbk_error *err)
{
    const char *text = *at;
    if (!*text)
        return 0;
    if (text[0] == '$' && (is_lower(text[1]) || text[1] == '{'))
        return (text[1] == '{' ? braced_name(at, out, err) : bare_name(at, out, err)) == 0 ? 1 : RBK_EINVAL;
    out->at = text;
    out->len = text[0] == '$' ? 1 : strcspn(text, "$");
    *at = text + out->len + (text[0] == '$' && text[1] == '$');
    return 1;
}

void rbk_subst_names(const char *text, struct rbk_strv *out)
{
    struct piece piece = {0};
    while (piece_next(&text, &piece, NULL) > 0)
        if (!piece.at && !rbk_strv_has(out, piece.name))
            rbk_strv_add(out, piece.name);
}

int rbk_subst_check(const char *text, struct rbk_error *err)
{
    struct piece piece = {0};
    int rc = 1;
    while (rc > 0)
        rc = piece_next(&text, &piece, err);
    return rc;
}

static const rbk_value *name_value(const char *name, rbk_lookup_fn *lookup, void *arg, struct rbk_error *err)
{
    const rbk_value *v = lookup(arg, name);
    enum rbk_type type = rbk_value_type(v);
    if (type == RBK_NO_DATA)
        rbk_error_set(err, RBK_EINVAL, "there is no data for `$%s`", name);
    else if (type == RBK_NULL)
        rbk_error_set(err, RBK_EINVAL, "`$%s` is not set", name);
    else
        return v;
    rbk_error_hint(err, "%s",
                   type == RBK_NULL ? "give the parameter a value, or let a step before this one set the fact"
                                    : "guard the step with `when`");
    return NULL;
}

int rbk_subst_text(const char *text, rbk_lookup_fn *lookup, void *arg, char **out, struct rbk_error *err)
{
    struct rbk_buf buf = {0};
    struct piece piece = {0};
    int rc;
    *out = NULL;
    while ((rc = piece_next(&text, &piece, err)) > 0) {
        if (piece.at) {
            rbk_buf_append(&buf, piece.at, piece.len);
            continue;
        }
        const rbk_value *v = name_value(piece.name, lookup, arg, err);
        if (!v) {
            rc = RBK_EINVAL;
            break;
        }
        char *value = rbk_value_text(v);
        rbk_buf_puts(&buf, value);
        free(value);
    }
    if (rc == 0)
        *out = rbk_buf_take(&buf);
    rbk_buf_fini(&buf);
    return rc;
}

/* The name that the whole text is, and nothing else. */
static bool whole_name(const char *text, struct piece *piece)
{
    return piece_next(&text, piece, NULL) > 0 && !piece->at && !*text;
}

static int string_subst(const rbk_value *v, rbk_lookup_fn *lookup, void *arg, rbk_value **out, struct rbk_error *err)
{
    struct piece piece = {0};
    const char *text = rbk_value_string(v);
    if (whole_name(text, &piece)) {
        const rbk_value *typed = name_value(piece.name, lookup, arg, err);
        *out = typed ? rbk_value_dup(typed) : NULL;
        return typed ? 0 : RBK_EINVAL;
    }
    char *replaced = NULL;
    int rc = rbk_subst_text(text, lookup, arg, &replaced, err);
    if (rc == 0)
        *out = rbk_string_new(replaced);
    free(replaced);
    return rc;
}

int rbk_subst_value(const rbk_value *v, rbk_lookup_fn *lookup, void *arg, rbk_value **out, struct rbk_error *err)
{
    enum rbk_type type = rbk_value_type(v);
    *out = NULL;
    if (type == RBK_STRING)
        return string_subst(v, lookup, arg, out, err);
    if (type != RBK_LIST && type != RBK_MAP) {
        *out = rbk_value_dup(v);
        return 0;
    }
    rbk_value *copy = type == RBK_LIST ? rbk_list_new() : rbk_map_new();
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(v) && rc == 0; i++) {
        rbk_value *item = NULL;
        rc = rbk_subst_value(type == RBK_LIST ? rbk_list_at(v, i) : rbk_map_value_at(v, i), lookup, arg, &item, err);
        if (rc != 0)
            break;
        if (type == RBK_LIST)
            rbk_list_append(copy, item);
        else
            rbk_map_set(copy, rbk_map_key_at(v, i), item);
    }
    if (rc == 0)
        *out = copy;
    else
        rbk_value_free(copy);
    return rc;
}
