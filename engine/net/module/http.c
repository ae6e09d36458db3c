/* HTTP requests. Redirects are followed here and not by curl: each is a new request that is judged like the first, and
 * what might be a credential stays at its origin. */
#include <base/mem.h>
#include <net/module/session.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX_DEFAULT (1024 * 1024)

static const char *const http_schemes[] = {"https", "http", NULL};

static int headers_check(const struct rbk_strv *headers, struct rbk_error *err)
{
    for (size_t i = 0; headers && i < headers->count; i++) {
        const char *line = headers->items[i];
        int name = (int)strcspn(line, ":\r\n");
        if (!net_header_ok(line))
            return rbk_error_set(err, RBK_EINVAL, "the header \"%.*s\" is no \"Name: value\" on one line",
                                 name < 64 ? name : 64, line);
        if (net_header_is(line, "Content-Length") || net_header_is(line, "Transfer-Encoding") ||
            net_header_is(line, "Connection"))
            return rbk_error_set(err, RBK_EINVAL, "the header %.*s is set by the client itself", name, line);
    }
    return 0;
}

/* "Name:" without a value would tell curl to leave the header out; with a semicolon it is sent empty. */
static void list_add(struct net_transfer *t, const char *line)
{
    size_t name = strcspn(line, ":");
    bool empty = line[name + 1 + strspn(line + name + 1, " \t")] == '\0';
    char *text = empty ? rbk_asprintf("%.*s;", (int)name, line) : rbk_strdup(line);
    t->list = curl_slist_append(t->list, text);
    free(text);
}

static bool has_header(const struct rbk_strv *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (net_header_is(headers->items[i], name))
            return true;
    }
    return false;
}

static void http_headers(struct net_transfer *t)
{
    curl_slist_free_all(t->list);
    t->list = NULL;
    for (size_t i = 0; i < t->headers.count; i++)
        list_add(t, t->headers.items[i]);
    if (!has_header(&t->headers, "Content-Type"))
        t->list = curl_slist_append(t->list, "Content-Type:"); /* not what curl takes a body for */
    t->list = curl_slist_append(t->list, "Expect:");           /* no waiting for a go-ahead that few servers give */
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->list);
}

static const char *method_of(const struct rbk_http_request *r)
{
    return r->method ? r->method : r->body ? "POST" : "GET";
}

static int http_method(struct net_transfer *t, const struct rbk_http_request *r, struct rbk_error *err)
{
    const char *method = method_of(r);
    if (strlen(method) > 32 || !net_token_ok(method, strlen(method)))
        return rbk_error_set(err, RBK_EINVAL, "this is no HTTP method");
    bool get = strcmp(method, "GET") == 0, head = strcmp(method, "HEAD") == 0;
    if (head && r->body)
        return rbk_error_set(err, RBK_EINVAL, "a HEAD request has no body"); /* curl would wait for one in the answer */
    if (r->body || !(get || head)) {
        const char *body = r->body ? r->body : "";
        if (r->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0) {
            curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(r->body ? r->body_len : 0));
            curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, body);
        }
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    } else if (head) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    }
    t->redirects = (get || head) && !r->body ? r->redirects : 0;
    return 0;
}

/* The environment names no proxy, and none is asked for what stays on this machine. */
static void http_proxy(struct net_transfer *t, const char *proxy)
{
    free(t->proxy);
    t->proxy = rbk_strdup(proxy ? proxy : t->session->host->policy->proxy);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, t->proxy ? t->proxy : "");
    curl_easy_setopt(t->easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
}

/* What another request may share: see http_again. */
static int http_place(struct net_transfer *t, const struct rbk_http_request *r, struct rbk_error *err)
{
    int rc = net_url_use(t, r->url, http_schemes, err);
    if (rc < 0)
        return rc;
    if (r->body) {
        t->asked = rbk_strdup(r->url);
        t->method = rbk_strdup(method_of(r));
    }
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    return 0;
}

static int http_prepare(struct net_transfer *t, const struct rbk_http_request *r, struct rbk_error *err)
{
    int rc = headers_check(r->headers, err);
    if (rc == 0)
        rc = http_method(t, r, err);
    if (rc == 0 && !t->asked)
        rc = http_place(t, r, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; r->headers && i < r->headers->count; i++)
        rbk_strv_add(&t->headers, r->headers->items[i]);
    http_headers(t);
    http_proxy(t, r->proxy);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, r->once ? 1L : 0L);
    return 0;
}

/* A handle that has sent a body to the same URL in the same way: the URL was read and judged then, and a request with a
 * body is never redirected. NULL = none. */
static struct net_transfer *http_again(struct rbk_session *s, const struct rbk_http_request *r, rbk_net_fn *fn,
                                       void *arg)
{
    for (int i = s->idle_count - 1; r->body && r->url && i >= 0; i--) {
        const struct net_transfer *t = s->idle[i];
        if (t->asked && t->allow_http == r->allow_http && strcmp(t->asked, r->url) == 0 &&
            strcmp(t->method, method_of(r)) == 0)
            return net_transfer_again(s, i, fn, arg);
    }
    return NULL;
}

struct rbk_transfer *net_http_start(struct rbk_session *s, const struct rbk_http_request *r, rbk_net_fn *fn, void *arg)
{
    struct net_transfer *t = http_again(s, r, fn, arg);
    if (!t)
        t = net_transfer_new(s, fn, arg);
    t->allow_http = r->allow_http;
    t->body_max = r->response_max ? r->response_max : BODY_MAX_DEFAULT;
    if (t->easy) {
        net_transfer_times(t, r->connect_ms, r->total_ms);
        if (http_prepare(t, r, &t->refused) < 0) {
            net_transfer_refuse(t);
            return &t->base;
        }
    }
    net_transfer_start(t);
    return &t->base;
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* At another origin than `place` only what is no credential is kept. */
static void headers_leave_home(struct net_transfer *t)
{
    struct rbk_strv kept = {0};
    for (size_t i = 0; i < t->headers.count; i++) {
        if (net_header_travels(t->headers.items[i]))
            rbk_strv_add(&kept, t->headers.items[i]);
    }
    rbk_strv_fini(&t->headers);
    t->headers = kept;
    http_headers(t);
}

static int redirect_prepare(struct net_transfer *t, const char *target, struct rbk_error *err)
{
    char *home = rbk_strdup(t->place);
    struct rbk_error why = {0};
    bool was_https = strncmp(home, "https:", 6) == 0;
    int rc = net_url_use(t, target, http_schemes, &why);
    if (rc == 0 && was_https && strncmp(t->place, "https:", 6) != 0)
        rc = rbk_error_set(&why, RBK_EINVAL, "%s is not encrypted, and the request was", t->place);
    if (rc == 0 && strcmp(home, t->place) != 0)
        headers_leave_home(t);
    if (rc < 0) {
        rbk_error_set(err, rc, "%s redirects where it is not followed: %s", home, why.message);
        rbk_error_hint(err, "%s", why.hint);
    }
    free(home);
    return rc;
}

/* The time-out is that of the whole request: a server that always redirects slowly gains nothing. */
static void spend_time(struct net_transfer *t)
{
    curl_off_t taken_us = 0;
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &taken_us);
    t->spent_ms += taken_us / 1000;
    int64_t left = t->total_ms - t->spent_ms;
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
}

static void forget_answer(struct net_transfer *t)
{
    rbk_strv_fini(&t->answer_headers);
    rbk_buf_clear(&t->body);
    t->header_bytes = 0;
    t->was_tried = false;
    t->refused = (struct rbk_error){0};
    t->truncated = false;
}

bool net_http_redirect(struct net_transfer *t)
{
    char *target = NULL;
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (t->redirects <= 0 || !is_redirect(status) ||
        curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &target) != CURLE_OK || !target)
        return false;
    char *copy = rbk_strdup(target);
    t->redirects--;
    spend_time(t);
    forget_answer(t);
    if (redirect_prepare(t, copy, &t->refused) < 0)
        net_transfer_refuse(t);
    else
        net_transfer_start(t);
    free(copy);
    return true;
}
