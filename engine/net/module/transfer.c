/* The life of one transfer: made, started or refused, ended once. */
#include <base/mem.h>
#include <net/module/session.h>
#include <stdlib.h>
#include <string.h>

static void transfer_cancel(struct rbk_transfer *base)
{
    net_transfer_free((struct net_transfer *)base);
}

/* Its own callback may "cancel" a transfer that is ending anyway. */
static void transfer_is_ending(struct rbk_transfer *base)
{
    (void)base;
}

static void transfer_options(struct net_transfer *t)
{
    char *agent = rbk_asprintf("runbook/%s", t->session->host->version);
    CURL *easy = t->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a look-up that hangs is left behind, not waited for */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, net_header_receive);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, net_body_receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    if (t->session->host->policy->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, t->session->host->policy->ca_file);
    net_socket_options(t);
    free(agent);
}

static void transfer_destroy(struct net_transfer *t)
{
    if (t->easy)
        curl_easy_cleanup(t->easy);
    curl_url_cleanup(t->url);
    curl_mime_free(t->mime);
    curl_slist_free_all(t->list);
    curl_slist_free_all(t->recipients);
    rbk_strv_fini(&t->headers);
    rbk_strv_fini(&t->answer_headers);
    rbk_buf_fini(&t->body);
    free(t->proxy);
    free(t->place);
    free(t->asked);
    free(t->method);
    free(t);
}

static CURL *handle_take(struct rbk_session *s)
{
    if (s->idle_count == 0)
        return curl_easy_init();
    struct net_transfer *t = s->idle[--s->idle_count];
    CURL *easy = t->easy;
    curl_easy_reset(easy);
    t->easy = NULL;
    transfer_destroy(t);
    return easy;
}

static void transfer_begin(struct net_transfer *t, rbk_net_fn *fn, void *arg)
{
    t->base.cancel = transfer_cancel;
    t->fn = fn;
    t->arg = arg;
    t->next = t->session->transfers;
    if (t->next)
        t->next->prev = t;
    t->session->transfers = t;
}

struct net_transfer *net_transfer_new(struct rbk_session *s, rbk_net_fn *fn, void *arg)
{
    struct net_transfer *t = rbk_alloc(sizeof *t);
    t->session = s;
    t->easy = handle_take(s);
    if (t->easy)
        transfer_options(t);
    transfer_begin(t, fn, arg);
    return t;
}

struct net_transfer *net_transfer_again(struct rbk_session *s, int i, rbk_net_fn *fn, void *arg)
{
    struct net_transfer *t = s->idle[i];
    s->idle[i] = s->idle[--s->idle_count];
    transfer_begin(t, fn, arg);
    return t;
}

/* Handles of mail are not used again: what they know of a login is no option that could be reset. */
static bool transfer_rests(struct net_transfer *t)
{
    struct rbk_session *s = t->session;
    if (t->is_mail || !t->easy || s->closing || s->idle_count == IDLE_HANDLES)
        return false;
    curl_slist_free_all(t->list);
    t->list = NULL;
    rbk_strv_fini(&t->headers);
    rbk_strv_fini(&t->answer_headers);
    rbk_buf_fini(&t->body); /* it may have been long */
    t->header_bytes = 0;
    t->spent_ms = 0;
    t->was_tried = t->truncated = false;
    t->refused = (struct rbk_error){0};
    t->detail[0] = '\0';
    s->idle[s->idle_count++] = t;
    return true;
}

void net_transfer_times(struct net_transfer *t, int64_t connect_ms, int64_t total_ms)
{
    const struct rbk_policy *policy = t->session->host->policy;
    int64_t connect = connect_ms > 0 ? connect_ms : policy->connect_ms;
    int64_t total = total_ms > 0 ? total_ms : policy->total_ms;
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
    t->total_ms = total;
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)total);
    curl_easy_setopt(t->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((total + 999) / 1000));
}

static void transfer_on_refusal(void *arg)
{
    struct net_transfer *t = arg;
    struct rbk_http_response nothing = {0};
    t->refusal = NULL;
    t->base.cancel = transfer_is_ending;
    t->fn(t->arg, &nothing, RBK_NET_NEVER, &t->refused);
    net_transfer_free(t);
}

void net_transfer_refuse(struct net_transfer *t)
{
    const struct rbk_net_host *host = t->session->host;
    t->refusal = host->timer_start(host->loop, 0, 0, transfer_on_refusal, t);
}

void net_transfer_start(struct net_transfer *t)
{
    if (t->easy && curl_multi_add_handle(t->session->multi, t->easy) == CURLM_OK)
        return;
    rbk_error_set(&t->refused, RBK_ESTORE, "libcurl cannot start the request");
    net_transfer_refuse(t);
}

static void transfer_tell(struct net_transfer *t, CURLcode code)
{
    struct rbk_error err;
    enum rbk_net_failure failure = RBK_NET_REFUSED;
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    struct rbk_http_response response = {.status = (int)status,
                                         .headers = &t->answer_headers,
                                         .body = t->body.data ? t->body.data : "",
                                         .body_len = t->body.len,
                                         .truncated = t->truncated};
    bool failed = code != CURLE_OK;
    if (failed)
        failure = net_explain(t, code, &err);
    t->base.cancel = transfer_is_ending;
    t->fn(t->arg, &response, failure, failed ? &err : NULL);
}

static void transfer_unlink(struct net_transfer *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else if (t->session->transfers == t)
        t->session->transfers = t->next;
    if (t->next)
        t->next->prev = t->prev;
    t->prev = t->next = NULL;
}

void net_transfer_done(struct net_transfer *t, CURLcode code)
{
    curl_multi_remove_handle(t->session->multi, t->easy);
    if (code == CURLE_WRITE_ERROR && t->truncated)
        code = CURLE_OK; /* cut off by us: it was enough */
    if (code == CURLE_OK && net_http_redirect(t))
        return;
    transfer_tell(t, code);
    net_transfer_free(t);
}

void net_transfer_free(struct net_transfer *t)
{
    transfer_unlink(t);
    t->session->host->timer_cancel(&t->refusal);
    if (t->easy)
        curl_multi_remove_handle(t->session->multi, t->easy); /* harmless when it is not in there */
    if (!transfer_rests(t))
        transfer_destroy(t);
}

void net_transfers_forget(struct rbk_session *s)
{
    s->closing = true;
    for (struct net_transfer *t = s->transfers, *next; t; t = next) {
        next = t->next;
        net_transfer_free(t);
    }
    while (s->idle_count)
        transfer_destroy(s->idle[--s->idle_count]);
}
