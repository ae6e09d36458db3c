/* HTTP requests of a step. The one place where they are started, and where what comes back is redacted before anybody
 * sees it. Secrets of the configuration get into headers here, so that scripts never hold them. */
#include <base/clock.h>
#include <run/machine.h>
#include <string.h>

struct rbk_request {
    struct rbk_request *next;
    struct rbk_step *step;
    struct rbk_transfer *transfer;
    char *line; /* "GET https://host/..": the path may be a secret */
    int64_t began_ms;
    rbk_net_fn *fn;
    void *arg;
};

static void request_unlink(struct rbk_request *r)
{
    struct rbk_request **at = &r->step->requests;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
}

static void request_free(struct rbk_request *r)
{
    free(r->line);
    free(r);
}

static void request_give_up(struct rbk_request *r)
{
    rbk_transfer_cancel(r->transfer);
    request_free(r);
}

void rbk_perform_http_cancel(struct rbk_request *r)
{
    request_unlink(r);
    request_give_up(r);
}

void rbk_request_cancel_all(struct rbk_step *step)
{
    for (struct rbk_request *r = step->requests, *next; r; r = next) {
        next = r->next;
        request_give_up(r);
    }
    step->requests = NULL;
}

/* "GET https://example.org/..  200  0.12s", and the body below it. */
static void request_log(const struct rbk_request *r, const struct rbk_http_response *a, const struct rbk_error *failed)
{
    struct rbk_buf line = {0};
    double seconds = (double)(rbk_clock_mono_ms() - r->began_ms) / 1000;
    if (failed)
        rbk_buf_printf(&line, "%s  %s\n", r->line, failed->message);
    else
        rbk_buf_printf(&line, "%s  %d  %.2fs\n", r->line, a->status, seconds);
    rbk_step_output_write(r->step, 3, line.data, line.len, false);
    rbk_buf_fini(&line);
    rbk_command_take(r->step, a->body, a->body_len);
}

static void request_on_end(void *arg, const struct rbk_http_response *a, enum rbk_net_failure failure,
                           const struct rbk_error *failed)
{
    struct rbk_request *r = arg;
    const struct rbk_redactor *redactor = r->step->run->session->o.redactor;
    struct rbk_strv headers = {0};
    struct rbk_buf body = {0};
    for (size_t i = 0; a->headers && i < a->headers->count; i++)
        rbk_strv_take(&headers, rbk_step_output_redacted(r->step->run->session, a->headers->items[i]));
    rbk_redact(redactor, a->body ? a->body : "", a->body ? a->body_len : 0, &body);
    struct rbk_http_response clean = {.status = a->status,
                                      .headers = &headers,
                                      .body = body.data ? body.data : "",
                                      .body_len = body.len,
                                      .truncated = a->truncated};
    rbk_net_fn *fn = r->fn;
    void *fn_arg = r->arg;
    request_unlink(r);
    request_log(r, &clean, failed);
    request_free(r);
    fn(fn_arg, &clean, failure, failed);
    rbk_strv_fini(&headers);
    rbk_buf_fini(&body);
}

static int secret_header(const struct rbk_step *step, const struct rbk_secret_header *h, struct rbk_strv *out,
                         struct rbk_error *err)
{
    const char *value = rbk_map_get_string(step->run->session->secrets, h->secret);
    if (!value || !rbk_strv_has(&step->node->secret, h->secret)) {
        rbk_error_set(err, RBK_EINVAL, "the step has no secret \"%.64s\"", h->secret);
        return rbk_error_hint(err, "name it in the step: secret = { \"%.64s\" }", h->secret);
    }
    rbk_strv_take(out, rbk_asprintf("%s: %s%s", h->name, h->prefix, value));
    return 0;
}

static int all_headers(const struct rbk_step *step, const struct rbk_step_request *q, struct rbk_strv *out,
                       struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; q->http.headers && i < q->http.headers->count; i++)
        rbk_strv_add(out, q->http.headers->items[i]);
    for (size_t i = 0; rc == 0 && i < q->secret_count; i++)
        rc = secret_header(step, &q->secrets[i], out, err);
    return rc;
}

static int need_net(struct rbk_session *s, struct rbk_error *err)
{
    return s->net ? 0 : rbk_net_new(s->o.loop, s->o.config, &s->net, err);
}

static struct rbk_request *request_new(struct rbk_step *step, const struct rbk_http_request *q, rbk_net_fn *fn,
                                       void *arg)
{
    struct rbk_request *r = rbk_alloc(sizeof *r);
    char *place = rbk_net_place(q->url ? q->url : "");
    r->step = step;
    r->fn = fn;
    r->arg = arg;
    r->began_ms = rbk_clock_mono_ms();
    r->line = rbk_asprintf("%.32s %s/..", q->method ? q->method : q->body ? "POST" : "GET", place);
    free(place);
    return r;
}

int rbk_request_start(struct rbk_step *step, const struct rbk_step_request *request, rbk_net_fn *fn, void *arg,
                      struct rbk_request **out, struct rbk_error *err)
{
    struct rbk_session *s = step->run->session;
    struct rbk_http_request http = request->http;
    struct rbk_strv headers = {0};
    struct rbk_request *r = request_new(step, &http, fn, arg);
    int rc = all_headers(step, request, &headers, err);
    http.headers = &headers;
    if (rc == 0)
        rc = need_net(s, err);
    if (rc == 0)
        rc = rbk_net_http(s->net, &http, request_on_end, r, &r->transfer, err);
    rbk_strv_fini(&headers);
    if (rc < 0) {
        request_free(r);
        return rc;
    }
    r->next = step->requests;
    step->requests = r;
    *out = r;
    return 0;
}
