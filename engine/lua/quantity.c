/* Quantities are small userdata: a number, its unit, and the spelling a person used as long as nothing was computed.
 * Units must agree; a bare 0 agrees with all; a ratio or plain number scales anything. */
#include <lua/quantity.h>

#include <lua/fail.h>
#include <lua/types.h>
#include <stdio.h>
#include <string.h>

struct lua_quantity {
    struct rbk_quantity q;
    char spelling[24];
};

static int quantity_add(lua_State *L);
static int quantity_sub(lua_State *L);
static int quantity_mul(lua_State *L);
static int quantity_div(lua_State *L);
static int quantity_minus(lua_State *L);
static int quantity_eq(lua_State *L);
static int quantity_lt(lua_State *L);
static int quantity_le(lua_State *L);
static int quantity_tostring(lua_State *L);
static int quantity_concat(lua_State *L);
static int quantity_index(lua_State *L);

static const luaL_Reg quantity_meta[] = {
    {"__add", quantity_add},       {"__sub", quantity_sub},     {"__mul", quantity_mul},
    {"__div", quantity_div},       {"__unm", quantity_minus},   {"__eq", quantity_eq},
    {"__lt", quantity_lt},         {"__le", quantity_le},       {"__tostring", quantity_tostring},
    {"__concat", quantity_concat}, {"__index", quantity_index}, {NULL, NULL},
};
static const struct rbk_lua_type quantity_type = {"quantity", quantity_meta};

void rbk_lua_push_quantity(lua_State *L, double value, enum rbk_unit unit, const char *spelling)
{
    struct lua_quantity *n = rbk_lua_new_typed(L, &quantity_type, sizeof *n, 0);
    n->q = (struct rbk_quantity){value, unit};
    if (spelling && strlen(spelling) < sizeof n->spelling)
        memcpy(n->spelling, spelling, strlen(spelling) + 1);
}

bool rbk_lua_get_quantity(lua_State *L, int idx, struct rbk_quantity *out, const char **spelling)
{
    const struct lua_quantity *n = rbk_lua_test(L, idx, &quantity_type);
    if (!n)
        return false;
    *out = n->q;
    if (spelling)
        *spelling = n->spelling;
    return true;
}

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

static struct rbk_quantity operand(lua_State *L, int idx)
{
    struct rbk_quantity q = {0, RBK_UNIT_NONE};
    char text[64];
    if (rbk_lua_get_quantity(L, idx, &q, NULL))
        return q;
    if (lua_type(L, idx) != LUA_TNUMBER)
        rbk_lua_fail(L, "a number was expected, not %s", rbk_lua_describe(L, idx, text, sizeof text));
    q.value = lua_tonumber(L, idx);
    return q;
}

static void quantity_text(struct rbk_quantity q, char *out, size_t size)
{
    rbk_quantity_format(q, out, size);
}

/* The unit that both share; raises when they have none in common. */
static enum rbk_unit common_unit(lua_State *L, struct rbk_quantity a, struct rbk_quantity b)
{
    if (a.unit == b.unit || (b.unit == RBK_UNIT_NONE && b.value == 0))
        return a.unit;
    if (a.unit == RBK_UNIT_NONE && a.value == 0)
        return b.unit;
    char left[64], right[64];
    quantity_text(a, left, sizeof left);
    quantity_text(b, right, sizeof right);
    rbk_lua_fail_hint(L, "say the unit: seconds(n), bytes(n) or ratio(n)", "units do not fit: %s is %s, %s is %s", left,
                      rbk_unit_name(a.unit), right, rbk_unit_name(b.unit));
    return RBK_UNIT_NONE;
}

static int push_result(lua_State *L, double value, enum rbk_unit unit)
{
    if (unit == RBK_UNIT_NONE)
        lua_pushnumber(L, value);
    else
        rbk_lua_push_quantity(L, value, unit, NULL);
    return 1;
}

static int quantity_add(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1), b = operand(L, 2);
    return push_result(L, a.value + b.value, common_unit(L, a, b));
}

static int quantity_sub(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1), b = operand(L, 2);
    return push_result(L, a.value - b.value, common_unit(L, a, b));
}

static bool is_scale(struct rbk_quantity q)
{
    return q.unit == RBK_UNIT_NONE || q.unit == RBK_UNIT_RATIO;
}

static int quantity_mul(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1), b = operand(L, 2);
    if (!is_scale(a) && !is_scale(b))
        return rbk_lua_fail(L, "%s times %s has no meaning", rbk_unit_name(a.unit), rbk_unit_name(b.unit));
    if (a.unit == RBK_UNIT_NONE || !is_scale(b))
        return push_result(L, a.value * b.value, b.unit);
    return push_result(L, a.value * b.value, a.unit);
}

static int quantity_div(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1), b = operand(L, 2);
    if (a.unit == b.unit)
        return push_result(L, a.value / b.value, RBK_UNIT_NONE);
    if (!is_scale(b))
        return rbk_lua_fail(L, "%s divided by %s has no meaning", rbk_unit_name(a.unit), rbk_unit_name(b.unit));
    return push_result(L, a.value / b.value, a.unit);
}

static int quantity_minus(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1);
    return push_result(L, -a.value, a.unit);
}

/* Anything that is no quantity, `no_data` above all, is simply not equal. */
static int quantity_eq(lua_State *L)
{
    struct rbk_quantity a, b;
    bool both = rbk_lua_get_quantity(L, 1, &a, NULL) && rbk_lua_get_quantity(L, 2, &b, NULL);
    lua_pushboolean(L, both && a.unit == b.unit && a.value == b.value);
    return 1;
}

static int quantity_lt(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1), b = operand(L, 2);
    common_unit(L, a, b);
    lua_pushboolean(L, a.value < b.value);
    return 1;
}

static int quantity_le(lua_State *L)
{
    struct rbk_quantity a = operand(L, 1), b = operand(L, 2);
    common_unit(L, a, b);
    lua_pushboolean(L, a.value <= b.value);
    return 1;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int quantity_tostring(lua_State *L)
{
    const struct lua_quantity *n = rbk_lua_test(L, 1, &quantity_type);
    char text[64] = "quantity";
    if (n)
        quantity_text(n->q, text, sizeof text);
    lua_pushstring(L, n && n->spelling[0] ? n->spelling : text);
    return 1;
}

static int quantity_concat(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

/* q.value in base units, q.unit as a word. */
static int quantity_index(lua_State *L)
{
    struct rbk_quantity q = operand(L, 1);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "value") == 0)
        lua_pushnumber(L, q.value);
    else if (strcmp(key, "unit") == 0)
        lua_pushstring(L, rbk_unit_name(q.unit));
    else
        return rbk_lua_fail(L, "a quantity has `value` and `unit`, but no `%s`", key);
    return 1;
}

/* ---- constructors ------------------------------------------------------------------------------------------------ */

static int new_quantity(lua_State *L, enum rbk_unit unit)
{
    struct rbk_quantity q = operand(L, 1);
    if (q.unit != RBK_UNIT_NONE && q.unit != unit)
        return rbk_lua_fail(L, "%s cannot become %s", rbk_unit_name(q.unit), rbk_unit_name(unit));
    rbk_lua_push_quantity(L, q.value, unit, NULL);
    return 1;
}

int rbk_lua_seconds(lua_State *L)
{
    return new_quantity(L, RBK_UNIT_SECONDS);
}

int rbk_lua_bytes(lua_State *L)
{
    return new_quantity(L, RBK_UNIT_BYTES);
}

int rbk_lua_ratio(lua_State *L)
{
    return new_quantity(L, RBK_UNIT_RATIO);
}

/* ---- no data ----------------------------------------------------------------------------------------------------- */

static int no_data_tostring(lua_State *L)
{
    lua_pushliteral(L, "no data");
    return 1;
}

/* Every push is a value of its own, all alike. */
static int no_data_eq(lua_State *L)
{
    lua_pushboolean(L, rbk_lua_is_no_data(L, 1) && rbk_lua_is_no_data(L, 2));
    return 1;
}

static const luaL_Reg no_data_meta[] = {
    {"__tostring", no_data_tostring}, {"__concat", quantity_concat}, {"__eq", no_data_eq}, {NULL, NULL}};
static const struct rbk_lua_type no_data_type = {"no data", no_data_meta};

void rbk_lua_push_no_data(lua_State *L)
{
    rbk_lua_new_typed(L, &no_data_type, 0, 0);
}

bool rbk_lua_is_no_data(lua_State *L, int idx)
{
    return lua_type(L, idx) == LUA_TUSERDATA && rbk_lua_is(L, idx, &no_data_type);
}
