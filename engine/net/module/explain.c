/* What curl's result codes mean: one sentence with the place (never the path, which may be a secret), and whether the
 * request may have arrived. */
#include <base/mem.h>
#include <net/module/session.h>
#include <stdlib.h>
#include <string.h>

/* Before this point nothing of the request itself was sent. */
static bool was_sent(struct net_transfer *t)
{
    curl_off_t when = 0;
    return curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &when) == CURLE_OK && when > 0;
}

static void explain_connect(struct net_transfer *t, struct rbk_error *err)
{
    long number = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    rbk_error_set(err, RBK_EFAIL, "%s: no connection: %s", t->place,
                  number > 0 ? strerrordesc_np((int)number) : "nobody answers");
    rbk_error_hint(err, "check that it is up, and that a firewall lets this machine through");
}

/* A certificate's names are words of whoever answers. */
static void explain_tls(struct net_transfer *t, CURLcode code, struct rbk_error *err)
{
    struct rbk_buf why = {0};
    const char *detail = *t->detail ? t->detail : curl_easy_strerror(code);
    rbk_escape_terminal(&why, detail, strlen(detail));
    rbk_error_set(err, RBK_EFAIL, "%s: TLS: %s", t->place, why.data);
    rbk_error_hint(err, "certificates of a private authority go into net.ca_file of runbook.yaml");
    rbk_buf_fini(&why);
}

/* On a connection that was kept, curl takes no time to connect. */
static void explain_timeout(struct net_transfer *t, struct rbk_error *err)
{
    double seconds = 0;
    curl_off_t connected = 0;
    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME, &seconds);
    rbk_error_set(err, RBK_ETIMEOUT, "%s: no %s within %.1f s", t->place,
                  connected > 0 || was_sent(t) ? "answer" : "connection", seconds + (double)t->spent_ms / 1000);
}

/* The last answer that is a refusal: after it comes the one to QUIT. */
static const char *last_refusal(const struct rbk_strv *lines)
{
    for (size_t i = lines->count; i > 0; i--) {
        if (*lines->items[i - 1] == '4' || *lines->items[i - 1] == '5')
            return lines->items[i - 1];
    }
    return "no reason given";
}

static void explain_mail_reply(struct net_transfer *t, struct rbk_error *err)
{
    struct rbk_buf line = {0};
    const char *refusal = last_refusal(&t->answer_headers);
    rbk_escape_terminal(&line, refusal, strnlen(refusal, 200));
    rbk_error_set(err, RBK_EFAIL, "%s: the mail server refused: %s", t->place, line.data);
    rbk_buf_fini(&line);
}

static enum rbk_net_failure explain_sent(struct net_transfer *t, CURLcode code, struct rbk_error *err)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (t->is_mail && status >= 400) {
        explain_mail_reply(t, err);
        return RBK_NET_REFUSED; /* a server that says no has not taken it */
    }
    rbk_error_set(err, RBK_EFAIL, "%s: %s", t->place, curl_easy_strerror(code));
    return was_sent(t) ? RBK_NET_UNKNOWN : RBK_NET_REFUSED;
}

enum rbk_net_failure net_explain(struct net_transfer *t, CURLcode code, struct rbk_error *err)
{
    bool sent = was_sent(t);
    if (t->refused.code && !t->was_tried) {
        rbk_error_set(err, t->refused.code, "%s: %s", t->place, t->refused.message);
        rbk_error_hint(err, "%s", t->refused.hint);
        return RBK_NET_NEVER;
    }
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        rbk_error_set(err, RBK_EFAIL, "%s: the name%s has no address", t->place,
                      code == CURLE_COULDNT_RESOLVE_PROXY ? " of the proxy" : "");
        rbk_error_hint(err, "check the name, and that name resolution works on this machine");
        return RBK_NET_REFUSED;
    case CURLE_COULDNT_CONNECT:
        explain_connect(t, err);
        return RBK_NET_REFUSED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_USE_SSL_FAILED:
        explain_tls(t, code, err);
        return RBK_NET_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        explain_timeout(t, err);
        return sent ? RBK_NET_UNKNOWN : RBK_NET_REFUSED;
    case CURLE_WRITE_ERROR: /* only net_header_receive ends a transfer so */
        rbk_error_set(err, RBK_EMALFORMED, "%s: the headers of the answer have no end", t->place);
        return RBK_NET_UNKNOWN;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        if (sent) {
            rbk_error_set(err, RBK_EMALFORMED, "%s: the answer is not HTTP", t->place);
            return RBK_NET_UNKNOWN;
        }
        rbk_error_set(err, RBK_EINVAL, "%s: this URL cannot be used", t->place);
        return RBK_NET_NEVER;
    default:
        return explain_sent(t, code, err);
    }
}
