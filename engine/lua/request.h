/* Requests to other machines from Lua: a coroutine waits for the answer. */
#ifndef RBK_LUA_REQUEST_H
#define RBK_LUA_REQUEST_H

#include <base/redact.h>
#include <lua/await.h>
#include <net/net.h>

/* { url, method, headers = { Name = "value" }, json = value or body = "text", timeout = seconds, once } at index 1:
 * { status, headers, body, truncated }, or nil and { kind = "refused" | "unknown" | "never", message }. To be returned
 * from a C function. [-1, +1|2, v] */
int rbk_request_http(lua_State *L, struct rbk_task *t, struct rbk_net *net);
/* { url, user, password, starttls, from, to, headers, text, html, attachments = { { name, type, data } }, timeout } at
 * index 1: true, or nil and { kind, message, status }. Attachments come from files: they are redacted here. [-1, +1|2,
 * v] */
int rbk_request_mail(lua_State *L, struct rbk_task *t, struct rbk_net *net, const struct rbk_redactor *redactor);

#endif
