/* Answers of other machines, from the callback of a transfer to a table. */
#include <lua/answer.h>

#include <base/clock.h>
#include <string.h>

void rbk_answer_set(struct rbk_answer *a, const struct rbk_http_response *r, enum rbk_net_failure failure,
                    const struct rbk_error *failed)
{
    a->failure = failure;
    if (failed)
        a->failed = *failed;
    a->status = r->status;
    a->truncated = r->truncated;
    a->retry_after_ms = rbk_http_retry_after_ms(r, rbk_clock_wall_ms());
    for (size_t i = 0; r->headers && i < r->headers->count; i++)
        rbk_strv_add(&a->headers, r->headers->items[i]);
    rbk_buf_append(&a->body, r->body ? r->body : "", r->body ? r->body_len : 0);
}

void rbk_answer_fini(struct rbk_answer *a)
{
    rbk_strv_fini(&a->headers);
    rbk_buf_fini(&a->body);
}

static void push_headers(lua_State *L, const struct rbk_strv *headers)
{
    lua_createtable(L, 0, (int)headers->count);
    for (size_t i = 0; i < headers->count; i++) {
        const char *line = headers->items[i], *colon = strchr(line, ':');
        if (!colon)
            continue;
        lua_pushlstring(L, line, (size_t)(colon - line));
        lua_pushstring(L, colon + 1 + strspn(colon + 1, " \t"));
        lua_rawset(L, -3);
    }
}

void rbk_answer_push(lua_State *L, const struct rbk_answer *a)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, a->status);
    lua_setfield(L, -2, "status");
    push_headers(L, &a->headers);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, a->body.data ? a->body.data : "", a->body.len);
    lua_setfield(L, -2, "body");
    lua_pushboolean(L, a->truncated);
    lua_setfield(L, -2, "truncated");
    if (a->retry_after_ms < 0)
        return;
    lua_pushnumber(L, (lua_Number)a->retry_after_ms / 1000);
    lua_setfield(L, -2, "retry_after");
}

void rbk_answer_push_kind(lua_State *L, const struct rbk_answer *a)
{
    static const char *const kinds[] = {
        [RBK_NET_REFUSED] = "refused", [RBK_NET_UNKNOWN] = "unknown", [RBK_NET_NEVER] = "never"};
    lua_pushstring(L, kinds[a->failure]);
}
