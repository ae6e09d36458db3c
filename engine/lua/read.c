/* The one loop that reads a table of a runbook file, and its messages. */
#include <lua/read.h>

#include <lua/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int rbk_read_error(struct rbk_reader *r, const char *fmt, ...)
{
    char message[sizeof r->err->message];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    rbk_error_set(r->err, RBK_EINVAL, "%s", message);
    return rbk_error_at(r->err, r->file, r->key_line, 0);
}

int rbk_read_expected(struct rbk_reader *r, const char *what)
{
    char got[80];
    rbk_lua_describe(r->L, -1, got, sizeof got);
    return rbk_read_error(r, "`%s` of %s must be %s, not %s", r->key->name, r->where, what, got);
}

static int item_error(struct rbk_reader *r)
{
    char item[80];
    rbk_lua_describe(r->L, -1, item, sizeof item);
    r->key_line = r->line;
    rbk_read_error(r, "%s holds %s without a key", r->where, item);
    return rbk_error_hint(r->err, "write key = value; a command is run = [[..]]");
}

static int unknown_key(struct rbk_reader *r, const struct rbk_key *keys, const char *name)
{
    r->key_line = rbk_load_key_line(r->load, r->file, r->line, name);
    rbk_key_unknown(keys, name, r->where, r->err);
    return rbk_error_at(r->err, r->file, r->key_line, 0);
}

static const struct rbk_field *field_find(const struct rbk_field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name) != 0)
        fields++;
    return fields->name ? fields : NULL;
}

/* One pair: the key below the value on the stack. */
static int read_pair(struct rbk_reader *r, const struct rbk_key *keys, const struct rbk_field *fields, void *target)
{
    if (lua_type(r->L, -2) != LUA_TSTRING)
        return item_error(r);
    const char *name = lua_tostring(r->L, -2);
    const struct rbk_field *field = field_find(fields, name);
    r->key = rbk_key_find(keys, name);
    if (!r->key || !field)
        return unknown_key(r, keys, name);
    r->key_line = rbk_load_key_line(r->load, r->file, r->line, name);
    return field->read(r, (char *)target + field->offset);
}

/* Lua's order of keys is no order: of two errors the one further up is kept. */
static void keep_topmost(struct rbk_error *kept, const struct rbk_error *e)
{
    bool above = e->line < kept->line || (e->line == kept->line && strcmp(e->message, kept->message) < 0);
    if (kept->code == RBK_OK || above)
        *kept = *e;
}

int rbk_read_table(struct rbk_reader *r, const struct rbk_key *keys, const struct rbk_field *fields, void *target,
                   bool items_too)
{
    lua_State *L = r->L;
    struct rbk_error first = {0}, e, *out = r->err;
    int table = lua_gettop(L);
    if (!lua_checkstack(L, 8))
        return rbk_error_set(out, RBK_EINVAL, "not enough memory for the script");
    r->err = &e;
    for (lua_pushnil(L); lua_next(L, table); lua_settop(L, table + 1)) {
        if (items_too && lua_type(L, -2) == LUA_TNUMBER)
            continue;
        if (read_pair(r, keys, fields, target) == 0)
            continue;
        rbk_load_note(r->load, &e);
        keep_topmost(&first, &e);
    }
    r->err = out;
    if (first.code)
        *out = first;
    return first.code;
}

int rbk_read_subtable(struct rbk_reader *r, const struct rbk_key *keys, const struct rbk_field *fields, void *target)
{
    char where[256];
    struct rbk_reader inner = *r;
    snprintf(where, sizeof where, "`%s` of %s", r->key->name, r->where);
    inner.where = where;
    inner.line = r->key_line;
    return rbk_read_table(&inner, keys, fields, target, false);
}
