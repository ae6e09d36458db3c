/* ctx:http: a request of the step, as one userdata: what is sent, what came back, and the transfer, which ends with it.
 */
#include <lua/ctx.h>

#include <base/mem.h>
#include <lua/answer.h>
#include <lua/fail.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>

enum { SECRETS_MAX = 8, REDIRECTS_MAX = 10 };

struct http {
    struct rbk_wait wait;
    struct rbk_request *request; /* NULL: not under way */
    struct rbk_step_request told;
    struct rbk_secret_header secrets[SECRETS_MAX];
    struct rbk_strv headers;
    rbk_value *options; /* the table, which the strings belong to */
    char *json;
    struct rbk_answer answer;
};

static int http_gc(lua_State *L)
{
    struct http *h = lua_touserdata(L, 1);
    rbk_value_free(h->options);
    rbk_strv_fini(&h->headers);
    rbk_answer_fini(&h->answer);
    free(h->json);
    memset(h, 0, sizeof *h);
    return 0;
}

static const luaL_Reg http_meta[] = {{"__gc", http_gc}, {NULL, NULL}};
static const struct rbk_lua_type http_type = {"request", http_meta};

/* ---- options -------------------------------------------------------------------------------------------------------
 */

static void http_url(lua_State *L, struct http *h, const rbk_value *v)
{
    (void)L;
    h->told.http.url = rbk_value_string(v);
}

static void http_method(lua_State *L, struct http *h, const rbk_value *v)
{
    (void)L;
    h->told.http.method = rbk_value_string(v);
}

static void http_body(lua_State *L, struct http *h, const rbk_value *v)
{
    if (rbk_value_type(v) != RBK_STRING)
        rbk_lua_fail_hint(L, "json = { .. } sends a table as JSON", "`body` of ctx:http must be a string");
    h->told.http.body = rbk_value_string(v);
    h->told.http.body_len = rbk_value_length(v);
}

static void http_json(lua_State *L, struct http *h, const rbk_value *v)
{
    (void)L;
    h->json = rbk_value_to_json(v, 0);
    h->told.http.body = h->json;
    h->told.http.body_len = strlen(h->json);
    rbk_strv_add(&h->headers, "Content-Type: application/json");
}

static void http_headers(lua_State *L, struct http *h, const rbk_value *v)
{
    if (rbk_value_type(v) != RBK_MAP && rbk_value_length(v) > 0)
        rbk_lua_fail(L, "`headers` of ctx:http must be a table of Name = \"value\"");
    for (size_t i = 0; i < rbk_value_length(v); i++) {
        char *text = rbk_value_text(rbk_map_value_at(v, i));
        rbk_strv_take(&h->headers, rbk_asprintf("%s: %s", rbk_map_key_at(v, i), text));
        free(text);
    }
}

static void add_secret(lua_State *L, struct http *h, const char *name, const char *prefix, const rbk_value *secret)
{
    if (rbk_value_type(secret) != RBK_STRING || strpbrk(name, ":\r\n"))
        rbk_lua_fail_hint(L, "secret_headers = { [\"X-Api-Key\"] = \"api_token\" }",
                          "a secret header is the name of a header and the name of a secret");
    if (h->told.secret_count == SECRETS_MAX)
        rbk_lua_fail(L, "ctx:http takes at most %d secret headers", SECRETS_MAX);
    h->secrets[h->told.secret_count++] = (struct rbk_secret_header){name, prefix, rbk_value_string(secret)};
}

static void http_bearer(lua_State *L, struct http *h, const rbk_value *v)
{
    add_secret(L, h, "Authorization", "Bearer ", v);
}

static void http_secret_headers(lua_State *L, struct http *h, const rbk_value *v)
{
    for (size_t i = 0; i < rbk_value_length(v); i++)
        add_secret(L, h, rbk_map_key_at(v, i) ? rbk_map_key_at(v, i) : "\n", "", rbk_map_value_at(v, i));
}

static void http_writes(lua_State *L, struct http *h, const rbk_value *v)
{
    (void)L;
    h->told.writes = rbk_value_bool(v);
}

static void http_redirects(lua_State *L, struct http *h, const rbk_value *v)
{
    int64_t count = rbk_value_int(v);
    if (count < 0 || count > REDIRECTS_MAX)
        rbk_lua_fail(L, "`redirects` of ctx:http must be 0 to %d", REDIRECTS_MAX);
    h->told.http.redirects = (int)count;
}

/* Read before the others, from the table itself: it may be a quantity. */
static void http_timeout(lua_State *L, struct http *h)
{
    if (lua_getfield(L, 2, "timeout") != LUA_TNIL)
        h->told.http.total_ms = rbk_ctx_duration(L, -1, "`timeout` of ctx:http");
    lua_pop(L, 1);
}

static void http_known(lua_State *L, struct http *h, const rbk_value *v)
{
    (void)L, (void)h, (void)v;
}

static const struct http_option {
    const char *name;
    void (*read)(lua_State *L, struct http *h, const rbk_value *v);
} http_options[] = {
    {"url", http_url},         {"method", http_method},
    {"headers", http_headers}, {"bearer", http_bearer},
    {"body", http_body},       {"json", http_json},
    {"writes", http_writes},   {"redirects", http_redirects},
    {"timeout", http_known},   {"secret_headers", http_secret_headers},
};
enum { OPTION_COUNT = sizeof http_options / sizeof *http_options };

static void read_option(lua_State *L, struct http *h, const char *name, const rbk_value *v)
{
    const char *names[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(http_options[i].name, name) == 0) {
            http_options[i].read(L, h, v);
            return;
        }
        names[i] = http_options[i].name;
    }
    struct rbk_error err;
    rbk_error_set(&err, RBK_EINVAL, "unknown option `%s` of ctx:http", name);
    const char *near = rbk_did_you_mean(name, names, OPTION_COUNT);
    if (near)
        rbk_error_hint(&err, "did you mean `%s`?", near);
    rbk_lua_raise(L, &err);
}

static bool only_reads(const struct rbk_http_request *q)
{
    const char *method = q->method ? q->method : q->body ? "POST" : "GET";
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static void read_options(lua_State *L, struct http *h)
{
    struct rbk_error err;
    if (lua_type(L, 2) != LUA_TTABLE)
        rbk_lua_fail(L, "ctx:http takes one table: ctx:http { url = \"https://..\" }");
    h->options = rbk_lua_to_value(L, 2, &err);
    if (!h->options)
        rbk_lua_raise(L, &err);
    http_timeout(L, h);
    for (size_t i = 0; i < rbk_value_length(h->options); i++) {
        const char *name = rbk_map_key_at(h->options, i);
        read_option(L, h, name ? name : "1", rbk_map_value_at(h->options, i));
    }
    if (!h->told.http.url)
        rbk_lua_fail(L, "ctx:http needs a `url`");
    if (!rbk_map_get(h->options, "writes"))
        h->told.writes = !only_reads(&h->told.http);
    h->told.http.once = h->told.writes;
    h->told.http.headers = &h->headers;
    h->told.secrets = h->secrets;
}

/* ---- the answer ----------------------------------------------------------------------------------------------------
 */

static void on_answer(void *arg, const struct rbk_http_response *a, enum rbk_net_failure failure,
                      const struct rbk_error *failed)
{
    struct http *h = arg;
    h->request = NULL;
    rbk_answer_set(&h->answer, a, failure, failed);
    rbk_await_done(&h->wait);
}

static void on_cancelled(void *arg)
{
    struct http *h = arg;
    rbk_await_done(&h->wait);
}

static void http_cancel(struct rbk_wait *w)
{
    struct http *h = (struct http *)w;
    if (!h->request)
        return;
    rbk_perform_http_cancel(h->request);
    h->request = NULL;
    rbk_loop_defer(rbk_perform_loop(w->task->call->perform), on_cancelled, h);
}

/* nil, message, kind */
static int push_failed(lua_State *L, const struct rbk_answer *a)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s%s%s", a->failed.message, a->failed.hint[0] ? "; " : "", a->failed.hint);
    rbk_answer_push_kind(L, a);
    return 3;
}

static int push_not_started(lua_State *L, struct http *h, const struct rbk_error *err)
{
    h->answer.failure = RBK_NET_NEVER;
    h->answer.failed = *err;
    return push_failed(L, &h->answer);
}

static int http_finish(lua_State *L, struct rbk_wait *w)
{
    const struct rbk_answer *a = &((const struct http *)w)->answer;
    if (a->failed.code)
        return push_failed(L, a);
    rbk_answer_push(L, a);
    return 1;
}

int rbk_ctx_http(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    struct rbk_error err;
    lua_settop(L, 2);
    rbk_await_begin(L, &call->task);
    struct http *h = rbk_lua_new_typed(L, &http_type, sizeof *h, 0);
    h->wait = (struct rbk_wait){.task = &call->task, .finish = http_finish, .cancel = http_cancel};
    read_options(L, h);
    if (rbk_perform_http(call->perform, &h->told, on_answer, h, &h->request, &err) != 0)
        return push_not_started(L, h, &err);
    return rbk_await(L, &h->wait);
}
