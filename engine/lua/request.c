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
    rbk_value *told; /* the table that it was made of, which the strings below belong to */
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
    struct rbk_error err;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    rbk_await_begin(L, t);
    struct request *r = rbk_lua_new_typed(L, &request_type, sizeof *r, 0);
    r->wait = (struct rbk_wait){.task = t, .finish = finish, .cancel = request_cancel};
    r->told = rbk_lua_to_value(L, 1, &err);
    if (!r->told)
        rbk_lua_raise(L, &err);
    return r;
}

static void add_header(lua_State *L, struct rbk_strv *headers, const char *name, const rbk_value *value)
{
    char *text = rbk_value_text(value);
    bool bad = name[strcspn(name, ":\r\n")] || text[strcspn(text, "\r\n")];
    if (!bad)
        rbk_strv_take(headers, rbk_asprintf("%s: %s", name, text));
    free(text);
    if (bad)
        rbk_lua_fail(L, "the header %s holds what no header can", name);
}

static int64_t timeout_of(const rbk_value *told)
{
    double seconds = rbk_value_number(rbk_map_get(told, "timeout"));
    return seconds > 0 && seconds < 1e6 ? (int64_t)llround(seconds * 1000) : 0;
}

static int push_not_started(lua_State *L, struct request *r, const struct rbk_error *err)
{
    r->answer.failure = RBK_NET_REFUSED;
    r->answer.failed = *err;
    return push_failed(L, &r->answer);
}

int rbk_request_http(lua_State *L, struct rbk_task *t, struct rbk_net *net)
{
    struct rbk_error err = {0};
    struct request *r = request_new(L, t, http_finish);
    const rbk_value *headers = rbk_map_get(r->told, "headers"), *json = rbk_map_get(r->told, "json");
    struct rbk_http_request q = {.method = rbk_map_get_string(r->told, "method"),
                                 .url = rbk_map_get_string(r->told, "url"),
                                 .headers = &r->headers,
                                 .body = rbk_map_get_string(r->told, "body"),
                                 .body_len = rbk_value_length(rbk_map_get(r->told, "body")),
                                 .total_ms = timeout_of(r->told),
                                 .once = rbk_value_bool(rbk_map_get(r->told, "once"))};
    if (!q.url)
        rbk_lua_fail(L, "a request needs a `url`");
    for (size_t i = 0; i < rbk_value_length(headers); i++)
        add_header(L, &r->headers, rbk_map_key_at(headers, i), rbk_map_value_at(headers, i));
    if (json) {
        r->json = rbk_value_to_json(json, 0);
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
                         .total_ms = timeout_of(r->told)};
    rbk_map_set(r->told, "attachments", rbk_delivery_redacted(redactor, rbk_map_get(r->told, "attachments")));
    m.attachment_count = read_parts(r, rbk_map_get(r->told, "attachments"));
    m.attachments = r->parts;
    if (!m.url || !m.from || !m.text || r->to.count == 0)
        rbk_lua_fail(L, "a mail needs `url`, `from`, `to` and `text`");
    if (rbk_net_mail(net, &m, on_answer, r, &r->transfer, &err) < 0)
        return push_not_started(L, r, &err);
    return rbk_await(L, &r->wait);
}
