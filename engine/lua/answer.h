/* What came back of a request, kept until its coroutine goes on. Within ctx_http.c and request.c. */
#ifndef RBK_LUA_ANSWER_H
#define RBK_LUA_ANSWER_H

#include <base/buf.h>
#include <lua.h>
#include <net/net.h>

struct rbk_answer { /* zero-initialise */
    int status;
    struct rbk_strv headers;
    struct rbk_buf body;
    bool truncated;
    int64_t retry_after_ms; /* -1 = not said */
    enum rbk_net_failure failure;
    struct rbk_error failed; /* code 0: there was an answer */
};

/* Copies what a callback is told; `failed` may be NULL. */
void rbk_answer_set(struct rbk_answer *a, const struct rbk_http_response *r, enum rbk_net_failure failure,
                    const struct rbk_error *failed);
void rbk_answer_fini(struct rbk_answer *a);

/* { status, headers, body, truncated, retry_after }, the last in seconds where it was said; the names of headers are in
 * lower case. [-0, +1, m] */
void rbk_answer_push(lua_State *L, const struct rbk_answer *a);
/* Whether it was never sent ("refused"), may have arrived ("unknown"), or never can ("never"). [-0, +1, m] */
void rbk_answer_push_kind(lua_State *L, const struct rbk_answer *a);

#endif
