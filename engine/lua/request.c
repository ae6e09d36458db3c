/* A request is one userdata: what is sent, what came back, and the transfer, which ends with it. */
#include <lua/request.h>

#include <base/mem.h>
#include <lua/answer.h>
#include <lua/delivery.h>
#include <lua/fail.h>
#include <lua/quantity.h>
#include <lua/types.h>
#include <lua/value.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct rbk_wait wait;
    struct rbk_transfer *transfer;
    rbk_value *told; /* what was read of the table that it was made of */
    rbk_value *json_of;
    struct rbk_strv headers, to;
    struct rbk_mail_part *parts;
    char *json;
    struct rbk_answer answer;
};

static void request_cancel(struct rbk_wait *w)
{
    struct request *r = (struct request *)w;
    if (r->transfer)
        rbk_transfer_cancel(r->transfer);
    r->transfer = NULL;
}

static int request_gc(lua_State *L)
{
    struct request *r = lua_touserdata(L, 1);
    request_cancel(&r->wait);
    rbk_value_free(r->told);
    rbk_value_free(r->json_of);
    rbk_strv_fini(&r->headers);
    rbk_strv_fini(&r->to);
    rbk_answer_fini(&r->answer);
    free(r->parts);
    free(r->json);
    memset(r, 0, sizeof *r);
    return 0;
}

static const luaL_Reg request_meta[] = {{"__gc", request_gc}, {NULL, NULL}};
static const struct rbk_lua_type request_type = {"request", request_meta};

static void on_answer(void *arg, const struct rbk_http_response *a, enum rbk_net_failure failure,
                      const struct rbk_error *failed)
{
    struct request *r = arg;
    r->transfer = NULL;
    rbk_answer_set(&r->answer, a, failure, failed);
    rbk_await_done(&r->wait);
}

/* ---- results -------------------------------------------------------------------------------------------------------
 */

static int push_failed(lua_State *L, const struct rbk_answer *a)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    rbk_answer_push_kind(L, a);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, a->failed.message);
    lua_setfield(L, -2, "message");
    if (a->status) {
        lua_pushinteger(L, a->status);
        lua_setfield(L, -2, "status");
    }
    return 2;
}

static int http_finish(lua_State *L, struct rbk_wait *w)
{
    const struct rbk_answer *a = &((const struct request *)w)->answer;
    if (a->failed.code)
        return push_failed(L, a);
    rbk_answer_push(L, a);
    return 1;
}

static int mail_finish(lua_State *L, struct rbk_wait *w)
{
    const struct rbk_answer *a = &((const struct request *)w)->answer;
    if (a->failed.code)
        return push_failed(L, a);
    lua_pushboolean(L, true);
    return 1;
}

/* ---- what is asked -------------------------------------------------------------------------------------------------
 */

static struct request *request_new(lua_State *L, struct rbk_task *t, int (*finish)(lua_State *, struct rbk_wait *))
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    rbk_await_begin(L, t);
    struct request *r = rbk_lua_new_typed(L, &request_type, sizeof *r, 0);
    r->wait = (struct rbk_wait){.task = t, .finish = finish, .cancel = request_cancel};
    return r;
}

/* The value at the top of the stack, NULL for nil. [-1, +0, v] */
static rbk_value *take_value(lua_State *L)
{
    struct rbk_error err;
    rbk_value *v = lua_isnil(L, -1) ? NULL : rbk_lua_to_value(L, -1, &err);
    if (!v && !lua_isnil(L, -1))
        rbk_lua_raise(L, &err);
    lua_pop(L, 1);
    return v;
}

static void add_header(lua_State *L, struct rbk_strv *headers, const char *name, const rbk_value *value)
{
    char *made = rbk_value_string(value) ? NULL : rbk_value_text(value);
    const char *text = made ? made : rbk_value_string(value);
    struct rbk_buf line = {0};
    bool bad = name[strcspn(name, ":\r\n")] || text[strcspn(text, "\r\n")];
    if (!bad) {
        rbk_buf_puts(&line, name);
        rbk_buf_puts(&line, ": ");
        rbk_buf_puts(&line, text);
        rbk_strv_take(headers, rbk_buf_take(&line));
    }
    free(made);
    if (bad)
        rbk_lua_fail(L, "the header %s holds what no header can", name);
}

static int64_t to_ms(double seconds)
{
    return seconds > 0 && seconds < 1e6 ? (int64_t)llround(seconds * 1000) : 0;
}

/* A text of the table at 1, which stays on the stack; NULL when it is none. [-0, +1, v] */
static const char *text_field(lua_State *L, const char *name, size_t *len)
{
    return lua_getfield(L, 1, name) == LUA_TSTRING ? lua_tolstring(L, -1, len) : NULL;
}

static int push_not_started(lua_State *L, struct request *r, const struct rbk_error *err)
{
    r->answer.failure = RBK_NET_REFUSED;
    r->answer.failed = *err;
    return push_failed(L, &r->answer);
}

/* The client copies what it is given: what stays on the stack until it has begun is kept long enough. */
static void read_http(lua_State *L, struct rbk_http_request *q)
{
    q->method = text_field(L, "method", NULL);
    q->url = text_field(L, "url", NULL);
    q->body = text_field(L, "body", &q->body_len);
    lua_getfield(L, 1, "once");
    q->once = lua_toboolean(L, -1);
    lua_getfield(L, 1, "timeout");
    rbk_value *timeout = take_value(L);
    q->total_ms = to_ms(rbk_value_number(timeout));
    rbk_value_free(timeout);
}

int rbk_request_http(lua_State *L, struct rbk_task *t, struct rbk_net *net)
{
    struct rbk_error err = {0};
    struct request *r = request_new(L, t, http_finish);
    struct rbk_http_request q = {.headers = &r->headers};
    read_http(L, &q);
    if (!q.url)
        rbk_lua_fail(L, "a request needs a `url`");
    lua_getfield(L, 1, "headers");
    r->told = take_value(L);
    for (size_t i = 0; i < rbk_value_length(r->told); i++)
        add_header(L, &r->headers, rbk_map_key_at(r->told, i), rbk_map_value_at(r->told, i));
    lua_getfield(L, 1, "json");
    r->json_of = take_value(L);
    if (r->json_of) {
        r->json = rbk_value_to_json(r->json_of, 0);
        rbk_strv_add(&r->headers, "Content-Type: application/json; charset=utf-8");
        q.body = r->json;
        q.body_len = strlen(r->json);
    }
    if (rbk_net_http(net, &q, on_answer, r, &r->transfer, &err) < 0)
        return push_not_started(L, r, &err);
    return rbk_await(L, &r->wait);
}

/* ---- mail ----------------------------------------------------------------------------------------------------------
 */

static void add_lines(struct rbk_strv *lines, const rbk_value *list)
{
    for (size_t i = 0; i < rbk_value_length(list); i++)
        if (rbk_value_string(rbk_list_at(list, i)))
            rbk_strv_add(lines, rbk_value_string(rbk_list_at(list, i)));
}

static size_t read_parts(struct request *r, const rbk_value *list)
{
    size_t count = rbk_value_length(list);
    r->parts = count ? rbk_alloc(count * sizeof *r->parts) : NULL;
    for (size_t i = 0; i < count; i++) {
        const rbk_value *part = rbk_list_at(list, i), *data = rbk_map_get(part, "data");
        r->parts[i] = (struct rbk_mail_part){.name = rbk_map_get_string(part, "name"),
                                             .type = rbk_map_get_string(part, "type"),
                                             .data = rbk_value_string(data) ? rbk_value_string(data) : "",
                                             .len = rbk_value_length(data)};
    }
    return count;
}

int rbk_request_mail(lua_State *L, struct rbk_task *t, struct rbk_net *net, const struct rbk_redactor *redactor)
{
    struct rbk_error err = {0};
    struct request *r = request_new(L, t, mail_finish);
    lua_pushvalue(L, 1);
    r->told = take_value(L);
    add_lines(&r->headers, rbk_map_get(r->told, "headers"));
    add_lines(&r->to, rbk_map_get(r->told, "to"));
    struct rbk_mail m = {.url = rbk_map_get_string(r->told, "url"),
                         .user = rbk_map_get_string(r->told, "user"),
                         .password = rbk_map_get_string(r->told, "password"),
                         .starttls = rbk_map_get_string(r->told, "starttls"),
                         .from = rbk_map_get_string(r->told, "from"),
                         .to = &r->to,
                         .headers = &r->headers,
                         .text = rbk_map_get_string(r->told, "text"),
                         .html = rbk_map_get_string(r->told, "html"),
                         .total_ms = to_ms(rbk_value_number(rbk_map_get(r->told, "timeout")))};
    rbk_map_set(r->told, "attachments", rbk_delivery_redacted(redactor, rbk_map_get(r->told, "attachments")));
    m.attachment_count = read_parts(r, rbk_map_get(r->told, "attachments"));
    m.attachments = r->parts;
    if (!m.url || !m.from || !m.text || r->to.count == 0)
        rbk_lua_fail(L, "a mail needs `url`, `from`, `to` and `text`");
    if (rbk_net_mail(net, &m, on_answer, r, &r->transfer, &err) < 0)
        return push_not_started(L, r, &err);
    return rbk_await(L, &r->wait);
}
