/* Copies between the two worlds. From Lua nothing raises: the C side owns half-made trees while it walks. */
#include <lua/value.h>

#include <base/mem.h>
#include <lua/quantity.h>
#include <lua/types.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* ---- to Lua ------------------------------------------------------------------------------------------------------ */

static void push_number(lua_State *L, const rbk_value *v)
{
    enum rbk_unit unit = rbk_value_unit(v);
    if (unit == RBK_UNIT_NONE) {
        lua_pushnumber(L, rbk_value_number(v));
        return;
    }
    char *spelling = rbk_value_text(v);
    char copy[24] = "";
    if (strlen(spelling) < sizeof copy)
        memcpy(copy, spelling, strlen(spelling) + 1);
    free(spelling);
    rbk_lua_push_quantity(L, rbk_value_number(v), unit, copy);
}

static void push_list(lua_State *L, const rbk_value *v)
{
    int count = (int)rbk_value_length(v);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        rbk_lua_push_value(L, rbk_list_at(v, (size_t)i));
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_map(lua_State *L, const rbk_value *v)
{
    int count = (int)rbk_value_length(v);
    lua_createtable(L, 0, count);
    for (int i = 0; i < count; i++) {
        lua_pushstring(L, rbk_map_key_at(v, (size_t)i));
        rbk_lua_push_value(L, rbk_map_value_at(v, (size_t)i));
        lua_rawset(L, -3);
    }
}

void rbk_lua_push_value(lua_State *L, const rbk_value *v)
{
    luaL_checkstack(L, 4, "value");
    switch (rbk_value_type(v)) {
    case RBK_NULL:
        lua_pushnil(L);
        break;
    case RBK_NO_DATA:
        rbk_lua_push_no_data(L);
        break;
    case RBK_BOOL:
        lua_pushboolean(L, rbk_value_bool(v));
        break;
    case RBK_INT:
        lua_pushinteger(L, rbk_value_int(v));
        break;
    case RBK_NUMBER:
        push_number(L, v);
        break;
    case RBK_STRING:
        lua_pushlstring(L, rbk_value_string(v), rbk_value_length(v));
        break;
    case RBK_LIST:
        push_list(L, v);
        break;
    case RBK_MAP:
        push_map(L, v);
        break;
    }
}

/* ---- from Lua ---------------------------------------------------------------------------------------------------- */

static rbk_value *read_at(lua_State *L, int idx, int depth, struct rbk_error *err);

int rbk_lua_list_length(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    lua_Integer count = 0, last = 0;
    if (!lua_checkstack(L, 3))
        return -1;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1) {
            lua_pop(L, 2);
            return -1;
        }
        count++;
        if (lua_tointeger(L, -2) > last)
            last = lua_tointeger(L, -2);
    }
    return last == count ? (int)count : -2;
}

static rbk_value *read_list(lua_State *L, int idx, int count, int depth, struct rbk_error *err)
{
    rbk_value *list = rbk_list_new();
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, idx, i);
        rbk_value *item = read_at(L, lua_gettop(L), depth, err);
        lua_pop(L, 1);
        if (!item) {
            rbk_value_free(list);
            return NULL;
        }
        rbk_list_append(list, item);
    }
    return list;
}

struct pair {
    const char *key; /* borrowed from the table's own key */
    rbk_value *value;
};

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

/* Collects the pairs; false with err at the first that is no data. */
static bool read_pairs(lua_State *L, int idx, int depth, struct pair **pairs, size_t *count, struct rbk_error *err)
{
    size_t cap = 0;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        bool named = lua_type(L, -2) == LUA_TSTRING;
        if (!named)
            rbk_error_set(err, RBK_EINVAL, "a table must have names only, or be a list only");
        rbk_value *value = named ? read_at(L, lua_gettop(L), depth, err) : NULL;
        if (!value) {
            lua_pop(L, 2);
            return false;
        }
        RBK_GROW(*pairs, *count, cap);
        (*pairs)[(*count)++] = (struct pair){lua_tostring(L, -2), value};
    }
    return true;
}

static rbk_value *read_map(lua_State *L, int idx, int depth, struct rbk_error *err)
{
    struct pair *pairs = NULL;
    size_t count = 0;
    rbk_value *map = NULL;
    if (read_pairs(L, idx, depth, &pairs, &count, err)) {
        if (count)
            qsort(pairs, count, sizeof *pairs, compare_pairs);
        map = rbk_map_new();
        for (size_t i = 0; i < count; i++)
            rbk_map_set(map, pairs[i].key, pairs[i].value);
    } else {
        for (size_t i = 0; i < count; i++)
            rbk_value_free(pairs[i].value);
    }
    free(pairs);
    return map;
}

static rbk_value *read_table(lua_State *L, int idx, int depth, struct rbk_error *err)
{
    if (depth >= DEPTH_MAX) {
        rbk_error_set(err, RBK_EINVAL, "tables are nested deeper than %d: a table within itself?", DEPTH_MAX);
        return NULL;
    }
    int length = rbk_lua_list_length(L, idx);
    if (length == -2) {
        rbk_error_set(err, RBK_EINVAL, "a list has a hole: one of its items is nil");
        return NULL;
    }
    return length >= 0 ? read_list(L, idx, length, depth + 1, err) : read_map(L, idx, depth + 1, err);
}

static rbk_value *read_other(lua_State *L, int idx, struct rbk_error *err)
{
    struct rbk_quantity q;
    const char *spelling;
    char text[64];
    if (rbk_lua_get_quantity(L, idx, &q, &spelling))
        return spelling[0] ? rbk_number_new_spelled(q.value, q.unit, spelling) : rbk_number_new(q.value, q.unit);
    if (rbk_lua_is_no_data(L, idx))
        return rbk_no_data_new();
    rbk_error_set(err, RBK_EINVAL, "%s is no data", rbk_lua_describe(L, idx, text, sizeof text));
    return NULL;
}

static rbk_value *read_at(lua_State *L, int idx, int depth, struct rbk_error *err)
{
    size_t len;
    const char *s;
    if (!lua_checkstack(L, 4)) {
        rbk_error_set(err, RBK_EINVAL, "not enough memory for the script");
        return NULL;
    }
    switch (lua_type(L, idx)) {
    case LUA_TNIL:
        return rbk_null_new();
    case LUA_TBOOLEAN:
        return rbk_bool_new(lua_toboolean(L, idx));
    case LUA_TNUMBER:
        return lua_isinteger(L, idx) ? rbk_int_new(lua_tointeger(L, idx))
                                     : rbk_number_new(lua_tonumber(L, idx), RBK_UNIT_NONE);
    case LUA_TSTRING:
        s = lua_tolstring(L, idx, &len);
        return rbk_string_new_len(s, len);
    case LUA_TTABLE:
        return read_table(L, idx, depth, err);
    default:
        return read_other(L, idx, err);
    }
}

rbk_value *rbk_lua_to_value(lua_State *L, int idx, struct rbk_error *err)
{
    return read_at(L, lua_absindex(L, idx), 0, err);
}

/* ---- boxes ---------------------------------------------------------------------------------------------------------
 */

static int box_gc(lua_State *L)
{
    rbk_value **box = lua_touserdata(L, 1);
    rbk_value_free(*box);
    *box = NULL;
    return 0;
}

rbk_value **rbk_lua_push_box(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", box_gc}, {NULL, NULL}};
    static const struct rbk_lua_type box_type = {"value", meta};
    return rbk_lua_new_typed(L, &box_type, sizeof(rbk_value *), 0);
}
